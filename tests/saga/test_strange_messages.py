"""Messages of every AMQP kind between orders: the orders complete, the messages are kept, the tools work."""

import asyncio
import base64
import json
import math
from collections.abc import Collection
from urllib.parse import urlsplit

import pytest
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.types import Char, Decimal, Symbol

from quartet.azure.settings import Settings
from quartet.cli.timeline.timeline import Said, read_timeline
from quartet.engine.records.record import Json
from quartet.events import CONTENT_TYPE, to_json
from tests.emulators.event_hubs.wire import logged_in
from tests.runtime.amqp import data, message, sequence, value
from tests.saga.shop import LIMIT, Shop, order

pytestmark = pytest.mark.asyncio(loop_scope="session")

DATABASES = ("orders", "inventory", "payments", "shipping")
STRUCTURED = encode(Symbol(CONTENT_TYPE))


def settings_of(shop: Shop) -> Settings:
    return Settings.model_validate({name.lower(): text for name, text in shop.environment.items() if text})


async def send(shop: Shop, partition: str, *messages: bytes) -> None:
    """Send to a partition what no SDK would encode."""
    endpoint = shop.environment["EVENT_HUBS_CONNECTION_STRING"].partition("Endpoint=")[2].partition(";")[0]
    port = urlsplit(endpoint).port
    assert port is not None
    async with logged_in(port) as wire:
        await wire.publish(f"saga-events/Partitions/{partition}", messages)


async def letters(shop: Shop, database: str) -> dict[int, Json]:
    """The dead letters from partition 3, by sequence number."""
    rows = shop.container(database, "dead-letters").read_all_items()
    return {row["sequence_number"]: row async for row in rows if row["partition"] == "3"}


async def until_new(shop: Shop, database: str, before: Collection[int], count: int) -> dict[int, Json]:
    """The dead letters that are not among these numbers, as soon as there are this many.

    The orders complete without them: a service hears of an order from other partitions too.
    """
    async with asyncio.timeout(LIMIT):
        while True:
            found = {number: one for number, one in (await letters(shop, database)).items() if number not in before}
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)  # a pause between two looks at a condition


async def until_ended(order_id: str, settings: Settings) -> list[Said]:
    """The timeline of an order, as soon as the hub has its end: a state is stored before its events are said."""
    async with asyncio.timeout(LIMIT):
        while True:
            story = await read_timeline(order_id, settings)
            if any(said.type == "OrderCompleted.v1" for said in story):
                return story
            await asyncio.sleep(0.05)  # a pause between two looks at a condition


def of_an_order(order_id: str, product: str) -> bytes:
    body = json.dumps(to_json(order(order_id, {product: 1}))).encode()
    return message(*data(body), content_type=STRUCTURED)


async def test_messages_of_every_amqp_kind_do_not_stop_the_partition(shop: Shop) -> None:
    await shop.stock(colander=10)
    event = to_json(order("strange-0", {"colander": 1}))
    strange = [
        message(*data(b"")),
        message(value(None)),
        message(value(4711)),
        message(value({"strange": [1, {"map": True}]})),
        message(value(event), content_type=STRUCTURED),
        message(*sequence(["strange", "sequence"])),
        message(value(Char("\N{SPOUTING WHALE}"))),
        message(value({"strange": Decimal(bytes(4))})),
        message(*data(b"strange 1"), properties=encode({"nan": math.nan, "big": 2**63 - 1, "d": Decimal(bytes(8))})),
        message(*data(b"strange 2"), properties=encode({b"\xff": b"\xff", 7: [1], Char("c"): None})),
        message(*data(b"strange 3"), content_type=b"\xa3\x02\xff\xfe"),
    ]
    before = {database: await letters(shop, database) for database in DATABASES}
    await send(shop, "3", of_an_order("strange-1", "colander"), *strange, of_an_order("strange-2", "colander"))
    await shop.until("strange-1", "COMPLETED")
    await shop.until("strange-2", "COMPLETED")

    for database in DATABASES:
        ours = await until_new(shop, database, before[database], len(strange))
        numbers = sorted(ours)
        assert numbers == list(range(numbers[0], numbers[0] + len(strange)))
        found = [ours[number] for number in numbers]
        assert {one["reason"] for one in found} == {"not_cloudevents", "not_json"}
        assert found[3]["text"] == '{"strange": [1, {"map": true}]}'
        assert found[5]["text"] == '[["strange", "sequence"]]'
        assert found[6]["text"] == "\N{SPOUTING WHALE}"
        assert found[7]["text"] == '{"strange": "(AMQP that cannot be decoded: 7400000000)"}'
        assert found[8]["properties"].items() >= {"nan": "nan", "big": str(2**63 - 1)}.items()
        assert found[9]["properties"] == {"\\xff": "\\xff", "7": "[1]", "c": None}
        assert found[10]["content_type"] == "\\xff\\xfe"
    said = await read_timeline("strange-2", settings_of(shop))
    assert [one.type for one in said][-1] == "OrderCompleted.v1"


async def test_orders_of_other_sdks_complete(shop: Shop) -> None:
    await shop.stock(skimmer=10)
    kafka = {name: value for name, value in to_json(order("kafka-1", {"skimmer": 1})).items() if name != "data"}
    body = json.dumps(to_json(order("kafka-1", {"skimmer": 1}))["data"]).encode()
    headers = {f"ce_{name}": str(value).encode() for name, value in kafka.items() if name != "datacontenttype"}
    event = to_json(order("base64-1", {"skimmer": 1}))
    encoded = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()
    await send(
        shop,
        "2",
        message(*data(body), properties=encode(headers | {"content-type": b"application/json"})),
        message(*data(b"\xef\xbb\xbf" + json.dumps(event | {"data_base64": encoded}).encode())),
        message(value(json.dumps(to_json(order("jms-1", {"skimmer": 1}))))),
    )
    for order_id in ("kafka-1", "base64-1", "jms-1"):
        await shop.until(order_id, "COMPLETED")


async def test_two_shops_with_the_same_event_numbers_are_two_sagas(shop: Shop) -> None:
    """No two events of the two orders have the same source and id."""
    await shop.stock(spatula=10)
    orders = [
        to_json(order(f"{shop_name}-1", {"spatula": 1})) | {"id": "1", "source": f"/{shop_name}"}
        for shop_name in ("web", "app")
    ]
    await send(shop, "1", *(message(*data(json.dumps(one).encode())) for one in orders))
    settings = settings_of(shop)
    said = []
    for name in ("web-1", "app-1"):
        said += await until_ended(name, settings)
    first = {(one.source, one.event_id) for one in said if one.repeats is None}
    assert len(first) == len([one for one in said if one.repeats is None]) >= 10
