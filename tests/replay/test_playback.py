"""The port of a replay answers what was recorded, and refuses everything else."""

import asyncio
from typing import Any

import pytest

from quartet.engine.errors import TransientError
from quartet.engine.recording.tape import Tapes
from quartet.replay.playback import NotRecordedError, Playback
from quartet.replay.recording import Step
from tests.replay.test_tape import Bank, Both


async def recorded(both: Any) -> None:  # noqa: ANN401 -- the ports, or what stands for them
    """What a handler asks of two ports in a bundle."""
    await both.bank.pay("k-1", amount=both.limit)
    await asyncio.gather(both.bank.pay("k-2", amount=2), both.bank.pay("k-3", amount=3))
    assert both.bank.now() == 7
    with pytest.raises(TransientError, match="no answer"):
        await both.bank.fail()


async def step() -> Step:
    tape, both = Tapes(Both(Bank())).new()
    await recorded(both)
    return Step(0, "decided", calls=tuple(tape.calls))


async def test_the_same_calls_get_the_same_answers() -> None:
    playback = Playback(await step())
    await recorded(playback.ports())
    playback.end()
    assert (playback.differences, playback.missing, playback.problem) == ([], "", "")


async def test_a_call_that_is_not_made_is_a_difference() -> None:
    playback = Playback(await step())
    both = playback.ports()
    await both.bank.pay("k-1", amount=both.limit)
    playback.end()
    assert playback.differences == [
        "called bank.pay, would no longer call it",
        "called bank.pay, would no longer call it",
        "called bank.now, would no longer call it",
        "called bank.fail, would no longer call it",
    ]


async def test_another_order_is_a_difference() -> None:
    playback = Playback(await step())
    with pytest.raises(NotRecordedError):
        playback.ports().bank.now()
    assert playback.differences == ["called bank.pay, would now call bank.now"]
    assert playback.is_stopped


async def test_attributes_may_be_read_in_any_order_and_as_often_as_a_handler_likes() -> None:
    playback = Playback(await step())
    both = playback.ports()
    await both.bank.pay("k-1", amount=3)
    assert (both.limit, both.limit) == (3, 3)
    assert playback.differences == []


async def test_an_attribute_that_could_not_be_written_is_a_problem() -> None:
    playback = Playback(Step(0, "decided", calls=({"method": "lock", "asked": "", "read": True, "unwritable": "no"},)))
    with pytest.raises(NotRecordedError):
        _ = playback.ports().lock
    assert playback.problem == "lock cannot be replayed: no"


async def test_other_arguments_are_a_difference_and_get_the_answer_of_then() -> None:
    playback = Playback(await step())
    both = playback.ports()
    assert await both.bank.pay("k-9", amount=both.limit) == "k-1 3"
    assert playback.differences == ["called bank.pay, would now call it with other arguments"]
    assert not playback.is_stopped


async def test_one_call_more_is_refused() -> None:
    playback = Playback(await step())
    both = playback.ports()
    await recorded(both)
    with pytest.raises(NotRecordedError):
        both.bank.refund("k-1")
    assert playback.differences == ["did not call bank.refund, would now call it"]


def test_nothing_is_answered_that_was_not_recorded() -> None:
    playback = Playback(Step(0, "decided"))
    with pytest.raises(NotRecordedError):
        playback.ports().pay("k-1")
    assert playback.missing == "it calls pay, and what that answered was not recorded"
    playback = Playback(Step(0, "decided"))
    with pytest.raises(NotRecordedError):
        bool(playback.ports().is_open)
    assert playback.missing.startswith("it calls is_open")


@pytest.mark.parametrize(
    ("calls", "missing", "difference"),
    [
        (None, "it uses bank.limit of its port, and that was not recorded", ""),
        ((), "", "did not use bank.limit of its port, would now use it"),
    ],
)
def test_a_value_that_was_not_read_then_explains_why_a_handler_fails(
    calls: tuple[Any, ...] | None, missing: str, difference: str
) -> None:
    playback = Playback(Step(0, "decided", calls=calls))
    with pytest.raises(TypeError):
        _ = playback.ports().bank.limit + 1
    playback.explain()
    assert (playback.missing, "".join(playback.differences)) == (missing, difference)


def test_settings_that_could_not_be_written_are_a_problem_when_they_are_used() -> None:
    playback = Playback(Step(0, "decided", calls=(), settings={"unwritable": "a socket"}))
    with pytest.raises(TypeError):
        _ = playback.ports().limit + 1
    playback.explain()
    assert playback.problem == "its settings cannot be replayed: a socket"
    playback = Playback(Step(0, "decided", calls=(), settings={"answer": {"$": "gone:Policy", "of": {}}}))
    with pytest.raises(NotRecordedError):
        playback.ports().deadline()
    assert playback.problem == "its settings cannot be replayed: the application no longer has gone:Policy"
