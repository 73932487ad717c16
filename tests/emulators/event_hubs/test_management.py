"""What clients may ask about hubs and partitions."""

import datetime as dt

import pytest
from azure.eventhub.exceptions import ConnectError
from quartet_emulators.event_hubs import EventHubsEmulator

from tests.emulators.event_hubs.sdk import producer
from tests.emulators.event_hubs.wire import connected, logged_in, message


async def test_the_sdk_reads_the_properties_of_hubs_and_partitions(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish("saga-events/Partitions/1", [message(b"one"), message(b"two")])
    async with producer(emulator, retry_total=0) as client:
        hub = await client.get_eventhub_properties()
        full = await client.get_partition_properties("1")
        empty = await client.get_partition_properties("0")
        with pytest.raises(ConnectError, match="404"):
            await client.get_partition_properties("4")
    assert (hub["eventhub_name"], hub["partition_ids"]) == ("saga-events", ["0", "1", "2", "3"])
    now = dt.datetime.now(dt.UTC)
    assert abs(hub["created_at"] - now) < dt.timedelta(minutes=1)
    assert (full["beginning_sequence_number"], full["last_enqueued_sequence_number"]) == (0, 1)
    assert not full["is_empty"]
    assert int(full["last_enqueued_offset"]) > 1
    assert abs(full["last_enqueued_time_utc"] - now) < dt.timedelta(minutes=1)
    assert empty["is_empty"]
    assert (empty["last_enqueued_sequence_number"], empty["last_enqueued_offset"]) == (-1, "-1")


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ({"operation": "READ", "type": "com.microsoft:eventhub", "name": "saga-events"}, 200),
        ({"operation": "READ", "type": "com.microsoft:eventhub", "name": "attic"}, 404),
        ({"operation": "READ", "type": "com.microsoft:eventhub"}, 400),
        ({"operation": "READ", "type": "com.microsoft:partition", "name": "saga-events"}, 400),
        ({"operation": "DELETE", "type": "com.microsoft:eventhub", "name": "saga-events"}, 501),
        ({"operation": "READ", "type": "com.microsoft:moon", "name": "saga-events"}, 501),
        ({}, 501),
    ],
)
async def test_every_request_is_answered(
    emulator: EventHubsEmulator, properties: dict[object, object], status: int
) -> None:
    async with logged_in(emulator.port) as wire:
        assert await wire.ask("$management", properties) == status


async def test_a_stranger_learns_nothing(emulator: EventHubsEmulator) -> None:
    properties: dict[object, object] = {
        "operation": "READ",
        "type": "com.microsoft:eventhub",
        "name": "saga-events",
    }
    async with connected(emulator.port) as wire:
        await wire.shake_hands(key=None)
        assert await wire.ask("$management", properties) == 401
        assert await wire.ask("$management", {**properties, "security_token": "SharedAccessSignature x"}) == 401
