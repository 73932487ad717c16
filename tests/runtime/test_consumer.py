"""A consumer that is restarted continues with a new client, and nothing of the old one counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pytest
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

from quartet.azure.event_hubs.checkpoints import Checkpoints
from quartet.azure.event_hubs.consumer import Consumer
from quartet.engine.batch import Batch
from quartet.engine.failures.stall_detector import StallDetector
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import Message
from quartet.engine.received import ReceivedBatch
from tests.runtime.fakes import NOON, QUIET


@dataclass
class Delivered:
    """An event, as far as the consumer looks at it."""

    sequence_number: int
    body: bytes = b"{}"
    content_type: str | None = None
    properties: None = None
    offset: str = "0"


class FakeContext:
    """Partition 0, and the checkpoints that were written for it."""

    partition_id = "0"

    def __init__(self, written: list[int]) -> None:
        self._written = written

    async def update_checkpoint(self, event: Delivered) -> None:
        self._written.append(event.sequence_number)


class FakeClient:
    """Delivers what the test tells it to, until it is closed."""

    def __init__(self, written: list[int], *, fails: bool = False) -> None:
        self.context = cast(PartitionContext, FakeContext(written))
        self.on: dict[str, Any] = {}
        self.is_receiving = asyncio.Event()
        self.is_closed = asyncio.Event()
        self._fails = fails

    async def receive_batch(self, **callbacks: Any) -> None:  # noqa: ANN401 -- the SDK's
        if self._fails:
            raise RuntimeError("a bug in the SDK")
        self.on = callbacks
        await callbacks["on_partition_initialize"](self.context)
        self.is_receiving.set()
        await self.is_closed.wait()

    async def deliver(self, *numbers: int) -> None:
        await self.on["on_event_batch"](self.context, [Delivered(number) for number in numbers])

    async def close(self) -> None:
        self.is_closed.set()


class Bench:
    def __init__(self, *, fails: bool = False, starts: datetime | None = None) -> None:
        self.written: list[int] = []
        self.processed: list[int] = []
        self.may_finish = asyncio.Event()
        self.may_finish.set()
        self.goes_slow = False
        self.slow_may_finish = asyncio.Event()
        self.first, self.second = FakeClient(self.written, fails=fails), FakeClient(self.written)
        self.checkpoints = Checkpoints(1, QUIET)
        self.consumer = Consumer(
            cast(EventHubConsumerClient, self.first),
            connect=lambda: cast(EventHubConsumerClient, self.second),
            process=self._process,
            prepare=self._prepare,
            checkpoints=self.checkpoints,
            owned=set(),
            progress=StallDetector(60),
            log=QUIET,
            starts=starts,
        )

    async def _process(self, partition: str, messages: Sequence[Message]) -> Batch:
        await self.may_finish.wait()
        self.processed += [message.sequence_number for message in messages]
        batch = Batch(partition, messages, ReceivedBatch(), NOON)
        if self.goes_slow:
            batch.task = asyncio.create_task(self._finish_slow(batch))
        else:
            batch.close()
        return batch

    async def _finish_slow(self, batch: Batch) -> None:
        await self.slow_may_finish.wait()
        batch.close()

    async def _prepare(self, _partition: str) -> None:
        pass


async def test_finished_events_are_checkpointed_before_the_new_client_receives() -> None:
    bench = Bench()
    running = asyncio.create_task(bench.consumer.run())
    await bench.first.is_receiving.wait()
    await bench.first.deliver(1, 2)
    meanwhile: list[list[int]] = []

    async def look() -> None:
        meanwhile.append(list(bench.written))
        assert not bench.second.is_receiving.is_set()

    await bench.consumer.restart(look)
    await bench.second.is_receiving.wait()
    assert meanwhile == [[2]]
    assert bench.first.is_closed.is_set()
    await bench.second.deliver(3)
    await bench.checkpoints.flush()
    assert (bench.processed, bench.written) == ([1, 2, 3], [2, 3])
    running.cancel()


async def test_a_batch_that_outlives_the_restart_is_finished_and_not_checkpointed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quartet.azure.event_hubs.consumer._RESTART_SECONDS", 0)
    bench = Bench()
    running = asyncio.create_task(bench.consumer.run())
    await bench.first.is_receiving.wait()
    bench.may_finish.clear()
    slow = asyncio.create_task(bench.first.deliver(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert bench.consumer.busy == {"0"}

    await bench.consumer.restart(_nothing)
    await bench.second.is_receiving.wait()
    bench.may_finish.set()
    await slow
    await bench.checkpoints.flush()
    assert (bench.processed, bench.written) == ([1], [])
    running.cancel()


async def test_it_receives_even_if_the_work_before_the_restart_fails() -> None:
    bench = Bench()
    running = asyncio.create_task(bench.consumer.run())
    await bench.first.is_receiving.wait()

    async def fail() -> None:
        raise OSError("the store is away")

    with pytest.raises(OSError, match="away"):
        await bench.consumer.restart(fail)
    await bench.second.is_receiving.wait()
    running.cancel()


async def test_a_bug_in_receiving_is_not_swallowed() -> None:
    with pytest.raises(RuntimeError, match="a bug in the SDK"):
        await Bench(fails=True).consumer.run()


async def test_a_batch_that_turns_slow_during_the_stop_is_finished_and_checkpointed() -> None:
    bench = Bench()
    running = asyncio.create_task(bench.consumer.run())
    await bench.first.is_receiving.wait()
    bench.may_finish.clear()
    bench.goes_slow = True
    delivered = asyncio.create_task(bench.first.deliver(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert bench.consumer.busy == {"0"}

    stopping = asyncio.create_task(bench.consumer.stop(stretched(60)))
    await asyncio.sleep(0)
    bench.may_finish.set()
    await delivered
    assert not stopping.done()
    bench.slow_may_finish.set()
    await stopping
    assert bench.written == [1]
    await running


async def _nothing() -> None:
    pass


@pytest.mark.parametrize(("starts", "position"), [(None, "-1"), (NOON, NOON)])
async def test_without_a_checkpoint_it_begins_where_the_participant_starts(
    starts: datetime | None, position: object
) -> None:
    bench = Bench(starts=starts)
    running = asyncio.create_task(bench.consumer.run())
    await bench.first.is_receiving.wait()
    assert bench.first.on["starting_position"] == position
    # The SDK would be inclusive after a checkpoint, too, and deliver each partition's last event once more.
    assert not bench.first.on.get("starting_position_inclusive", False)
    await bench.consumer.stop(0)
    await running
