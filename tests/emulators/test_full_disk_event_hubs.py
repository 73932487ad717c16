"""A disk without room in Event Hubs: a send is rejected, and hubs are created as a whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.exceptions import EventHubError
from quartet_emulators.control import ControlEndpoint
from quartet_emulators.control_hubs import HubRoutes
from quartet_emulators.disk import DISK_FULL
from quartet_emulators.event_hubs.performatives import Disposition
from quartet_emulators.event_hubs.types import Described, ULong
from quartet_emulators.faults import NO_FAULTS
from quartet_emulators.parts.event_hubs import EventHubsPart
from quartet_emulators.parts.inputs import EVENT_HUBS
from quartet_emulators.parts.part import Serving

from tests.emulators.event_hubs.conftest import running
from tests.emulators.event_hubs.wire import logged_in, message
from tests.emulators.full_disk import LARGE, without_room

PARTITION = "saga-events/Partitions/0"
SOURCE = "saga-events/ConsumerGroups/order/Partitions/0"


@contextmanager
def without_room_for_partitions(database: sqlite3.Connection, after: int) -> Iterator[None]:
    """No room for event hubs of more than ``after`` partitions; the first ones do have it."""
    database.execute("CREATE TABLE weights (weight)")
    database.execute(
        "CREATE TRIGGER weigh AFTER INSERT ON partitions"
        f" WHEN new.partition_index >= {after} BEGIN INSERT INTO weights VALUES (zeroblob(200000)); END"
    )
    with without_room(database):
        yield
    database.execute("DROP TABLE weights")
    database.execute("DROP TRIGGER weigh")


async def test_event_hubs_rejects_what_has_no_room_and_continues_when_there_is_some(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path) as emulator, logged_in(emulator.port) as wire:
        await wire.attach_sender(PARTITION)
        with without_room(emulator.hubs.log.database):
            wire.send(message(LARGE.encode()))
            outcome = (await wire.hear(Disposition))[0].state
        assert outcome is not None
        assert isinstance(outcome.value, list)
        (error,) = outcome.value
        assert (outcome.descriptor, error.value[:2]) == (0x25, ["amqp:resource-limit-exceeded", DISK_FULL])
        assert "events were not stored: database or disk is full" in caplog.messages
        wire.send(message(b"fits"))
        assert (await wire.hear(Disposition))[0].state == Described(ULong(0x24), [])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(10)
        assert [event[0x75] for event in await wire.receive(1)] == [b"fits"]


async def test_hubs_are_recreated_and_created_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    async with running(tmp_path) as emulator, logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"kept")])
        await wire.attach_receiver(SOURCE)
        part = EventHubsPart(
            EVENT_HUBS, emulator, lambda: Serving({}, "", ""), data_dir=tmp_path, counters={}, faults=NO_FAULTS
        )
        control = ControlEndpoint(HubRoutes(part).all())
        await control.start()
        async with aiohttp.ClientSession(control.url) as session:
            with without_room_for_partitions(emulator.hubs.log.database, after=2):
                for path, body in (("recreate", None), ("hubs", {"Name": "attic", "PartitionCount": 3})):
                    async with session.post(f"/event-hubs/{path}", json=body) as response:
                        assert (response.status, await response.json()) == (507, {"error": DISK_FULL})
            wire.give_credit(10)  # on the connection of before, and on the partitions of before
            assert [event[0x75] for event in await wire.receive(1)] == [b"kept"]
            assert "attic" not in emulator.hubs
            assert emulator.hubs.log.database.execute("SELECT count(*) FROM events").fetchone() == (1,)
            async with session.post("/event-hubs/hubs", json={"Name": "attic", "PartitionCount": 1}) as response:
                assert response.status == 201  # which is refused where there are more partitions already
            async with session.post("/event-hubs/recreate") as response:
                assert response.status == 200
        await control.stop()
    async with running(tmp_path) as again:
        assert again.hubs["saga-events"].partitions[0].next_sequence == 0


async def test_the_sdk_of_event_hubs_does_not_repeat_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running(tmp_path) as emulator:
        client = EventHubProducerClient.from_connection_string(
            emulator.connection_string, eventhub_name="saga-events", retry_total=3, retry_backoff_factor=0.01
        )
        async with client:
            with (
                without_room(emulator.hubs.log.database),
                pytest.raises(EventHubError, match="disk is full"),
            ):
                await client.send_batch([EventData(LARGE)], partition_id="0")
            assert caplog.messages.count("events were not stored: database or disk is full") == 1
            await client.send_batch([EventData(LARGE)], partition_id="0")
