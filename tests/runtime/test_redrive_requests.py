"""A service redrives on request: in its own process, once, with the checkpoint before the request until it is done."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from quartet.choreography import Choreography
from quartet.engine.dead_letters.redrive import Redrive
from quartet.engine.dead_letters.redriver import Redriver
from quartet.engine.dead_letters.requests import (
    MOST_LETTERS,
    NO_SAGA,
    REDRIVE_EVENTS,
    LetterReport,
    RedriveReported,
    RedriveRequested,
)
from quartet.engine.engine import Engine
from quartet.engine.errors import OutageError
from quartet.engine.ports import Message
from quartet.events import Event, EventData, Registry, from_json, new_event, to_json
from quartet.events.attributes import LONGEST_ATTRIBUTE
from tests.runtime.fakes import NOON, QUIET, Bench, Parcel, messages, order_created, reserved

BUG = ZeroDivisionError("a spoon in the gears")


def request(*letters: str, saga: str = "o-1", participant: str = "desk", number: int = 1) -> Event[RedriveRequested]:
    data = RedriveRequested(saga=saga, participant=participant, letters=letters or ("0-0-x",))
    return new_event(data, source="/operator", time=NOON, id=f"r-{number}")


def service(bench: Bench) -> Engine[Parcel]:
    """As a process has it: an engine that receives, and beside it one that redrives."""
    redrive = Redrive(bench.engine(look_first=True), bench.dead, lambda: NOON)
    redriver = Redriver(redrive, bench.dead, bench.hub, participant="desk", now=lambda: NOON, log=QUIET)
    return bench.engine(on_redrive=redriver.answer)


async def ask(bench: Bench, *requests: Event[RedriveRequested]) -> None:
    batch = await service(bench).process("0", messages(*requests, start=100))
    await batch.finish()
    assert batch.first_unfinished is None


def answers(bench: Bench) -> list[Event[EventData]]:
    """What the service has said about requests."""
    return [from_json(event, REDRIVE_EVENTS) for event in bench.hub.said if event["type"] == RedriveReported.type]


def became(bench: Bench) -> list[tuple[str, str]]:
    """The type of the event of each reported dead letter, and its result."""
    reported = [event.data for event in answers(bench) if isinstance(event.data, RedriveReported)]
    return [(str(report.event_type), report.became) for data in reported for report in data.reports]


async def broken_order() -> tuple[Bench, list[str]]:
    """An order whose first event met a bug that is now fixed, one that waits, and the ids of both letters."""
    bench = Bench()
    bench.desk.failures = [BUG]
    some = messages(order_created("o-1"), reserved("o-1", "a"))
    await bench.engine().process("0", some)
    return bench, [message.letter_id("0") for message in some]


async def test_a_redrive_handles_the_named_and_the_waiting_events_and_reports_each_result() -> None:
    bench, letters = await broken_order()
    asked = request(letters[0])
    await ask(bench, asked)
    assert became(bench) == [("OrderCreated.v1", "handled"), ("InventoryReserved.v1", "handled")]
    [answer] = answers(bench)
    assert (answer.causation_id, answer.source, answer.saga_id) == (asked.id, "/services/desk", "o-1")
    assert bench.records.records["o-1"].state == Parcel(2, "ada")


async def test_a_request_that_is_delivered_twice_does_nothing_twice() -> None:
    bench, letters = await broken_order()
    await ask(bench, request(*letters))
    calls = list(bench.desk.calls)
    await ask(bench, request(*letters))
    assert bench.desk.calls == calls
    assert became(bench)[2:] == [("OrderCreated.v1", "settled before"), ("InventoryReserved.v1", "settled before")]
    assert len({event.id for event in answers(bench)}) == 2, "one id must not be two events"


async def test_a_request_to_another_participant_is_skipped_and_an_unreadable_one_blocks_nothing() -> None:
    bench, letters = await broken_order()
    strange = new_event(_Strange(saga="o-2"), source="/operator", time=NOON, id="s-1")
    batch = await service(bench).process(
        "0", messages(request(letters[0], participant="shed"), strange, order_created("o-2"), start=100)
    )
    assert batch.first_unfinished is None
    assert answers(bench) == []
    dead = [stored.letter for stored in await bench.dead.find() if stored.letter.message.sequence_number >= 100]
    assert [(one.reason, one.saga_id, one.event_type) for one in dead] == [
        ("invalid_data", None, "RedriveRequested.v1")
    ]
    assert bench.records.records["o-2"].state == Parcel(1, "ada")


@pytest.mark.parametrize("type_", ["RedriveRequested.v2", "RedriveReported.v7"])
async def test_a_request_of_a_later_release_is_a_dead_letter_that_blocks_no_saga(type_: str) -> None:
    bench = Bench()
    await service(bench).process("0", messages(order_created("o-2")))
    strange = {**to_json(request("0-0-x", saga="o-2")), "type": type_}
    batch = await service(bench).process("0", messages(json.dumps(strange).encode(), reserved("o-2", "a"), start=1))
    assert batch.first_unfinished is None
    assert [(one.reason, one.saga_id) for one in bench.dead.letters] == [("unknown_type", None)]
    record = bench.records.records["o-2"]
    assert (record.parked, record.state) == ((), Parcel(2, "ada"))


async def test_a_request_for_an_unknown_dead_letter_is_answered_without_results() -> None:
    bench = Bench()
    await ask(bench, request("0-0-nothing"), request("0-0-nothing", saga=NO_SAGA, number=2))
    assert [(event.causation_id, became(bench)) for event in answers(bench)] == [("r-1", []), ("r-2", [])]


async def test_a_dead_letter_without_a_saga_is_requested_by_its_id() -> None:
    bench = Bench()
    [message] = messages(b"not json")
    await bench.engine().process("0", [message])
    await ask(bench, request(message.letter_id("0"), saga=NO_SAGA))
    [event] = answers(bench)
    assert isinstance(event.data, RedriveReported)
    assert [(one.id, one.became) for one in event.data.reports] == [(message.letter_id("0"), "still unreadable")]


async def test_more_than_an_answer_holds_is_said_in_several() -> None:
    bench = Bench()
    bench.desk.failures = [BUG]
    some = messages(order_created("o-1"), *(reserved("o-1", f"e-{number}") for number in range(MOST_LETTERS + 5)))
    await bench.engine().process("0", some)
    await ask(bench, request(some[0].letter_id("0")))
    said = [event.data for event in answers(bench) if isinstance(event.data, RedriveReported)]
    assert [(one.number, len(one.reports), one.is_last) for one in said] == [(1, MOST_LETTERS, False), (2, 6, True)]


async def test_the_result_of_a_redrive_is_reported_whatever_the_error_says() -> None:
    bench = Bench()
    bench.desk.failures = [BUG, ValueError("half of a pair: \ud83d")]
    some = messages(order_created("o-1"))
    await bench.engine().process("0", some)
    await ask(bench, request(some[0].letter_id("0")))
    [event] = answers(bench)
    assert isinstance(event.data, RedriveReported)
    assert [(one.became, one.detail) for one in event.data.reports] == [
        ("still failing", "handler_failed: ValueError: half of a pair: \\ud83d")
    ]


def test_a_report_takes_the_longest_type_that_an_event_may_have() -> None:
    longest = "T" * LONGEST_ATTRIBUTE
    assert LetterReport(id="0-1-x", event_type=longest, became="handled").event_type == longest


class Asked:
    """An `on_redrive` that waits for the test, or fails a given number of times."""

    def __init__(self, *failures: Exception) -> None:
        self.requests: list[str] = []
        self.failures = list(failures)
        self.may_end = asyncio.Event()

    async def __call__(self, partition: str, asked: Event[RedriveRequested]) -> None:
        self.requests.append(f"{partition} {asked.id}")
        if self.failures:
            raise self.failures.pop(0)
        await self.may_end.wait()


async def test_the_partition_continues_and_the_checkpoint_stays_before_the_request() -> None:
    bench, asked = Bench(), Asked()
    engine = bench.engine(on_redrive=asked)
    some: Sequence[Message] = messages(order_created("o-1"), request(number=1), order_created("o-2"), start=7)
    batch = await engine.process("3", some)
    assert batch.first_unfinished == 8
    assert bench.records.records.keys() == {"o-1", "o-2"}
    [standing] = engine.standing(0)
    assert standing.sequence_number == 7
    asked.may_end.set()
    await batch.finish()
    assert asked.requests == ["3 r-1"]
    assert not batch.requests


async def test_a_redrive_waits_for_an_outage_and_ends_after_a_bug() -> None:
    bench = Bench()
    asked = Asked(OutageError("away"), OutageError("away"), BUG)
    asked.may_end.set()
    batch = await bench.engine(on_redrive=asked).process("0", messages(request(number=1), request(number=2)))
    await batch.finish()
    assert asked.requests == ["0 r-1", "0 r-1", "0 r-1", "0 r-2"]
    assert batch.first_unfinished is None


def test_no_application_may_have_events_of_these_types() -> None:
    for model in REDRIVE_EVENTS.models:
        later: type[EventData] = type("Later", (model,), {"type": model.type.replace(".v1", ".v2")})
        for one in (model, later):
            with pytest.raises(ValueError, match=rf"{one.type} is an event of the library: choose another name"):
                Choreography(name="clash", events=Registry(one), participants=(), ends=set())


class _Strange(EventData):
    """Calls itself a request, and is none."""

    type = RedriveRequested.type
    saga: str

    @property
    def saga_id(self) -> str:
        return self.saga
