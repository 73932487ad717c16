"""The cost of a saga against what is stored: `--stored N` begins N sagas that are not measured before the loads."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from quartet.cli.bench.driving import Limits
from quartet.cli.bench.measuring import say
from quartet.cli.bench.plan import AtRate, InFlight, Measurement
from quartet.cli.bench.ratio import FIGURES
from quartet.terminal.listing import Listing

_FILLING: Final = InFlight(400)
_NO_LIMIT_SECONDS: Final = 7 * 86_400


class Measures(Protocol):
    """What puts a load on a stack."""

    async def measure(self, load: InFlight | AtRate, limits: Limits, prefix: str) -> Measurement:
        """Put a load on the stack, and wait until its sagas have ended."""
        ...


async def measure_stored(
    loading: Measures,
    loads: Sequence[InFlight | AtRate],
    *,
    limits: Limits,
    levels: Sequence[int],
    announce: Callable[[InFlight | AtRate], Awaitable[None]],
    stored: int,
) -> list[Measurement]:
    """Put each load on the stack once for each level.

    Args:
        loading: puts a load on the stack.
        loads: the loads.
        limits: of each load.
        levels: how many sagas are stored before the loads, ascending. The sagas of the loads count too, so a level that
            is exceeded already is measured with what is stored. Empty: the loads run once, with what is stored.
        announce: called before each load.
        stored: how many sagas the stack has stored so far.
    """
    measurements: list[Measurement] = []
    for level in levels or (0,):
        if level > stored:
            say(f"storing sagas until there are {level}")
            filling = await loading.measure(_FILLING, Limits(_NO_LIMIT_SECONDS, level - stored), f"stored-{level}-")
            stored += filling.sagas
        for load in loads:
            await announce(load)
            found = await loading.measure(load, limits, f"bench-{len(measurements) + 1}-")
            measurements.append(replace(found, stored=stored) if levels else found)
            stored += found.sagas
    return measurements


def stored_listing(measurements: Sequence[Measurement]) -> Listing:
    """Each load with what was stored before it: its figures, and their ratios to those of the same load at first."""
    columns = [one for one in measurements if one.sagas and one.stored is not None]
    firsts: dict[str, Measurement] = {}
    for one in columns:
        firsts.setdefault(one.title, one)
    listing = Listing(
        "figure = ratio",
        *(one.heading for one in columns),
        title="Compared with fewer sagas stored",
        caption="The ratio is to the same load with the fewest sagas stored",
    )
    for name, figure in FIGURES.items():
        listing.add(name, *(_compared(figure(one), figure(firsts[one.title])) for one in columns))
    return listing


def _compared(figure: float, first: float) -> str:
    return f"{figure:.1f} = {figure / first:.2f}" if first else f"{figure:.1f}"
