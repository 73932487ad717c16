"""What tests need to compare outcomes as a whole: a clock that the desk moves, a log that keeps its lines."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import CapturingLogger
from structlog.typing import FilteringBoundLogger

from quartet.engine.engine import Engine
from quartet.engine.ports import DeadLetter, Message
from quartet.engine.received import Delivery
from quartet.engine.records.record import Record
from quartet.engine.saga_update import Step
from quartet.events import Event, EventData, bucket_of
from tests.runtime.fakes import NOON, Bench, Desk, Parcel

PARTITION = "3"
"""Where the events of these tests come from."""

WORK_SECONDS = 0.25
"""How long a call of the timed desk takes."""


@dataclass(slots=True)
class TimedDesk(Desk):
    """A desk whose work takes time on a stopwatch."""

    stopwatch: float = 100.0

    async def work(self, order_id: str) -> None:
        self.stopwatch += WORK_SECONDS
        await Desk.work(self, order_id)

    def start(self, monkeypatch: pytest.MonkeyPatch) -> "TimedDesk":
        """Let the runtime read this stopwatch."""
        time = SimpleNamespace(perf_counter=lambda: self.stopwatch)
        monkeypatch.setattr("quartet.engine.saga_update.time", time)
        monkeypatch.setattr("quartet.engine.handler_runner.time", time)
        return self


@dataclass(slots=True)
class Told:
    """A log that keeps its lines."""

    kept: CapturingLogger = field(default_factory=CapturingLogger)

    @property
    def log(self) -> FilteringBoundLogger:
        return cast(FilteringBoundLogger, self.kept)

    @property
    def lines(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Level, text and fields of each line."""
        return [(call.method_name, *call.args, call.kwargs) for call in self.kept.calls]


def record(order_id: str, state: Parcel | None, **others: Any) -> Record[Parcel]:  # noqa: ANN401 -- by name
    """What is expected to be stored of an order; the ETag is the store's."""
    return Record(order_id, bucket_of(order_id, 16), state, partition=PARTITION, **others)


def step(event: Event[EventData], message: Message, outcome: str, *, seconds: float = 0.0, **others: Any) -> Step:  # noqa: ANN401 -- by name
    """What is expected to have become of an event."""
    return Step(
        **{"delivery": Delivery(event, message), "outcome": outcome, "answers": (), "seconds": seconds, **others}
    )


def letter(event: Event[EventData], message: Message, reason: str, detail: str, attempts: int = 1) -> DeadLetter:
    """The dead letter that an event is expected to become."""
    return DeadLetter(message, PARTITION, reason, detail, attempts, event.saga_id, event.id, event.type, NOON)


def letter_ids(some: Sequence[Message]) -> tuple[str, ...]:
    return tuple(message.letter_id(PARTITION) for message in some)


def stored(bench: Bench, order_id: str = "o-1") -> Record[Parcel]:
    """What is stored of an order, but for the ETag."""
    return replace(bench.records.records[order_id], etag=None)


async def became(engine: Engine[Parcel], some: Sequence[Message]) -> list[Step | DeadLetter]:
    """What has become of each event of a batch."""
    return (await engine.process(PARTITION, some)).became


def told_of(some: Sequence[Step | DeadLetter]) -> list[tuple[str, str]]:
    """For each event in turn: its order, and its outcome."""
    return [
        (one.delivery.event.saga_id, one.outcome) if isinstance(one, Step) else (str(one.saga_id), one.reason)
        for one in some
    ]


async def turns(number: int = 50) -> None:
    """Let everything run that can, so that a test can assert that something does not."""
    for _ in range(number):
        await asyncio.sleep(0)
