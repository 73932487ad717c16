"""Seeded runs of an application under faults, and the smallest call that repeats one that fails."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from quartet.choreography import Choreography
from quartet.events import EventData
from quartet.testing.faults import Fault, draw_faults
from quartet.testing.run import Publication, run_with_faults
from quartet.testing.shrinking import Cut, fewer, shrink
from quartet.testing.violation import Invariant, Violation, broken_at_the_end
from quartet.testing.world import World

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

First: TypeAlias = "Sequence[EventData] | Callable[[Random], Sequence[EventData]] | SearchStrategy[Any]"

_SAY_SECONDS: Final = 5.0
_MOST_ATTEMPTS: Final = 150


@dataclass(frozen=True, slots=True)
class _Case:
    """A run that can be repeated."""

    app: Choreography
    ports: Callable[[], Mapping[str, object]]
    first: First
    invariants: Sequence[Invariant]
    seed: int
    sagas: tuple[str, ...]
    faults: tuple[Fault, ...]

    def violations(self) -> list[str]:
        world = World(self.app, self.ports(), seed=self.seed)
        publications = [
            one for saga_id in self.sagas for one in self._publications(saga_id, list(world.hub.partitions))
        ]
        world.loop.run_until_complete(run_with_faults(world, publications, self.faults))
        world.redrive()
        return broken_at_the_end(world, self.invariants)

    def _publications(self, saga_id: str, partitions: Sequence[str]) -> Iterator[Publication]:
        """What is said in a saga. It depends on the seed and the saga alone, so others can be left out."""
        random = Random(f"{self.seed} {saga_id}")
        for data in chosen(self.first, random):
            at = round(random.uniform(0, _SAY_SECONDS), 3)
            yield Publication(data.in_saga(saga_id), at, random.choice(partitions))

    def __str__(self) -> str:
        faults = "".join(f"        {fault!r},\n" for fault in self.faults)
        return (
            f"simulate(\n    app, ports=ports, first=first, invariants=invariants,\n    seed={self.seed}, runs=1, "
            f"sagas={self.sagas!r},\n    faults=(\n{faults}    ),\n)"
        )


def simulate(
    app: Choreography,
    *,
    ports: Callable[[], Mapping[str, object]],
    first: First,
    invariants: Sequence[Invariant] = (),
    sagas: int | Sequence[str] = 3,
    seed: int = 0,
    runs: int = 20,
    faults: Sequence[Fault] | None = None,
) -> None:
    """Run sagas under crashes, outages, repeats and other faults; then end the faults, redrive, and check.

    Checked is that every saga has ended, in one way; that no answer was published that is not recorded; that no id is
    two events; that nothing that came was neither handled nor kept; and the invariants.

    Args:
        app: the application.
        ports: makes the ports of each participant, by its name; new ones for every run.
        first: what is said from outside in a saga, under any saga id: a list; a function that draws one; or a
            Hypothesis strategy of one event, or of a list of them.
        invariants: what must hold in the end.
        sagas: how many sagas there are in a run, or their ids.
        seed: the seed of the first run. The next one has the next number.
        runs: how many runs.
        faults: what goes wrong; drawn from the seed if not given.

    Raises:
        Violation: something must not be. The message has a call that repeats it, with few sagas and few faults.
    """
    names = (f"saga-{number}" for number in range(1, sagas + 1)) if isinstance(sagas, int) else sagas
    for number in range(seed, seed + runs):
        drawn = draw_faults(Random(f"{number} faults"), [one.name for one in app])
        chosen = drawn if faults is None else tuple(faults)
        case = _Case(app, ports, first, invariants, number, tuple(names), chosen)
        names = case.sagas
        if case.violations():
            small = _shrunk(case)
            raise Violation(small.violations(), f"to repeat it:\n{small}")


def _shrunk(case: _Case) -> _Case:
    """A smaller case that fails as well."""
    cuts: list[Cut[_Case]] = [
        fewer(lambda case: case.faults, lambda case, some: replace(case, faults=some)),
        fewer(lambda case: case.sagas, lambda case, some: replace(case, sagas=some), least=1),
    ]
    return shrink(case, lambda smaller: bool(smaller.violations()), cuts, most=_MOST_ATTEMPTS)


def chosen(first: First, random: Random) -> Sequence[EventData]:
    """What is said in one saga."""
    if isinstance(first, Sequence):
        return first
    if hasattr(first, "flatmap"):
        from quartet.testing.strategies import draw

        drawn: Any = draw(cast("SearchStrategy[Any]", first), random.getrandbits(32))
        return [drawn] if isinstance(drawn, EventData) else list(drawn)
    return first(random)
