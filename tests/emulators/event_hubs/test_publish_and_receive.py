"""Events go in and come out through the unmodified SDK.

An SDK client takes a second to connect, so each test says as much as it can on one.
"""

import asyncio
import datetime as dt
import uuid
from collections import Counter

import pytest
from azure.eventhub import EventData
from azure.eventhub import EventHubConsumerClient as SyncConsumer
from azure.eventhub import EventHubProducerClient as SyncProducer
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.amqp import AmqpAnnotatedMessage, AmqpMessageHeader, AmqpMessageProperties
from azure.eventhub.exceptions import EventHubError
from quartet_emulators.event_hubs import EventHubsEmulator
from quartet_emulators.event_hubs.partition_key import partition_of

from tests.emulators.event_hubs.sdk import bodies, data, producer, publish, receive, receiving

BIG = bytes(range(256)) * 3600
"""900 KiB: many frames in both directions."""


async def test_everything_that_a_client_says_about_an_event_survives(emulator: EventHubsEmulator) -> None:
    plain = EventData(b'{"order": 7}')
    plain.properties = {"priority": 3, "gift": True, "note": "café", "weight": 1.5}
    plain.message_id, plain.correlation_id, plain.content_type = "m-7", "c-7", "application/json"
    annotated = AmqpAnnotatedMessage(
        data_body=[b"part one, ", b"part two"],
        header=AmqpMessageHeader(priority=7, durable=True),  # type: ignore[no-untyped-call] # the SDK's
        annotations={"x-opt-colour": "teal", "x-opt-sequence-number": 4711},
        properties=AmqpMessageProperties(  # type: ignore[no-untyped-call] # the SDK's
            message_id=uuid.UUID(int=9), subject="a parcel"
        ),
        footer={"x-opt-seal": "unbroken"},
        delivery_annotations={"x-opt-route": "north"},
    )
    value = AmqpAnnotatedMessage(value_body={"a": [1, 2]})
    sequence = AmqpAnnotatedMessage(sequence_body=[[1, "two"]])
    before = dt.datetime.now(dt.UTC)
    async with producer(emulator) as client:
        for event in (plain, annotated, value, sequence, EventData(BIG)):
            await client.send_event(event, partition_id="1")
    events = await receive(emulator, 5, partition_id="1")

    assert events[0].properties == {b"priority": 3, b"gift": True, b"note": "café".encode(), b"weight": 1.5}
    assert (events[0].message_id, events[0].correlation_id) == ("m-7", "c-7")
    assert (events[0].content_type, events[0].body_as_str()) == ("application/json", '{"order": 7}')
    raw = events[1].raw_amqp_message
    assert raw.annotations is not None
    assert raw.annotations[b"x-opt-colour"] == b"teal"
    assert raw.properties is not None
    assert (raw.properties.message_id, raw.properties.subject) == (uuid.UUID(int=9), b"a parcel")
    assert raw.header is not None
    assert raw.header.priority == 7
    assert data(events[1]) == b"part one, part two"
    assert raw.footer == {b"x-opt-seal": b"unbroken"}
    assert events[2].raw_amqp_message.body == {b"a": [1, 2]}
    assert list(events[3].raw_amqp_message.body) == [[1, b"two"]]
    assert data(events[4]) == BIG
    assert [event.sequence_number for event in events] == [0, 1, 2, 3, 4]
    offsets = [int(str(event.offset)) for event in events]
    assert offsets == sorted(set(offsets))
    assert offsets[4] > 100  # a place in the stream, not a number of events
    for event in events:
        assert event.enqueued_time is not None
        assert abs(event.enqueued_time - before) < dt.timedelta(minutes=1)


