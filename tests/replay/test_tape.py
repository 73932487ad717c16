"""What a handler asks its port is on the tape, and the port notices nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from quartet.engine.errors import OutageError, TransientError
from quartet.engine.recording.runs import with_run, without_events
from quartet.engine.recording.tape import Tape, Tapes
from quartet.engine.recording.values import digest


class Bank:
    country = "SE"

    async def pay(self, key: str, *, amount: int) -> str:
        return f"{key} {amount}"

    async def fail(self) -> None:
        raise TransientError("no answer")

    async def hang(self) -> None:
        await asyncio.Event().wait()

    def now(self) -> int:
        return 7

    async def stream(self) -> AsyncIterator[int]:
        yield 1


@dataclass(frozen=True)
class Both:
    """Two ports, and a setting."""

    bank: Bank
    limit: int = 3


def taped(port: object) -> tuple[Tape, Any]:
    return Tapes(port).new()


async def test_a_call_is_noted_with_a_digest_of_its_arguments_and_its_answer() -> None:
    tape, bank = taped(Bank())
    assert await bank.pay("k-1", amount=3) == "k-1 3"
    assert tape.calls == [{"method": "pay", "asked": digest(("k-1",), {"amount": 3}), "answer": "k-1 3"}]


async def test_an_error_is_noted_and_raised() -> None:
    tape, bank = taped(Bank())
    with pytest.raises(TransientError, match="no answer"):
        await bank.fail()
    [call] = tape.calls
    assert call["error"]["args"] == ["no answer"]


async def test_what_is_not_awaited_and_what_is_read_is_noted_as_such() -> None:
    tape, both = taped(Both(Bank()))
    assert (both.bank.now(), both.bank.country, both.limit) == (7, "SE", 3)
    assert [{**call, "asked": ""} for call in tape.calls] == [
        {"method": "bank.now", "asked": "", "plain": True, "answer": 7},
        {"method": "bank.country", "asked": "", "read": True, "answer": "SE"},
        {"method": "limit", "asked": "", "read": True, "answer": 3},
    ]


async def test_an_answer_that_cannot_be_written_is_given_and_noted_as_not_replayable() -> None:
    tape, bank = taped(Bank())
    assert [one async for one in bank.stream()] == [1]
    await bank.pay(object(), amount=1)
    assert ["unwritable" in call for call in tape.calls] == [True, True]
    assert tape.calls[1]["unwritable"].startswith("an argument: ")


async def test_calls_are_in_the_order_in_which_they_begin_and_one_that_never_answers_has_no_answer() -> None:
    tape, bank = taped(Bank())
    hanging = asyncio.create_task(bank.hang())
    await asyncio.sleep(0)
    await bank.pay("k-1", amount=1)
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)
    assert [(call["method"], "answer" in call) for call in tape.calls] == [("hang", False), ("pay", True)]


async def test_what_was_asked_before_an_outage_is_forgotten() -> None:
    tape, bank = taped(Bank())

    async def away() -> None:
        await bank.pay("k-1", amount=1)
        raise OutageError("away")

    async def unknown() -> None:
        await bank.pay("k-1", amount=2)
        raise TransientError("late")

    with pytest.raises(TransientError):
        await tape.attempt(unknown)
    with pytest.raises(OutageError):
        await tape.attempt(away)
    assert [call["answer"] for call in tape.calls] == ["k-1 2"]


def test_plain_data_is_passed_on_and_stands_on_the_tape() -> None:
    tape, port = taped({"deadline": 3})
    assert port == {"deadline": 3}
    assert tape.run("e-1", "decided")["settings"] == {"answer": {"deadline": 3}}
    tape, _ = taped(object())
    assert "unwritable" in tape.run("e-1", "decided")["settings"]
    tape, port = taped(None)
    assert (port, tape.run("e-1", "decided")["settings"]) == (None, {"answer": None})


def run(event: str, outcome: str = "decided", size: int = 0) -> dict[str, Any]:
    return {"event": event, "outcome": outcome, "calls": ["x" * size]}


def test_a_run_that_changed_nothing_goes_when_its_event_is_handled_again() -> None:
    runs = with_run((run("e-1", "failed"), run("e-2")), run("e-1"), most_bytes=1000)
    assert [(one["event"], one["outcome"]) for one in runs] == [("e-2", "decided"), ("e-1", "decided")]
    runs = with_run((run("e-1", "owed"),), run("e-1"), most_bytes=1000)
    assert [one["outcome"] for one in runs] == ["owed", "decided"]


def test_a_run_without_room_is_left_out_and_the_first_ones_stay() -> None:
    runs = with_run((run("e-1", size=400),), run("e-2", size=600), most_bytes=1000)
    assert [one["event"] for one in runs] == ["e-1"]
    assert [one["event"] for one in with_run(runs, run("e-3", size=100), most_bytes=1000)] == ["e-1", "e-3"]


def test_runs_leave_with_the_answers_to_their_events() -> None:
    assert [one["event"] for one in without_events((run("e-1"), run("e-2")), {"e-1"})] == ["e-2"]
