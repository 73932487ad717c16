"""Rounds: who waits for which batch, and who does not."""

import asyncio

import pytest

from quartet.azure.sdk_internals.rounds import Rounds
from quartet.engine.failures.timeouts import stretched

FOREVER = 3600.0


async def settle() -> None:
    """Let every task run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_while_nothing_is_under_way_there_is_no_wait() -> None:
    waiting = asyncio.create_task(Rounds(FOREVER).turn())
    await settle()
    assert waiting.done()


async def test_those_that_wait_begin_together_when_the_last_batch_ends() -> None:
    rounds = Rounds(FOREVER)
    with rounds.under_way():
        with rounds.under_way():
            waiting = [asyncio.create_task(rounds.turn()) for _ in range(2)]
            await settle()
        await settle()
        assert not any(task.done() for task in waiting)
    await settle()
    assert all(task.done() for task in waiting)


async def test_a_batch_that_takes_long_is_not_waited_for() -> None:
    rounds = Rounds(0.001)
    async with asyncio.timeout(stretched(20)):
        with rounds.under_way():
            await asyncio.gather(rounds.turn(), rounds.turn())
            await rounds.turn()


async def test_the_limit_of_a_round_that_has_begun_does_not_end_the_next() -> None:
    rounds = Rounds(0.01)
    with rounds.under_way():
        first = asyncio.create_task(rounds.turn())
        await settle()
    await first
    rounds._seconds = FOREVER  # noqa: SLF001 -- so that only the limit of the first round could end the second
    with rounds.under_way():
        second = asyncio.create_task(rounds.turn())
        await asyncio.sleep(0.05)  # the limit of the first round passes
        assert not second.done()
    async with asyncio.timeout(stretched(20)):
        await second


async def test_one_that_gives_up_does_not_end_the_wait_of_another() -> None:
    rounds = Rounds(FOREVER)
    with rounds.under_way():
        gone, stays = (asyncio.create_task(rounds.turn()) for _ in range(2))
        await settle()
        gone.cancel()
        await settle()
        assert gone.cancelled()
        assert not stays.done()
    await stays


async def test_a_batch_that_fails_has_ended() -> None:
    rounds = Rounds(FOREVER)
    with pytest.raises(ValueError, match="this one"), rounds.under_way():
        raise ValueError("this one")
    await rounds.turn()
