"""A client with a front end's rights says what is not for it to say: nothing changes, and it is seen."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quartet.engine.declaration.hubs import LAYOUTS, WRONG_AUTHOR, WRONG_HUB, Layout
from quartet.engine.records.record import Json
from quartet.events import OUTSIDE, EventData, new_event, service_source, to_json
from services.shop import SHOP
from shared.events.samples import SAMPLES
from tests.faults.operator import quartet
from tests.saga.shop import LIMIT, MAIN_CONTAINERS, Shop, order, running_shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HEARD_OF_COMPLETED = ("PLACED", "RESERVED", "PAID", "SHIPPED")
LEDGERS = {"payments": "gateway-ledger", "shipping": "carrier-ledger"}


def forged(layout: Layout, order_id: str) -> list[Json]:
    """A complete and valid event of every type that only services say, about an order.

    On one hub, no service can tell a forged source from a true one: a client that may send there may say everything.
    """
    return [
        to_json(
            new_event(
                sample.in_saga(order_id),
                source="/front-end" if layout == "one" else service_source(sample.said_by[0]),
                time=NOON,
                id=f"forged-{sample.type}-{order_id}",
            )
        )
        for sample in only_of_services()
    ]


def only_of_services() -> Sequence[EventData]:
    return [sample for sample in SAMPLES if OUTSIDE not in sample.said_by]


async def stored(shop: Shop, order_id: str) -> dict[tuple[str, str], list[Json]]:
    """All that the services and the outside world have noted about an order, but dead letters."""
    places = [*MAIN_CONTAINERS.items(), *LEDGERS.items()]
    found: dict[tuple[str, str], list[Json]] = {}
    for database, container in places:
        rows = [row async for row in shop.container(database, container).read_all_items()]
        about = [row for row in rows if order_id in str(row["id"])]
        if about:
            found[database, container] = about
    return found


async def until_settled(shop: Shop, order_id: str) -> None:
    """Wait until every service has heard all of a completed order: with several hubs it may complete before that."""
    await shop.until_stored("orders", order_id, lambda order: len(order.get("facts", ())) == len(HEARD_OF_COMPLETED))
    await shop.until_stored("inventory", order_id, lambda reservation: reservation["status"] == "SHIPPED")


async def reasons_of(shop: Shop, order_id: str, database: str, expected: Collection[str]) -> set[str]:
    """Why a service has kept dead letters about an order, once it has one of each of these types."""
    async with asyncio.timeout(LIMIT):
        while True:
            rows = await shop.rows(database, "dead-letters", order_id)
            if {row["event_type"] for row in rows} == expected:
                return {row["reason"] for row in rows}
            await asyncio.sleep(0.05)  # a pause between two looks at a condition


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_forged_events_of_every_type_change_nothing_and_are_seen(layout: Layout, tmp_path: Path) -> None:
    hubs = SHOP.hubs(layout)
    readers = [one for one in SHOP if hubs.of_outside in hubs.read_by(one)]
    async with running_shop(tmp_path, layout, replicas=1) as shop:
        await shop.stock(relic=5)
        await shop.publish(order("true-1", {"relic": 1}))
        await until_settled(shop, "true-1")
        before = await stored(shop, "true-1")
        for order_id in ("true-1", "forged-1"):
            for event in forged(layout, order_id):
                await shop.publish_for(order_id, event)
        await shop.publish(order("true-2", {"relic": 1}))
        await until_settled(shop, "true-2")
        expected = {sample.type for sample in only_of_services()}
        for participant in readers:
            for order_id in ("true-1", "forged-1"):
                reasons = await reasons_of(shop, order_id, participant.database, expected)
                assert reasons == {WRONG_AUTHOR if layout == "one" else WRONG_HUB}
        assert await stored(shop, "forged-1") == {}
        assert await stored(shop, "true-1") == before
        assert await shop.shelf("relic") == (3, 0, 2)
        status, findings = await quartet(shop, "audit")
        assert status == 0, findings
        _, story = await quartet(shop, "timeline", "true-1")
        assert {row["type"] for row in story if not row["readable"]} == expected


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout != "one"])
async def test_the_tools_work_with_several_hubs(layout: Layout, tmp_path: Path) -> None:
    async with running_shop(tmp_path, layout, replicas=1) as shop:
        await shop.stock(icon=5)
        sample = tmp_path / "orders.jsonl"
        sample.write_text("".join(f"{order(f'bought-{n}', {'icon': 1}).data.model_dump_json()}\n" for n in range(3)))
        status, _ = await quartet(shop, "publish", str(sample), "--wait")
        assert status == 0
        await shop.until("bought-2", "COMPLETED")

        forgery, *_ = forged(layout, "bought-0")
        await shop.publish_for("bought-0", forgery)
        await reasons_of(shop, "bought-0", "orders", {forgery["type"]})
        status, [letter] = await quartet(shop, "dead-letters", "list", "--service", "order")
        assert (status, letter["reason"]) == (0, WRONG_HUB)
        # Every service that receives it has kept it, under the same id.
        status, reports = await quartet(shop, "dead-letters", "redrive", letter["id"])
        assert (status, {report["became"] for report in reports}) == (1, {"still unreadable"})
        status, reports = await quartet(shop, "dead-letters", "discard", letter["id"])
        assert (status, {report["became"] for report in reports}) == (0, {"discarded"})

        status, found = await quartet(shop, "doctor")
        assert [check for check in found["checks"] if check["status"] != "ok"] == []
        assert status == 0
