"""What can go wrong with processes and servers, as data: a plan of faults can be cut down to the few that matter."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

COSMOS, HUB, BLOB = "cosmos", "hub", "blob"
ADMIN = "admin"
"""The requests of a start, of the watchdog and of checkpoints that are reset, whatever server they go to."""

ON_REQUEST: Final[Mapping[str, tuple[str, ...]]] = {
    COSMOS: (
        "status 429",
        "status 449",
        "status 503",
        "status 408",
        "status 401",
        "status 403",
        "status 410",
        "status 413",
        "not sent",
        "reply lost",
        "sent again",
        "done late",
        "slow",
        "conflicts",
        "crash before",
        "crash after",
        "pause before",
        "pause after",
        "stop during",
        "stop after",
        "restart during",
    ),
    HUB: (
        "not sent",
        "reply lost",
        "sent again",
        "done late",
        "slow",
        "crash before",
        "crash after",
        "pause before",
        "pause after",
        "stop during",
        "stop after",
        "restart during",
    ),
    BLOB: ("not sent", "reply lost", "done late", "slow", "crash before", "crash after", "pause before"),
    ADMIN: ("not sent", "reply lost", "slow", "crash before", "crash after", "pause after"),
}
"""What can happen to one request, by the server that it goes to."""

ON_RECEIVE: Final = ("delivered again", "rewound", "link lost", "from the start", "stalls")
"""What can happen to receiving: the same events again, a start too far back, a broken link, a link that stalls."""

TIMED: Final = (
    "crash",
    "pause",
    "cosmos away",
    "hub away",
    "blob away",
    "checkpoint moved back",
    "ownership taken",
    "port times out",
    "redriven too early",
    "stop",
    "restart",
    "stale reads",
    "port hangs",
    "log breaks",
    "document of another release",
)
"""What can happen at a time, whatever a process does then."""

DIES: Final = "dies"
RECREATED: Final = "hub recreated"
SELDOM: Final = (DIES, RECREATED)
"""At a time, too. A process that dies does not start again. They are never drawn: not every saga can end then."""

OPERATOR: Final = "operator"
"""What the names of the processes of commands begin with."""


@dataclass(frozen=True, slots=True)
class ProcessFault:
    """One thing that goes wrong for a process, once.

    Attributes:
        kind: what happens, such as `crash after`. `ON_REQUEST`, `ON_RECEIVE`, `TIMED` and `SELDOM` list the kinds.
        who: the process that it happens to: `payment-1`.
        server: for a fault of a request, the server that it goes to.
        at: seconds; a fault of a request hits the first one after that.
        nth: instead of `at`: it hits this request of the process, counted from 1.
        seconds: how long it lasts.
        amount: how many events are delivered again, how many calls of a port time out.

    Raises:
        ValueError: there is no such kind of fault; `server` is needed for one of a request, and for no other.
    """

    kind: str
    who: str
    server: str | None = None
    at: float = 0.0
    nth: int | None = None
    seconds: float = 0.0
    amount: int = 1

    def __post_init__(self) -> None:
        known = (*ON_RECEIVE, *TIMED, *SELDOM) if self.server is None else ON_REQUEST.get(self.server, ())
        if self.kind not in known:
            where = "no server" if self.server is None else f"server {self.server}"
            raise ValueError(f"no fault with {where} is called {self.kind!r}: use one of {', '.join(known)}")

    def __str__(self) -> str:
        when = f"request {self.nth}" if self.nth is not None else f"{self.at:.3f} s"
        server = f" ({self.server})" if self.server else ""
        lasts = f", {self.seconds:.1f} s" if self.seconds else ""
        return f"{when}: {self.kind}{server} at {self.who}{lasts}"


class Faults:
    """The faults that have not happened yet. `injected` counts those that have, by kind."""

    def __init__(self, plan: tuple[ProcessFault, ...]) -> None:
        self._requests: dict[tuple[str, str], list[ProcessFault]] = {}
        self._receives: dict[str, list[ProcessFault]] = {}
        self.timed: list[ProcessFault] = []
        for fault in sorted(plan, key=lambda fault: fault.at):
            if fault.server is not None:
                self._requests.setdefault((fault.who, fault.server), []).append(fault)
            elif fault.kind in ON_RECEIVE:
                self._receives.setdefault(fault.who, []).append(fault)
            else:
                self.timed.append(fault)
        self.injected: Counter[str] = Counter()

    def stop(self) -> None:
        """End all faults, except those of commands: they run after all other faults are over."""
        self._requests = {key: faults for key, faults in self._requests.items() if key[0].startswith(OPERATOR)}
        self._receives.clear()
        self.timed.clear()

    def on_request(self, who: str, server: str, now: float, number: int) -> ProcessFault | None:
        """The fault of this request, if it is to have one."""
        waiting = self._requests.get((who, server))
        if not waiting:
            return None
        for fault in waiting:
            if fault.nth == number or (fault.nth is None and fault.at <= now):
                waiting.remove(fault)
                self.injected[f"{server}: {fault.kind}"] += 1
                return fault
        return None

    def on_receive(self, who: str, now: float) -> ProcessFault | None:
        """The fault of the next receive of this process, if it is to have one."""
        waiting = self._receives.get(who)
        if not waiting or waiting[0].at > now:
            return None
        fault = waiting.pop(0)
        self.injected[fault.kind] += 1
        return fault
