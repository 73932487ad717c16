"""A stalled service is reported while it is stalled, and not when it continues."""

import asyncio
from typing import Any

import pytest

from tests.faults.operator import quartet
from tests.saga.shop import LIMIT, Shop, order

pytestmark = pytest.mark.asyncio(loop_scope="session")
GATEWAYS = ("payment", "payment-2")


async def until_stuck(shop: Shop, *, service: str, is_stuck: bool, standing: str = "1") -> dict[str, Any]:
    """What `status --stuck` tells, as soon as it tells of a service, or no more."""
    async with asyncio.timeout(LIMIT):
        while True:
            _, found = await quartet(shop, "status", "--stuck", "--standing", standing)
            if is_stuck is any(one["service"] == service for one in found["partitions"]):
                known: dict[str, Any] = found
                return known


async def test_a_frozen_service_is_named_with_its_event_and_the_orders_behind_it(shop: Shop) -> None:
    await shop.stock(sundial=3)
    # What another test has published is handled, but its checkpoint may not be written yet.
    await until_stuck(shop, service="payment", is_stuck=False, standing="0.001")
    for name in GATEWAYS:
        shop.supervisor.pause(name)
    try:
        await shop.publish(order("frozen-1", {"sundial": 1}), order("frozen-2", {"sundial": 1}))
        for order_id in ("frozen-1", "frozen-2"):
            await shop.until_stored("orders", order_id, lambda known: known["status"] == "INVENTORY_RESERVED")
        found = await until_stuck(shop, service="payment", is_stuck=True)
        status, checks = await quartet(shop, "doctor", "--standing", "1")
    finally:
        for name in GATEWAYS:
            shop.supervisor.resume(name)

    assert {one["service"] for one in found["partitions"]} == {"payment"}
    assert {one["subject"] for one in found["partitions"]} <= {"frozen-1", "frozen-2"}
    stuck = {one["order_id"]: one["because"] for one in found["orders"]}
    assert all("payment" in " ".join(stuck[order_id]) for order_id in ("frozen-1", "frozen-2"))
    assert status == 1
    failed = {one["name"]: one["detail"] for one in checks["checks"] if one["status"] == "failed"}
    assert "OrderCreated.v1" in failed["service payment"] or "InventoryReserved.v1" in failed["service payment"]

    await shop.until("frozen-1", "COMPLETED")
    await shop.until("frozen-2", "COMPLETED")
    calm = await until_stuck(shop, service="payment", is_stuck=False)
    assert not {"frozen-1", "frozen-2"} & {one["order_id"] for one in calm["orders"]}
