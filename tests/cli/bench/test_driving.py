"""When sagas begin: by the clock, or because another one has ended."""

import asyncio

from quartet.cli.bench.driving import Limits, at_rate, keep_in_flight

NOON = 1_800_000_000.0


class MovedClock:
    """Time passes when a test, or a wait, says so."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> float:
        return self.time

    async def until(self, moment: float) -> None:
        self.time = max(self.time, moment)
        await asyncio.sleep(0)  # what was begun gets its turn


async def test_at_a_rate_each_saga_is_due_by_the_clock_however_slow_the_one_before_is() -> None:
    clock, all_begun, due_times = MovedClock(), asyncio.Event(), []

    async def begin(due: float | None) -> None:
        due_times.append(due)
        clock.time += 0.7  # longer than the pause between two sagas
        if len(due_times) == 10:
            all_begun.set()
        await all_begun.wait()  # the system accepts none before all have begun

    await at_rate(5, Limits(seconds=2, sagas=1000), begin, clock)
    assert due_times == [NOON + number / 5 for number in range(10)]


async def test_at_a_rate_the_number_of_sagas_is_a_limit_too() -> None:
    begun: list[float | None] = []

    async def begin(due: float | None) -> None:
        begun.append(due)

    await at_rate(100, Limits(seconds=60, sagas=7), begin, MovedClock())
    assert len(begun) == 7


async def test_in_flight_a_saga_begins_whenever_another_one_has_ended() -> None:
    slots, running, most, total = asyncio.Semaphore(3), 0, 0, 0

    async def begin(due: float | None) -> None:
        nonlocal running, most, total
        assert due is None
        running, total = running + 1, total + 1
        most = max(most, running)
        asyncio.get_running_loop().call_soon(end)

    def end() -> None:
        nonlocal running
        running -= 1
        slots.release()

    await keep_in_flight(slots, Limits(seconds=60, sagas=20), begin, MovedClock())
    assert (most, total) == (3, 20)


async def test_in_flight_none_begins_after_the_time_is_over() -> None:
    clock, begun = MovedClock(), 0

    async def begin(_due: float | None) -> None:
        nonlocal begun
        begun += 1

    slots = asyncio.Semaphore(0)

    def free_one_a_second() -> None:
        clock.time += 1
        slots.release()
        if clock.time < NOON + 60:
            asyncio.get_running_loop().call_soon(free_one_a_second)

    asyncio.get_running_loop().call_soon(free_one_a_second)
    await keep_in_flight(slots, Limits(seconds=9.5, sagas=1000), begin, clock)
    assert begun == 9
