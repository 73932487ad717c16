"""The steps that are the same wherever the shop runs: samples, load, audit, doctor."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from services.operations.demo.expectations import Expectations, compare, read_expectations
from services.operations.publish.waiting import Outcome
from services.operations.samples import sample
from services.order.domain import OrderStatus
from tests.evidence.report import Report
from tests.evidence.runner import EvidenceError, Running, parsed, wait_until_passed

CATALOGUE: Final = "samples/catalogue.json"
ORDERS: Final = "samples/orders.jsonl"
# The samples, and how long a command may take that waits for nothing.
_SAMPLE_SECONDS: Final = 600
_SECONDS: Final = 300

HOW: Final[Mapping[str, str]] = {
    "latency_ms": "between the hub's times of the first and the last event of an order. The way from the publisher to "
    "the hub is not in it",
    "sagas_per_second": "orders that ended, by the time from the first send to the last end; no more than the rate",
    "load during chaos": "the same, while replicas were restarted, killed or scaled",
    "audit": "quartet audit, after all loads",
    "doctor": "quartet doctor, after all loads",
}
"""How the figures were measured that every run has."""


class Place(Protocol):
    """Where the shop runs."""

    def start_quartet(self, *arguments: str) -> Running:
        """Start the command line with the settings of this deployment."""
        ...

    def start_load(self, *arguments: str) -> Running:
        """Start `tests.evidence.load` with the settings of this deployment."""
        ...


@dataclass(frozen=True, slots=True)
class Load:
    """A load.

    Attributes:
        rate: sagas a second.
        seconds: for how long they are begun.
    """

    rate: float
    seconds: float

    def __str__(self) -> str:
        """For people."""
        return f"{self.rate:g} orders a second for {self.seconds:g} s"

    @property
    def longest(self) -> float:
        """Seconds after which it must have ended: it waits for the last sagas."""
        return self.seconds + 300


@dataclass(frozen=True, slots=True)
class ShopSteps:
    """Steps on a running shop. Each puts its figures into the report, also if it fails because of them."""

    place: Place
    report: Report

    def wait_until_ready(self, seconds: float, pause: float) -> None:
        """Wait until the doctor finds nothing wrong. In Azure, roles take minutes to take effect."""
        wait_until_passed(self.doctor, seconds, pause)

    def samples(self, *, seed: bool) -> None:
        """Place the sample orders, and compare how they end with `samples/expectations.json`."""
        if seed:
            self._quartet("seed", CATALOGUE)
        arguments = ("publish", ORDERS, "--wait", "--timeout", str(_SAMPLE_SECONDS), "--json")
        ended = self._json(*arguments, seconds=_SAMPLE_SECONDS + _SECONDS)
        got = {name: Outcome(OrderStatus(one["status"]), one["reason"]) for name, one in ended.items()}
        verdicts = compare(_only(got), got)
        self.report.figures["samples"] = {
            "orders": len(got),
            "ends": dict(Counter(outcome.status.value for outcome in got.values())),
        }
        if wrong := [f"{one.story}: {one.got}, expected {one.expected}" for one in verdicts if not one.is_met]:
            raise EvidenceError("; ".join(wrong))

    def load(self, load: Load) -> None:
        """Put a load on the shop."""
        self._finish("load", load, self._begin(load))

    def load_with_chaos(self, load: Load, disturb: Callable[[dict[str, str]], None]) -> None:
        """Put a load on the shop, and disturb it meanwhile; `disturb` notes when it does what.

        The load is measured to its end, also if a disturbance could not be made.
        """
        running, done, failure = self._begin(load), dict[str, str](), None
        self.report.figures["chaos"] = done
        try:
            disturb(done)
        except EvidenceError as error:
            failure = error
        self._finish("load during chaos", load, running)
        if failure is not None:
            raise failure

    def audit(self) -> None:
        """Check that the invariants hold."""
        audit = self._json("audit", "--json", accepted=(0, 1))
        rules = audit["invariants"]
        self.report.figures["audit"] = {f"{one['number']}. {one['rule']}": _holds(one) for one in rules}
        if broken := [f"{one['number']}. {one['rule']}" for one in rules if not one["holds"]]:
            raise EvidenceError(f"broken: {'; '.join(broken)}")
        if not rules:
            raise EvidenceError("the audit has checked nothing")

    def doctor(self) -> None:
        """Check the deployment."""
        found = self._json("doctor", "--json", accepted=(0, 1))
        statuses = Counter(one["status"] for one in found["checks"])
        self.report.figures["doctor"] = dict(statuses)
        wrong = [f"{one['name']}: {one['detail']}" for one in found["checks"] if one["status"] == "failed"]
        if wrong or not found["ok"]:
            raise EvidenceError("; ".join(wrong) or "something is wrong")

    def dead_letters(self) -> None:
        """Check that no event has failed."""
        letters = self._json("dead-letters", "list", "--json", accepted=(0, 1))
        self.report.figures["dead letters"] = dict(Counter(one["reason"] for one in letters)) or "none"
        if letters:
            raise EvidenceError(f"{len(letters)} dead letters, such as {letters[0]['id']}: {letters[0]['detail']}")

    def _begin(self, load: Load) -> Running:
        return self.place.start_load("--rate", f"{load.rate:g}", "--seconds", f"{load.seconds:g}")

    def _finish(self, name: str, load: Load, running: Running) -> None:
        self.report.figures[name] = parsed(running.argv, running.result(load.longest))

    def _quartet(self, *arguments: str, seconds: float = _SECONDS, accepted: tuple[int, ...] = (0,)) -> str:
        return self.place.start_quartet(*arguments).result(seconds, accepted=accepted)

    def _json(self, *arguments: str, seconds: float = _SECONDS, accepted: tuple[int, ...] = (0,)) -> Any:  # noqa: ANN401 -- JSON
        return parsed(("quartet", *arguments), self._quartet(*arguments, seconds=seconds, accepted=accepted))


def spread(acts: Sequence[tuple[str, Callable[[], None]]], seconds: float, done: dict[str, str]) -> None:
    """Do these with equal pauses, so that the last one ends before the seconds have passed, if none takes long.

    When each began is noted in `done`.
    """
    began = time.monotonic()
    for number, (what, act) in enumerate(acts, 1):
        time.sleep(max(0.0, began + seconds * number / (len(acts) + 1) - time.monotonic()))
        done[what] = f"{datetime.now(UTC):%H:%M:%S} UTC"
        act()


def _only(got: Mapping[str, Outcome]) -> Expectations:
    """What is expected of these orders."""
    everything = read_expectations(sample("expectations.json"))
    orders = {name: one for name, one in everything.orders.items() if name in got}
    contests = tuple(one for one in everything.contests if set(one.orders) <= set(got))
    return everything.model_copy(update={"orders": orders, "contests": contests})


def _holds(rule: Mapping[str, Any]) -> str:
    return "holds" if rule["holds"] else f"{len(rule['violations'])} violations"