async def test_an_event_goes_where_its_partition_its_key_or_its_turn_says(
    emulator: EventHubsEmulator,
) -> None:
    async with producer(emulator) as client:
        for key in ("order-4711", b"order-4711"):
            batch = await client.create_batch(partition_key=key)  # type: ignore[arg-type] # bytes work, too
            batch.add(EventData(f"in a batch by {type(key).__name__}"))
            await client.send_batch(batch)
            await client.send_event(EventData("alone"), partition_key=key)  # type: ignore[arg-type] # bytes, too
        for number in range(8):
            await client.send_event(EventData(f"turn {number}"))
        batch = await client.create_batch(partition_id="2")
        for number in range(250):
            batch.add(EventData(f"crate {number}"))
        await client.send_batch(batch)
    async with receiving(emulator) as inbox:
        events = await inbox.wait_for(262)
    places = list(zip(bodies(events), inbox.partitions, strict=True))
    keyed = [place for event, place in zip(events, inbox.partitions, strict=True) if event.partition_key]
    assert keyed == [str(partition_of("order-4711", 4))] * 4
    assert {event.partition_key for event in events} == {None, b"order-4711"}
    assert Counter(place for text, place in places if text.startswith("turn")) == dict.fromkeys("0123", 2)
    assert [text for text, place in places if text.startswith("crate") and place == "2"] == [
        f"crate {number}" for number in range(250)
    ]


async def test_the_buffered_producer_agrees_about_the_partition_of_a_key(emulator: EventHubsEmulator) -> None:
    failures: list[Exception] = []

    async def on_error(_events: object, _partition: object, error: Exception) -> None:
        failures.append(error)

    async def on_success(_events: object, _partition: object) -> None:
        pass

    client = EventHubProducerClient.from_connection_string(
        emulator.connection_string,
        eventhub_name="saga-events",
        buffered_mode=True,
        on_error=on_error,
        on_success=on_success,
        max_wait_time=0.1,
    )
    async with client:
        for number in range(20):
            await client.send_event(EventData(f"{number}"), partition_key=f"customer {number}")
        await client.flush()
    async with receiving(emulator) as inbox:
        events = await inbox.wait_for(20)
    assert failures == []
    chosen = {event.body_as_str(): place for event, place in zip(events, inbox.partitions, strict=True)}
    assert chosen == {f"{number}": str(partition_of(f"customer {number}", 4)) for number in range(20)}


async def test_an_event_beyond_the_limit_is_refused_and_is_not_counted(emulator: EventHubsEmulator) -> None:
    async with producer(emulator, retry_total=0, user_agent="quartet-order") as client:
        batch = await client.create_batch()
        assert batch.max_size_in_bytes == 1024 * 1024
        with pytest.raises(ValueError, match="size limit"):
            batch.add(EventData(b"x" * 1_100_000))
        for size in (1_100_000, 3_000_000):
            with pytest.raises(EventHubError, match="exceeds the limit"):
                await client.send_event(EventData(b"x" * size))
        batch.add(EventData("a"))
        batch.add(EventData("b"))
        await client.send_batch(batch)
        await client.send_event(EventData("c"))
    assert emulator.counters == {("quartet-order", "send"): 2, ("quartet-order", "events_in"): 3}


async def test_the_synchronous_clients_work_as_well(emulator: EventHubsEmulator) -> None:
    def send_and_receive() -> list[str]:
        with SyncProducer.from_connection_string(emulator.connection_string, eventhub_name="saga-events") as sender:
            batch = sender.create_batch(partition_id="3")
            for number in range(3):
                batch.add(EventData(f"sync {number}"))
            sender.send_batch(batch)
        got: list[str] = []
        client = SyncConsumer.from_connection_string(
            emulator.connection_string, consumer_group="order", eventhub_name="saga-events"
        )

        def on_event(_context: object, event: EventData | None) -> None:
            got.extend([event.body_as_str()] if event else [])
            if len(got) == 3:
                client.close()

        with client:
            client.receive(on_event, partition_id="3", starting_position="-1")
        return got

    assert await asyncio.to_thread(send_and_receive) == ["sync 0", "sync 1", "sync 2"]


async def test_many_clients_at_the_same_time(emulator: EventHubsEmulator) -> None:
    async def shop(number: int) -> None:
        await publish(emulator, [f"shop {number}"] * 20)

    async with receiving(emulator, group="order") as orders, receiving(emulator, group="PAYMENT") as payments:
        await asyncio.gather(*(shop(number) for number in range(6)))
        heard = await orders.wait_for(120), await payments.wait_for(120)
    expected = Counter({f"shop {number}": 20 for number in range(6)})
    assert [Counter(bodies(events)) for events in heard] == [expected, expected]
