"""The clock jumps, and a process can be killed or stopped at any await."""

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any

import pytest

from quartet.testing.clock import DeadlockError
from quartet.testing.cluster.machine.loop import ProcessLoop
from quartet.testing.cluster.machine.process import Process


def run(work: Coroutine[Any, Any, Any], seed: int = 1) -> object:
    loop = ProcessLoop(Random(seed))
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


async def tick(ticks: list[float]) -> None:
    while True:
        await asyncio.sleep(1)
        ticks.append(asyncio.get_running_loop().time())


def test_hours_take_no_time() -> None:
    async def sleep() -> float:
        await asyncio.sleep(36_000)
        return asyncio.get_running_loop().time()

    assert run(sleep()) == 36_000


def test_a_killed_process_does_nothing_more() -> None:
    ticks: list[float] = []

    async def scene() -> None:
        process = Process("payment-1")
        process.start(tick(ticks))
        await asyncio.sleep(2.5)
        process.kill()
        await asyncio.sleep(10)
        assert process.tasks == {}

    run(scene())
    assert ticks == [1, 2]


def test_a_stopped_process_continues_where_it_was() -> None:
    ticks: list[float] = []

    async def scene() -> None:
        process = Process("payment-1")
        process.start(tick(ticks))
        await asyncio.sleep(2.5)
        process.pause()
        await asyncio.sleep(100)
        process.resume()
        await asyncio.sleep(1.2)
        process.kill()
        await asyncio.sleep(0)

    run(scene())
    assert ticks == [1, 2, 102.5, 103.5]


def test_between_processes_there_is_no_order_and_within_one_there_is() -> None:
    orders = set()
    for seed in range(20):
        said: list[str] = []

        async def say(who: str, said: list[str] = said) -> None:
            said.append(who)

        async def scene() -> None:
            for name in ("payment-1", "shipping-1"):
                process = Process(name)
                for number in range(2):
                    process.start(say(f"{name} {number}"))
            await asyncio.sleep(1)

        run(scene(), seed)
        for name in ("payment-1", "shipping-1"):
            assert [who for who in said if who.startswith(name)] == [f"{name} 0", f"{name} 1"]
        orders.add(tuple(said))
    assert len(orders) > 3


def test_waiting_for_what_never_comes_is_an_error() -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(DeadlockError):
        run(wait())
