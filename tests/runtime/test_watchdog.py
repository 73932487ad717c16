"""The watchdog restarts a stalled receiver, and no other."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.exceptions import ConnectError

from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.engine.errors import OutageError
from quartet.engine.failures.stall_detector import StallDetector
from quartet.process.watchdog import Watchdog
from tests.runtime.fakes import QUIET


class FakeHub:
    """What the hub says of itself."""

    def __init__(self) -> None:
        self.made_at = "Monday"
        self.ends = {"0": -1, "1": -1}
        self.is_away = False

    async def get_eventhub_properties(self) -> dict[str, Any]:
        return {"created_at": self.made_at}

    async def get_partition_properties(self, partition: str) -> dict[str, Any]:
        if self.is_away:
            raise ConnectError("the hub is away")
        return {"last_enqueued_sequence_number": self.ends[partition]}


class FakeConsumer:
    def __init__(self) -> None:
        self.progress = StallDetector(limit=60)
        self.busy: set[str] = set()
        self.restarts = 0

    async def restart(self, meanwhile: Callable[[], Awaitable[object]]) -> None:
        await meanwhile()
        self.restarts += 1
        self.progress.forget()


class FakeCheckpoints:
    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        self.resets = 0
        self.all_of_them = False
        self.is_away = False

    async def checkpoints(self) -> list[dict[str, Any]]:
        return [{"partition_id": name, "sequence_number": number} for name, number in self.positions.items()]

    async def reset(self, *, all_of_them: bool = False) -> bool:
        if self.is_away:
            raise OutageError("the checkpoints are away")
        self.resets += 1
        self.all_of_them = all_of_them
        return False


class Bench:
    def __init__(self) -> None:
        self.hub, self.consumer, self.checkpoints = FakeHub(), FakeConsumer(), FakeCheckpoints()
        self.now = 0.0
        self.watchdog = Watchdog(
            self.consumer,
            cast(EventHubProducerClient, self.hub),
            cast(StaleCheckpoints, self.checkpoints),
            owned={"0"},
            restart_after=60,
            log=QUIET,
            clock=lambda: self.now,
        )

    async def look(self, *seconds: float) -> int:
        """Look at these times; how often the receiver has been replaced so far."""
        for self.now in seconds:
            await self.watchdog.look()
        return self.consumer.restarts


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_receiver_that_has_everything_is_left_alone(bench: Bench) -> None:
    bench.hub.ends["0"] = 7
    bench.consumer.progress.received("0", 7)
    assert await bench.look(0, 100, 200) == 0


async def test_a_receiver_that_gets_nothing_is_replaced(bench: Bench) -> None:
    bench.hub.ends["0"] = 7
    bench.consumer.progress.received("0", 5)
    assert await bench.look(0, 59) == 0
    assert await bench.look(60) == 1
    assert bench.checkpoints.resets == 1


async def test_a_replaced_receiver_gets_its_time_before_it_is_replaced_again(bench: Bench) -> None:
    bench.hub.ends["0"] = 7
    assert await bench.look(0, 60) == 1
    assert await bench.look(75, 134) == 1
    assert await bench.look(135) == 2


async def test_without_anything_received_the_checkpoint_is_where_it_stands(bench: Bench) -> None:
    bench.hub.ends["0"] = 7
    bench.checkpoints.positions["0"] = 7
    assert await bench.look(0, 60) == 0
    bench.checkpoints.positions["0"] = 6
    assert await bench.look(100, 160) == 1


async def test_partitions_of_others_do_not_matter(bench: Bench) -> None:
    bench.hub.ends["1"] = 7
    assert await bench.look(0, 60) == 0


async def test_a_batch_that_takes_long_is_not_a_reason_to_restart(bench: Bench) -> None:
    bench.hub.ends["0"] = 7
    bench.consumer.busy = {"0"}
    assert await bench.look(0, 60, 600) == 0


async def test_an_event_that_arrives_between_two_looks_does_not_make_a_new_hub(bench: Bench) -> None:
    bench.hub.ends["0"] = 7
    bench.consumer.progress.received("0", 7)
    ends = bench.hub.get_partition_properties

    async def while_something_comes_in(partition: str) -> dict[str, Any]:
        end = await ends(partition)
        bench.consumer.progress.received("0", 9)
        return end

    bench.hub.get_partition_properties = while_something_comes_in  # type: ignore[method-assign]  # only here
    assert await bench.look(0) == 0


async def test_another_hub_is_noticed_immediately_however_full_it_is(bench: Bench) -> None:
    bench.hub.ends["0"] = 7
    bench.consumer.progress.received("0", 7)
    assert await bench.look(0) == 0
    bench.hub.made_at = "Tuesday"
    assert await bench.look(15) == 1
    assert await bench.look(30) == 1
    assert bench.checkpoints.all_of_them


async def test_checkpoints_that_could_not_be_put_back_are_put_back_at_the_next_look(bench: Bench) -> None:
    assert await bench.look(0) == 0
    bench.hub.made_at, bench.checkpoints.is_away = "Tuesday", True
    with pytest.raises(OutageError):
        await bench.look(15)
    bench.checkpoints.is_away = False
    assert await bench.look(30) == 1


async def test_a_hub_that_does_not_answer_is_not_a_reason_to_restart(bench: Bench) -> None:
    bench.hub.is_away = True
    with pytest.raises(OutageError):
        await bench.look(0)
    assert bench.consumer.restarts == 0


async def test_it_counts_the_events_that_have_not_come_in(bench: Bench) -> None:
    assert bench.watchdog.behind is None
    bench.hub.ends["0"] = 7
    bench.consumer.progress.received("0", 5)
    await bench.look(0)
    assert bench.watchdog.behind == 2
    assert bench.watchdog.lags["0"] == 2
    assert sum(bench.watchdog.lags.values()) == 2


async def test_of_a_hub_that_does_not_answer_no_count_is_known(bench: Bench) -> None:
    await bench.look(0)
    assert bench.watchdog.behind == 0
    bench.hub.is_away = True
    with pytest.raises(OutageError):
        await bench.look(15)
    assert bench.watchdog.behind is None
    assert bench.watchdog.lags == {}
