"""The deadline passes while no process watches it."""

import pytest

from tests.saga.shop import Shop, order

pytestmark = pytest.mark.asyncio(loop_scope="session")
WATCHERS, GATEWAYS = ("order", "order-2"), ("payment", "payment-2")


async def test_a_deadline_that_passed_while_the_order_service_was_down_is_kept_when_it_is_back(shop: Shop) -> None:
    """Payment is paused meanwhile, or the order would be completed."""
    await shop.stock(hourglass=3)
    for name in GATEWAYS:
        shop.supervisor.pause(name)
    try:
        await shop.supervisor.stop(*WATCHERS)
        await shop.publish(order("asleep-1", {"hourglass": 1}, complete_by="2026-01-01T00:00:00Z"))
        await shop.until_stored("inventory", "asleep-1", lambda reservation: reservation["status"] == "RESERVED")
        for name in WATCHERS:
            await shop.supervisor.restart(name)
        await shop.until_stored("shipping", "asleep-1", lambda shipment: shipment["status"] == "CANCELLED")
    finally:
        for name in GATEWAYS:
            shop.supervisor.resume(name)
    document = await shop.until("asleep-1", "CANCELLED")

    assert document["reason"] == "timed_out"
    assert await shop.shelf("hourglass") == (3, 0, 0)
    outcomes = await shop.ledger("asleep-1")
    assert outcomes.count("charged") == outcomes.count("refunded")
    assert "booked" not in outcomes
