"""What the log says of what went wrong. An operator searches for these lines, and filters by their fields."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from quartet.engine.declaration.outcome import Outcome
from quartet.engine.declaration.reaction import on
from quartet.engine.errors import OutageError, TransientError
from quartet.engine.ports import DeadLetter
from quartet.engine.saga_update import SagaUpdate
from quartet.events import Event
from shared.events import InventoryReserved
from tests.runtime.fakes import (
    Bench,
    Desk,
    MemoryDeadLetters,
    MemoryHub,
    Parcel,
    count_parcel,
    desk_that,
    messages,
    order_created,
    reserved,
)
from tests.runtime.whole import PARTITION, Told

BUG = ZeroDivisionError("a spoon in the gears")


async def problems(bench: Bench, *bodies: Any) -> list[tuple[str, str, dict[str, Any]]]:  # noqa: ANN401 -- events, or bytes
    """What the log says beyond the line of each event."""
    told = Told()
    await bench.engine(log=told.log).process(PARTITION, messages(*bodies))
    return [line for line in told.lines if "outcome" not in line[2]]


async def test_a_bug_in_a_handler_is_logged_with_its_traceback() -> None:
    bench = Bench()
    bench.desk.failures = [BUG]
    assert await problems(bench, reserved("o-1")) == [
        ("exception", "handler failed", {"type": "InventoryReserved.v1", "saga": "o-1"})
    ]


async def test_each_retry_is_logged_and_also_that_it_was_the_last() -> None:
    bench = Bench()
    bench.desk.failures = [TransientError("busy"), TransientError("busier"), TransientError("closed")]
    event = {"handler": "count_parcel", "type": "InventoryReserved.v1", "saga": "o-1", "of": 3}
    retried = "handler will be retried"
    assert await problems(bench, reserved("o-1")) == [
        ("warning", retried, {**event, "attempt": 1, "error": "TransientError: busy"}),
        ("warning", retried, {**event, "attempt": 2, "error": "TransientError: busier"}),
        ("warning", "retries used up", {**event, "attempt": 3, "error": "TransientError: closed"}),
    ]


@pytest.mark.parametrize(
    ("prepare", "doing"),
    [
        (lambda bench: setattr(bench.records, "outages", 1), "load state"),
        (lambda bench: setattr(bench.hub, "outages", 1), "publish answers"),
        (lambda bench: bench.desk.failures.append(OutageError("away")), "run open_parcel"),
    ],
)
async def test_an_outage_is_logged_with_the_step_that_waits(prepare: Callable[[Bench], None], doing: str) -> None:
    bench = Bench()
    prepare(bench)
    told = Told()
    await bench.engine(log=told.log, look_first=True).process(PARTITION, messages(order_created("o-1")))
    outages = [fields["doing"] for _, text, fields in told.lines if text in {"outage", "outage over"}]
    assert outages == [doing, doing]


async def test_an_outage_of_the_commit_is_logged_as_such() -> None:
    bench = Bench()
    bench.records.outages = 1
    lines = await problems(bench, order_created("o-1"))
    assert [fields["doing"] for _, _, fields in lines] == ["commit state", "commit state"]


class AwayOnce(MemoryDeadLetters):
    """Does not take the first letters, nor the first question."""

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        self._once()
        await super().put(letters)

    async def discarded_sagas(self) -> set[str]:
        self._once()
        return await super().discarded_sagas()

    def _once(self) -> None:
        if not self.asked.is_set():
            self.asked.set()
            raise OutageError("away")


async def test_an_outage_of_the_dead_letters_is_logged_as_such() -> None:
    lines = await problems(Bench(dead=AwayOnce()), b"not json")
    assert [fields["doing"] for _, _, fields in lines] == ["keep dead letters", "keep dead letters"]


async def test_an_outage_before_a_partition_is_opened_is_logged_as_such() -> None:
    told = Told()
    await Bench(dead=AwayOnce()).engine(log=told.log).prepare()
    assert [fields["doing"] for _, _, fields in told.lines] == ["load discarded sagas"] * 2


class Unable(MemoryDeadLetters):
    """Cannot say what was discarded."""

    async def discarded_sagas(self) -> set[str]:
        raise BUG


async def test_while_the_discarded_dead_letters_are_unknown_every_order_is_loaded() -> None:
    told, bench = Told(), Bench(dead=Unable())
    engine = bench.engine(log=told.log)
    await engine.prepare()
    assert told.lines == [
        (
            "error",
            "discarded sagas are not known; loading every saga",
            {"error": "ZeroDivisionError: a spoon in the gears"},
        )
    ]
    await engine.process(PARTITION, messages(order_created("o-1")))
    assert bench.records.loads == [{"o-1"}]


class Refusing(MemoryHub):
    """Takes nothing."""

    async def publish(self, partition: str, events: Sequence[dict[str, Any]]) -> None:
        del partition, events
        raise ValueError("larger than the hub takes")


async def test_an_answer_that_cannot_be_published_is_logged() -> None:
    bench = Bench(hub=Refusing())
    [message] = messages(order_created("o-1"))
    assert await problems(bench, order_created("o-1")) == [
        (
            "error",
            "answer cannot be published",
            {"saga": "o-1", "id": message.letter_id(PARTITION), "error": "ValueError: larger than the hub takes"},
        )
    ]


class Small(MemoryDeadLetters):
    """Takes nothing with a body."""

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        if any(letter.message.body for letter in letters):
            raise ValueError("413")
        await super().put(letters)


async def test_a_dead_letter_that_does_not_fit_is_logged() -> None:
    [message] = messages(b"not json")
    assert await problems(Bench(dead=Small()), b"not json") == [
        (
            "error",
            "dead letter is too large; keeping less of it",
            {"id": message.letter_id(PARTITION), "error": "ValueError: 413"},
        )
    ]


async def test_a_bug_of_the_runtime_is_logged_with_its_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    def admit(_run: object, _item: object) -> bool:
        raise BUG

    monkeypatch.setattr(SagaUpdate, "admit", admit)
    lines = await problems(Bench(), order_created("o-1"))
    assert lines == [
        ("exception", "batch failed, looking for the event at fault", {"partition": PARTITION}),
    ]


async def test_an_event_that_cannot_be_stored_is_logged_with_its_partition() -> None:
    class Closed(MemoryDeadLetters):
        async def put(self, letters: Sequence[DeadLetter]) -> None:
            if len(bench.slept) < 2:
                raise ValueError("403: closed")
            await super().put(letters)

    bench = Bench(dead=Closed())
    lines = await problems(bench, b"not json")
    again = ("exception", "event cannot be kept, trying again", {"partition": PARTITION})
    assert [line for line in lines if line[0] == "exception"] == [
        ("exception", "batch failed, looking for the event at fault", {"partition": PARTITION}),
        again,
        again,
    ]


async def test_a_handler_without_a_name_is_logged_by_its_type() -> None:
    class Counting:
        async def __call__(self, event: Event[InventoryReserved], parcel: Parcel | None, desk: Desk) -> Outcome[Parcel]:
            return await count_parcel(event, parcel, desk)

    bench = Bench()
    bench.desk.failures = [OutageError("away")]
    told = Told()
    engine = bench.engine(log=told.log, participant=desk_that(on(InventoryReserved, Counting())))
    await engine.process(PARTITION, messages(reserved("o-1")))
    assert [fields["doing"] for _, text, fields in told.lines if text == "outage"] == ["run Counting"]
