"""Who may read a partition: epochs (owner levels), the limit without them, groups, and sharing the work."""

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import PartitionContext
from azure.eventhub.aio._eventprocessor.in_memory_checkpoint_store import InMemoryCheckpointStore
from azure.eventhub.exceptions import EventHubError
from quartet_emulators.event_hubs import EventHubsEmulator
from quartet_emulators.event_hubs.performatives import Attach, Detach

from tests.emulators.event_hubs.sdk import LIMIT, bodies, consumer, receiving
from tests.emulators.event_hubs.wire import Wire, condition, logged_in, message

SOURCE = "saga-events/ConsumerGroups/order/Partitions/0"


async def refusal(wire: Wire, attach: Attach) -> str:
    """The reason why a link was refused."""
    assert (attach.source, attach.target) == (None, None)
    detach, _ = await wire.hear(Detach)
    assert detach.closed
    return condition(detach.error)


@pytest.mark.parametrize("epoch", [3, 4])
async def test_an_equal_or_higher_epoch_takes_the_partition(emulator: EventHubsEmulator, epoch: int) -> None:
    async with logged_in(emulator.port) as old, logged_in(emulator.port) as new:
        await old.attach_receiver(SOURCE, epoch=3)
        attach = await new.attach_receiver(SOURCE, epoch=epoch)
        detach, _ = await old.hear(Detach)
        assert condition(detach.error) == "amqp:link:stolen"
        assert attach.source is not None


@pytest.mark.parametrize("epoch", [2, None])
async def test_a_lower_epoch_or_none_is_refused(emulator: EventHubsEmulator, epoch: int | None) -> None:
    async with logged_in(emulator.port) as owner, logged_in(emulator.port) as late:
        await owner.attach_receiver(SOURCE, epoch=3)
        attach = await late.attach_receiver(SOURCE, epoch=epoch)
        assert await refusal(late, attach) == "amqp:link:stolen"


