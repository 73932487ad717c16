"""Events that stall, and events that wait for a person: for readiness, metrics and logs."""

import asyncio
from datetime import timedelta

from quartet.engine.batch import Standing
from quartet.engine.errors import ConfigurationError, OutageError
from tests.runtime.fakes import NOON, Bench, Desk, messages, order_created, reserved

NO_ANSWER = "a handler that has not returned"


class StuckDesk(Desk):
    """Never answers."""

    async def work(self, order_id: str) -> None:
        await super().work(order_id)
        await asyncio.Event().wait()


async def test_an_event_that_takes_too_long_is_reported_with_its_partition_and_place() -> None:
    bench, now = Bench(desk=StuckDesk()), [NOON]
    engine = bench.engine(together_seconds=0.01, now=lambda: now[0])
    places = (("9", 4, 0), ("2", 8, 0), ("2", 5, 1), ("1", 6, 2))
    batches = []
    for partition, place, seconds in places:
        now[0] = NOON + timedelta(seconds=seconds)
        batches.append(await engine.process(partition, messages(reserved(f"o-{place}"), start=place)))
    now[0] = NOON + timedelta(seconds=61)

    def standing(partition: str, place: int, seconds: int) -> Standing:
        return Standing(partition, place, "InventoryReserved.v1", f"o-{place}", seconds, NO_ANSWER)

    assert engine.standing(60) == [standing("2", 5, 60), standing("2", 8, 61), standing("9", 4, 61)]
    for batch in batches:
        assert batch.task is not None
        batch.task.cancel()
        await asyncio.wait([batch.task])
    assert engine.standing(0) == []


async def test_an_event_that_waits_for_servers_names_them() -> None:
    bench = Bench()
    engine = bench.engine()
    seen: list[list[Standing]] = []
    bench.while_asleep = lambda: seen.append(engine.standing(0))
    bench.desk.failures = [OutageError("the bank is away"), ConfigurationError("the bank refuses the key")]
    bench.desk.failures += [OutageError("the bank is away")]
    await engine.process("3", messages(order_created("o-1"), reserved("o-2"), start=7))
    whys = [one.why for standing in seen for one in standing]
    assert whys[0] == "run open_parcel: OutageError: the bank is away"
    both = (
        "run count_parcel: ConfigurationError: the bank refuses the key; run open_parcel: OutageError: the bank is away"
    )
    assert whys[1] == both
    assert [(one.partition, one.sequence_number, one.seconds) for one in seen[0]] == [("3", 7, 0)]


async def test_only_an_error_that_a_person_must_fix_is_reported_as_such_in_one_line() -> None:
    bench = Bench()
    engine = bench.engine()
    seen: list[list[str]] = []
    bench.while_asleep = lambda: seen.append(engine.needs_a_person)
    bench.desk.failures = [ConfigurationError("no\nkey"), OutageError("away"), ConfigurationError("no purse")]
    events = (order_created("o-1"), order_created("o-2"), reserved("o-3"))
    await engine.process("3", messages(*events))
    open_parcel, count_parcel = (
        "run open_parcel: ConfigurationError: no key",
        "run count_parcel: ConfigurationError: no purse",
    )
    assert seen[2] == [count_parcel, open_parcel]
    assert engine.needs_a_person == []
