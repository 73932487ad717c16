"""The sagas of a load: the events of a workload in turn, and among them sagas that fail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from quartet.choreography import Choreography
from quartet.cli.demo.command import beginnings
from quartet.engine.declaration.workload import FAILING, USUAL, Workload
from quartet.events import EventData
from quartet.terminal.user_error import UserError


@dataclass(frozen=True, slots=True)
class Beginning:
    """A saga before its beginning.

    Attributes:
        data: of its first event.
        ends: the types of events of which one must end it.
        fails: whether it was mixed in as one that fails.
    """

    data: EventData
    ends: frozenset[str]
    fails: bool


@dataclass(frozen=True, slots=True)
class Mix:
    """Sagas of one workload, and among them a fixed percentage of those that fail.

    Attributes:
        ends: the types of all events that end a saga of the application.
        failures: how many in a hundred fail. They are spread evenly, so a repeat begins the same sagas.
    """

    usual: Workload
    failing: Workload | None
    ends: frozenset[str]
    failures: float

    def sagas(self, prefix: str) -> Iterator[Beginning]:
        """One saga after the other, without an end. Their ids are the prefix and a number."""
        usual, failing = cycle(self.usual.begins), cycle(self.failing.begins if self.failing else ())
        number = 0
        while True:
            number += 1
            fails = int(number * self.failures / 100) > int((number - 1) * self.failures / 100)
            workload = self.failing if fails and self.failing else self.usual
            data = next(failing if workload is self.failing else usual)
            ends = self.ends if workload.end is None else frozenset({workload.end.type})
            yield Beginning(data.in_saga(f"{prefix}{number:06d}"), ends, fails)


def mix_of(app: Choreography, workload: str, failures: float | None) -> Mix:
    """The mix of a workload and failures.

    Args:
        app: the application.
        workload: the name of one of its workloads.
        failures: how many sagas in a hundred fail. None means 5 where the application has sagas that fail, and else 0.

    Raises:
        UserError: the application has no such workload, or none of sagas that fail.
    """
    usual = app.workloads.get(workload) or _from_samples(app, workload)
    failing = app.workloads.get(FAILING)
    if failures is None:
        failures = 0 if failing is None else 5
    if failures and failing is None:
        raise UserError(f"{app.name} has no workload {FAILING!r}: add one to workloads, or ask for --failures 0")
    return Mix(usual, failing, frozenset(one.type for one in app.ends), failures)


def _from_samples(app: Choreography, workload: str) -> Workload:
    if workload != USUAL:
        raise UserError(f"{app.name} has no workload {workload!r}: it has {_names(sorted({USUAL, *app.workloads}))}")
    return Workload(tuple(beginnings(app)))


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
