"""An unreadable message is stored with its reason, and the partition continues."""

from collections.abc import Iterator
from functools import partial

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient

from quartet.engine.records.record import Json
from quartet.events import CONTENT_TYPE, bucket_of, encode, to_json
from tests.saga.shop import Shop, order

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def publish_raw(shop: Shop, key: str, *bodies: bytes) -> None:
    client = EventHubProducerClient.from_connection_string(
        shop.environment["EVENT_HUBS_CONNECTION_STRING"], eventhub_name="saga-events"
    )
    async with client:
        batch = await client.create_batch(partition_key=key)
        for body in bodies:
            event = EventData(body)
            event.content_type = CONTENT_TYPE
            batch.add(event)
        await client.send_batch(batch)


def broken(order_id: str) -> Iterator[tuple[bytes, str, str]]:
    """Bodies that no service can read, with the reason and a part of the detail that they must get."""
    good = to_json(order(order_id, {"sieve": 1}))
    yield b"\x00\xffnot json", "not_json", "body"
    yield encode({**good, "specversion": "0.3"}), "invalid_envelope", "specversion"
    yield encode({**good, "type": "OrderEaten.v1"}), "unknown_type", "OrderEaten.v1"


async def test_an_order_with_a_wrong_field_is_a_dead_letter_of_each_service_that_hears_it(shop: Shop) -> None:
    await shop.stock(sieve=10)
    bad = to_json(order("wrong-1", {"sieve": 1}))
    assert isinstance(bad["data"], dict)
    bad["data"]["items"][0]["quantity"] = 0
    good = order("wrong-2", {"sieve": 1})
    key = bucket_of("wrong-1", 16)

    await publish_raw(shop, key, encode(bad), encode(to_json(good)))
    await shop.until("wrong-2", "COMPLETED")

    for database in ("orders", "inventory"):
        [letter] = await shop.until_letters(database, lambda letter: letter.get("saga_id") == "wrong-1")
        assert letter["reason"] == "invalid_data"
        assert "items.0.quantity" in letter["detail"]
        assert letter["attempts"] == 1
    for database in ("payments", "shipping"):
        assert await shop.rows(database, "dead-letters", "wrong-1") == []


def has_text(text: str, letter: Json) -> bool:
    return bool(letter.get("text") == text)


async def test_messages_that_are_not_events_do_not_stop_the_partition(shop: Shop) -> None:
    await shop.stock(funnel=10)
    bodies = list(broken("unread-1"))
    await publish_raw(shop, "7", *(body for body, _, _ in bodies), encode(to_json(order("unread-2", {"funnel": 1}))))
    await shop.until("unread-2", "COMPLETED")

    for database in ("orders", "inventory", "payments", "shipping"):
        for body, reason, detail in bodies:
            text = body.decode("utf-8", "backslashreplace")
            [letter] = await shop.until_letters(database, partial(has_text, text))
            assert letter["reason"] == reason
            assert detail in letter["detail"]
