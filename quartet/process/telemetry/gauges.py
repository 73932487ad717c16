"""Metrics that are asked for when they are exported, by a thread of the SDK: they cost nothing in between."""

from collections.abc import Iterable, Sequence
from typing import Any

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from quartet.engine.engine import Engine
from quartet.engine.telemetry.naming import PARTICIPANT
from quartet.process.hub_listener import HubListener


class Gauges:
    """The figures of engines and listeners as they are now. Every read is of a copy: the event loop continues."""

    def __init__(
        self, meter: Meter, engines: Sequence[Engine[Any]], listeners: Sequence[HubListener], hub: str
    ) -> None:
        """`hub`: the name of the main one."""
        self._engines = engines
        self._listeners = listeners
        self._hub = hub
        self._own = {PARTICIPANT: engines[0].participant.name}
        meter.create_observable_gauge(
            "quartet.partition.lag", [self._lag], "{event}", "Events that the hub has and that have not come in"
        )
        meter.create_observable_gauge(
            "quartet.partition.age", [self._age], "s", "Age of the oldest event that is not handled yet"
        )
        meter.create_observable_counter(
            "quartet.outage.duration", [self._outages], "s", "Time in which a step waited for a server that was away"
        )
        meter.create_observable_counter(
            "quartet.retries", [self._retries], "{retry}", "Attempts of handlers that a port has failed"
        )

    def _lag(self, _options: CallbackOptions) -> Iterable[Observation]:
        for listener in self._listeners:
            for partition, behind in listener.lags.items():
                yield Observation(behind, self._place(listener.label, partition))

    def _age(self, _options: CallbackOptions) -> Iterable[Observation]:
        ages = {place: age for engine in self._engines for place, age in engine.ages().items()}
        for listener in self._listeners:
            for partition in list(listener.owned):
                place = f"{listener.label}/{partition}" if listener.label else partition
                yield Observation(ages.get(place, 0.0), self._place(listener.label, partition))

    def _outages(self, _options: CallbackOptions) -> Iterable[Observation]:
        total: dict[str, float] = {}
        for engine in self._engines:
            for doing, seconds in engine.outage_seconds().items():
                total[doing] = total.get(doing, 0.0) + seconds
        return [Observation(seconds, {**self._own, "quartet.step": doing}) for doing, seconds in total.items()]

    def _retries(self, _options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(sum(engine.stats["retries"] for engine in self._engines), self._own)]

    def _place(self, label: str, partition: str) -> dict[str, str]:
        return {
            **self._own,
            "messaging.destination.name": label or self._hub,
            "messaging.destination.partition.id": partition,
        }