async def test_an_owner_that_has_gone_is_forgotten(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as owner, logged_in(emulator.port) as late:
        await owner.attach_receiver(SOURCE, epoch=3)
        owner.say(Detach(handle=1, closed=True))
        await owner.hear(Detach)
        assert (await late.attach_receiver(SOURCE)).source is not None


async def test_an_epoch_displaces_receivers_without_one(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as old, logged_in(emulator.port) as new:
        await old.attach_receiver(SOURCE)
        await new.attach_receiver(SOURCE, epoch=0)
        assert condition((await old.hear(Detach))[0].error) == "amqp:link:stolen"


async def test_five_receivers_may_share_a_partition_and_a_sixth_may_not(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        for handle in range(5):
            assert (await wire.attach_receiver(SOURCE, handle)).source is not None
        attach = await wire.attach_receiver(SOURCE, 5)
        assert await refusal(wire, attach) == "amqp:resource-limit-exceeded"
        assert (await wire.attach_receiver(SOURCE.replace("order", "payment"), 6)).source is not None


@pytest.mark.parametrize(
    "address",
    [
        "saga-events/ConsumerGroups/nobody/Partitions/0",
        "saga-events/ConsumerGroups/order/Partitions/4",
        "saga-events/ConsumerGroups/order/Partitions/-1",
        "attic/ConsumerGroups/order/Partitions/0",
        "saga-events",
    ],
)
async def test_a_hub_or_group_that_does_not_exist_cannot_be_read(emulator: EventHubsEmulator, address: str) -> None:
    async with logged_in(emulator.port) as wire:
        assert await refusal(wire, await wire.attach_receiver(address)) == "amqp:not-found"


async def test_names_ignore_case(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        attach = await wire.attach_receiver("amqps://host:1/SAGA-events/consumergroups/ORDER/partitions/0")
        assert attach.source is not None


async def test_runtime_metrics_come_only_if_asked_for(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire, logged_in(emulator.port) as curious:
        await wire.publish("saga-events/Partitions/0", [message(b"a"), message(b"b")])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(1)
        (plain,) = await wire.receive(1)
        await curious.attach_receiver(SOURCE, capability="com.microsoft:enable-receiver-runtime-metric")
        curious.give_credit(1)
        (told,) = await curious.receive(1)
    assert 0x71 not in plain
    metrics = told.pop(0x71)
    assert isinstance(metrics, dict)
    assert metrics["last_enqueued_sequence_number"] == 1
    assert told == plain


async def test_the_sdk_hears_that_its_partition_was_stolen(emulator: EventHubsEmulator) -> None:
    stolen: asyncio.Queue[Exception] = asyncio.Queue()
    ready = asyncio.Event()

    async def on_batch(_context: PartitionContext, _events: list[EventData]) -> None:
        ready.set()

    async def on_error(_context: PartitionContext | None, error: Exception) -> None:
        stolen.put_nowait(error)

    async with consumer(emulator, group="order") as client, logged_in(emulator.port) as thief:
        await thief.publish("saga-events/Partitions/0", [message(b"loot")])
        task = asyncio.create_task(
            client.receive_batch(on_batch, on_error=on_error, partition_id="0", owner_level=1, starting_position="-1")
        )
        await asyncio.wait_for(ready.wait(), LIMIT)
        await thief.attach_receiver(SOURCE, epoch=2)
        error = await asyncio.wait_for(stolen.get(), LIMIT)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert isinstance(error, EventHubError)
    assert "New receiver with higher epoch of '2'" in str(error)


async def test_two_consumers_share_the_partitions_and_hand_them_over(emulator: EventHubsEmulator) -> None:
    """With a checkpoint store, as in production: each event is heard, and the work is shared."""
    store = InMemoryCheckpointStore()  # type: ignore[no-untyped-call] # the SDK's
    owned: dict[str, set[str]] = {"first": set(), "second": set()}
    shared, heard = asyncio.Event(), asyncio.Queue[str]()

    def joins(name: str) -> Callable[[PartitionContext], Awaitable[None]]:
        async def on_initialize(context: PartitionContext) -> None:
            owned[name].add(context.partition_id)
            owned["first" if name == "second" else "second"].discard(context.partition_id)
            if len(owned["first"]) == len(owned["second"]) == 2:
                shared.set()

        return on_initialize

    async def on_batch(context: PartitionContext, events: list[EventData]) -> None:
        for text in bodies(events):
            heard.put_nowait(text)
        await context.update_checkpoint(events[-1])

    options: dict[str, Any] = {
        "checkpoint_store": store,
        "load_balancing_interval": 0.3,
        "load_balancing_strategy": "greedy",
    }
    async with (
        consumer(emulator, group="order", **options) as first,
        consumer(emulator, group="order", **options) as second,
    ):
        tasks = [
            asyncio.create_task(
                client.receive_batch(on_batch, on_partition_initialize=joins(name), starting_position="-1")
            )
            for client, name in ((first, "first"), (second, "second"))
        ]
        await asyncio.wait_for(shared.wait(), LIMIT)
        async with logged_in(emulator.port) as wire:
            for partition in range(4):
                await wire.publish(f"saga-events/Partitions/{partition}", [message(b"to %d" % partition)])
        texts = {await asyncio.wait_for(heard.get(), LIMIT) for _ in range(4)}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert texts == {"to 0", "to 1", "to 2", "to 3"}


async def test_a_consumer_that_was_cut_off_continues_where_it_was(emulator: EventHubsEmulator) -> None:
    async with receiving(emulator, group="order", partition_id="0") as inbox:
        async with logged_in(emulator.port) as wire:
            await wire.publish("saga-events/Partitions/0", [message(b"before")])
        await inbox.wait_for(1)
        emulator.drop_connections()
        async with logged_in(emulator.port) as wire:
            await wire.publish("saga-events/Partitions/0", [message(b"after")])
        async with asyncio.timeout(LIMIT):
            while "after" not in bodies(inbox.events):
                await inbox.wait_for(len(inbox.events) + 1)
    assert bodies(inbox.events)[0] == "before"
    with warnings.catch_warnings():  # the SDK leaves the socket of a lost connection to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
