"""Calls made one by one, answered many at a time."""

import asyncio
from collections.abc import Sequence

import pytest

from quartet.azure.cosmos.keyed_batcher import KeyedBatcher
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched


class Shopkeeper:
    """Doubles what it is asked; remembers how the questions came."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[int]]] = []
        self.door = asyncio.Event()
        self.door.set()

    async def answer(self, key: str, items: Sequence[int]) -> list[int]:
        self.asked.append((key, list(items)))
        await self.door.wait()
        if 13 in items:
            raise ValueError("unlucky")
        if 404 in items:
            raise OutageError("gone")
        return [item * 2 for item in items]


async def test_calls_of_one_moment_are_one_question_per_key() -> None:
    keeper = Shopkeeper()
    coalescer = KeyedBatcher(keeper.answer, most=100)
    results = await asyncio.gather(*(coalescer.call("ab"[n % 2], n) for n in range(10)))
    assert results == [n * 2 for n in range(10)]
    assert keeper.asked == [("a", [0, 2, 4, 6, 8]), ("b", [1, 3, 5, 7, 9])]


async def test_calls_that_arrive_during_a_request_form_the_next_one() -> None:
    keeper = Shopkeeper()
    keeper.door.clear()
    coalescer = KeyedBatcher(keeper.answer, most=100)
    first = asyncio.create_task(coalescer.call("a", 1))
    while not keeper.asked:  # noqa: ASYNC110 -- one turn of the loop, not a pause
        await asyncio.sleep(0)
    later = [asyncio.create_task(coalescer.call("a", n)) for n in (2, 3)]
    await asyncio.sleep(0)
    keeper.door.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6]
    assert keeper.asked == [("a", [1]), ("a", [2, 3])]


async def test_no_question_is_longer_than_the_limit() -> None:
    keeper = Shopkeeper()
    coalescer = KeyedBatcher(keeper.answer, most=4)
    await asyncio.gather(*(coalescer.call("a", n) for n in range(10)))
    assert [len(items) for _, items in keeper.asked] == [4, 4, 2]


async def test_callers_that_have_stopped_waiting_are_left_out_of_the_request() -> None:
    """Their repeats stand further back already: a queue that is too slow must not grow by those who leave it."""
    keeper = Shopkeeper()
    keeper.door.clear()
    coalescer = KeyedBatcher(keeper.answer, most=2)
    first = asyncio.create_task(coalescer.call("a", 1))
    while not keeper.asked:  # noqa: ASYNC110 -- one turn of the loop, not a pause
        await asyncio.sleep(0)
    later = [asyncio.create_task(coalescer.call("a", n)) for n in (2, 3, 4, 5)]
    await asyncio.sleep(0)
    for impatient in later[:3]:
        impatient.cancel()
    await asyncio.sleep(0)
    keeper.door.set()
    assert (await first, await later[3]) == (2, 10)
    assert keeper.asked == [("a", [1]), ("a", [5])]


async def test_only_the_call_at_fault_fails() -> None:
    coalescer = KeyedBatcher(Shopkeeper().answer, most=100)
    results = await asyncio.gather(*(coalescer.call("a", n) for n in (1, 13, 3)), return_exceptions=True)
    assert [type(result) for result in results] == [int, ValueError, int]


async def test_every_caller_gets_an_outage_at_the_same_time() -> None:
    """One by one, they would only add to the load of a server that is in trouble."""
    keeper = Shopkeeper()
    coalescer = KeyedBatcher(keeper.answer, most=100)
    results = await asyncio.gather(*(coalescer.call("a", n) for n in (1, 404, 3)), return_exceptions=True)
    assert [type(result) for result in results] == [OutageError] * 3
    assert len(keeper.asked) == 1


async def test_a_caller_that_stops_waiting_does_not_affect_the_others() -> None:
    keeper = Shopkeeper()
    keeper.door.clear()
    coalescer = KeyedBatcher(keeper.answer, most=100)
    impatient, patient = (asyncio.create_task(coalescer.call("a", n)) for n in (1, 2))
    await asyncio.sleep(0)
    impatient.cancel()
    keeper.door.set()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient


class EndOfProcess(BaseException):
    """What ends a process, and is no error of an answer."""


async def test_no_caller_waits_for_a_process_that_has_ended() -> None:
    door = asyncio.Event()

    async def answer(_key: str, _items: Sequence[int]) -> list[int]:
        await door.wait()
        raise EndOfProcess

    batcher = KeyedBatcher(answer, most=1)
    calls = [asyncio.create_task(batcher.call("a", n)) for n in (1, 2)]
    await asyncio.sleep(0)
    door.set()
    first, second = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), stretched(5))
    assert isinstance(first, EndOfProcess)
    assert isinstance(second, asyncio.CancelledError)
