"""The instruments of a process's metrics. Attributes have few values: no id of a saga or an event is among them."""

import re
from collections.abc import Sequence
from typing import Any, Final

from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider

from quartet.version import __version__

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0, 300.0)
_EVENTS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST_CODES: Final = 50
OTHER: Final = "_OTHER"
"""In place of a value that would be one too many; the name is that of the semantic conventions."""


class Instruments:
    """The instruments that count what happens. Those that are read at an export are in `Gauges`."""

    def __init__(self, meters: MeterProvider) -> None:
        meter = meters.get_meter("quartet", __version__)
        counter, histogram = meter.create_counter, meter.create_histogram
        self.started = counter("quartet.sagas.started", "{saga}", "Sagas that a participant has heard of first")
        self.ended = counter("quartet.sagas.ended", "{saga}", "Sagas that have ended, by the event and its reason")
        self.processed = counter("quartet.events.processed", "{event}", "Events that were handled, by outcome")
        self.said = counter("quartet.events.said", "{event}", "Events that were said for the first time, by reason")
        self.conflicts = counter("quartet.conflicts", "{conflict}", "Sagas that have lost to another writer")
        self.dead_letters = counter("quartet.dead_letters", "{event}", "Events that have become dead letters")
        self.cosmos_requests = counter("quartet.cosmos.requests", "{request}", "Requests to Cosmos DB")
        self.cosmos_charge = counter("quartet.cosmos.request_charge", "{request_unit}", "Request units")
        self.batch = histogram(
            "quartet.batch.size", "{event}", "Size of a batch", explicit_bucket_boundaries_advisory=_EVENTS
        )
        self.latency = histogram(
            "quartet.step.duration",
            "s",
            "From the moment at which the hub took an event in, until its answers are in the hub",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.processing = histogram(
            "messaging.process.duration",
            "s",
            "Duration of processing an event",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.meter: Meter = meter
        self._codes: set[str] = set()

    def code(self, value: object) -> str | None:
        """A reason as an attribute: a code of few values. What is no code is none; one too many is `OTHER`."""
        if not isinstance(value, str) or _CODE.fullmatch(value) is None:
            return None
        if value not in self._codes:
            if len(self._codes) >= _MOST_CODES:
                return OTHER
            self._codes.add(value)
        return value


def reason_of(said: dict[str, Any]) -> object:
    """The reason that an event gives, if it has one."""
    data = said.get("data")
    return data.get("reason") if isinstance(data, dict) else None


def known(value: str | None, among: Sequence[str] | frozenset[str]) -> str:
    """A value of a fixed set, or `OTHER`: what comes in by the hub may hold anything."""
    return value if value is not None and value in among else OTHER
