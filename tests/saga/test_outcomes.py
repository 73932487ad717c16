"""Every way in which a saga ends, with two replicas of each service."""

import pytest

from tests.saga.shop import SERVICES, Shop, address, cancellation, notes, order

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_order_is_reserved_paid_shipped_and_completed(shop: Shop) -> None:
    await shop.stock(teapot=5)
    created = order("happy-1", {"teapot": 2})
    await shop.publish(created)
    document = await shop.until("happy-1", "COMPLETED")

    assert notes(document) == [
        "OrderCreated.v1",
        "InventoryReserved.v1",
        "PaymentCompleted.v1",
        "OrderShipped.v1",
    ]
    await shop.until_stored("inventory", "happy-1", lambda reservation: reservation["status"] == "SHIPPED")
    assert await shop.shelf("teapot") == (3, 0, 2)
    assert await shop.ledger("happy-1") == ["booked", "charged"]
    for name in SERVICES:
        assert any('"saga": "happy-1"' in line for line in shop.logs.of(name)), f"{name} says nothing of the order"


async def test_an_order_for_more_than_there_is_is_cancelled_and_nothing_is_held(shop: Shop) -> None:
    await shop.stock(cup=5, saucer=1)
    await shop.publish(order("short-1", {"cup": 2, "saucer": 2}))
    document = await shop.until("short-1", "CANCELLED")

    assert document["reason"] == "out_of_stock"
    assert await shop.shelf("cup") == (5, 0, 0)
    assert await shop.shelf("saucer") == (1, 0, 0)
    assert await shop.ledger("short-1") == []


async def test_a_declined_card_gives_the_stock_back(shop: Shop) -> None:
    await shop.stock(kettle=3)
    await shop.publish(order("declined-1", {"kettle": 3}, payment_method="tok_declined"))
    document = await shop.until("declined-1", "CANCELLED")

    assert document["reason"] == "payment_declined"
    assert notes(document)[-1] == "InventoryReleased.v1"
    assert await shop.shelf("kettle") == (3, 0, 0)
    assert await shop.ledger("declined-1") == ["declined"]


async def test_an_address_that_is_not_served_gives_money_and_stock_back(shop: Shop) -> None:
    await shop.stock(sledge=3)
    await shop.publish(order("pole-1", {"sledge": 1}, shipping_address=address("AQ")))
    document = await shop.until("pole-1", "CANCELLED")

    assert document["reason"] == "address_not_served"
    assert {"PaymentRefunded.v1", "InventoryReleased.v1"} <= set(notes(document))
    assert await shop.shelf("sledge") == (3, 0, 0)
    assert await shop.ledger("pole-1") == ["charged", "not_served", "refunded"]


async def test_an_order_that_was_cancelled_before_it_was_placed_never_ships(shop: Shop) -> None:
    await shop.stock(ladle=3)
    await shop.publish(cancellation("early-1"))
    await shop.until_stored("shipping", "early-1", lambda shipment: bool(shipment["handled"]))
    await shop.publish(order("early-1", {"ladle": 1}))
    document = await shop.until("early-1", "CANCELLED")

    assert document["reason"] == "cancelled"
    assert await shop.shelf("ladle") == (3, 0, 0)
    assert "booked" not in await shop.ledger("early-1")


async def test_a_cancellation_after_the_shipment_is_rejected(shop: Shop) -> None:
    await shop.stock(whisk=3)
    await shop.publish(order("late-1", {"whisk": 1}))
    await shop.until("late-1", "COMPLETED")
    await shop.publish(cancellation("late-1"))
    document = await shop.until_stored(
        "orders", "late-1", lambda document: "OrderCancellationRejected.v1" in notes(document)
    )

    assert document["status"] == "COMPLETED"
    assert await shop.ledger("late-1") == ["booked", "charged"]


async def test_an_order_that_misses_its_deadline_is_cancelled_and_refunded(shop: Shop) -> None:
    """Payment is paused; the deadline passes; payment resumes and charges nothing, or refunds."""
    await shop.stock(clock=3)
    for name in ("payment", "payment-2"):
        shop.supervisor.pause(name)
    try:
        await shop.publish(order("overdue-1", {"clock": 1}, complete_by="2026-01-01T00:00:00Z"))
        await shop.until_stored("shipping", "overdue-1", lambda shipment: bool(shipment["handled"]))
    finally:
        for name in ("payment", "payment-2"):
            shop.supervisor.resume(name)
    document = await shop.until("overdue-1", "CANCELLED")

    assert document["reason"] == "timed_out"
    assert await shop.shelf("clock") == (3, 0, 0)
    assert "booked" not in await shop.ledger("overdue-1")
    outcomes = await shop.ledger("overdue-1")
    assert outcomes.count("charged") == outcomes.count("refunded")


async def test_a_gateway_that_times_out_after_charging_charges_once(shop: Shop) -> None:
    await shop.stock(flask=3)
    await shop.publish(order("flaky-1", {"flask": 1}, payment_method="tok_flaky"))
    await shop.until("flaky-1", "COMPLETED")
    assert await shop.ledger("flaky-1") == ["booked", "charged"]


async def test_a_refund_that_is_refused_needs_a_person(shop: Shop) -> None:
    await shop.stock(skates=3)
    await shop.publish(
        order("stuck-1", {"skates": 1}, payment_method="tok_refund_fails", shipping_address=address("AQ"))
    )
    document = await shop.until("stuck-1", "NEEDS_ATTENTION")
    assert "CompensationFailed.v1" in notes(document)
    assert await shop.shelf("skates") == (3, 0, 0)


async def test_the_same_order_again_under_another_event_id_changes_nothing(shop: Shop) -> None:
    await shop.stock(spoon=3)
    await shop.publish(order("twice-1", {"spoon": 1}), order("twice-1", {"spoon": 1}))
    await shop.until("twice-1", "COMPLETED")
    await shop.publish(order("twice-1", {"spoon": 1}))
    await shop.until_logged(lambda who, line: who.startswith("order") and "twice-1" in line and '"ignored"' in line)
    await shop.until_stored("inventory", "twice-1", lambda reservation: reservation["status"] == "SHIPPED")

    assert await shop.shelf("spoon") == (2, 0, 1)
    assert await shop.ledger("twice-1") == ["booked", "charged"]


async def test_other_data_under_a_known_order_id_is_a_dead_letter_of_the_order_service(shop: Shop) -> None:
    await shop.stock(fork=3, knife=3)
    await shop.publish(order("conflict-1", {"fork": 1}))
    await shop.until("conflict-1", "COMPLETED")
    await shop.publish(order("conflict-1", {"knife": 2}))
    await shop.until_logged(lambda who, line: who.startswith("order") and "conflicting_order" in line)
    await shop.until_logged(
        lambda who, line: who.startswith("inventory") and "conflict-1" in line and '"ignored"' in line
    )

    [letter] = await shop.until_letters("orders", lambda row: row.get("saga_id") == "conflict-1")
    assert letter["reason"] == "conflicting_order"
    assert '"knife"' in letter["text"]
    assert await shop.shelf("knife") == (3, 0, 0)
    assert await shop.ledger("conflict-1") == ["booked", "charged"]


async def test_one_order_of_fifty_lines(shop: Shop) -> None:
    products = {f"tile-{n}": n + 1 for n in range(50)}
    await shop.stock(**products)
    await shop.publish(order("mosaic-1", products))
    await shop.until("mosaic-1", "COMPLETED")
    await shop.until_stored("inventory", "mosaic-1", lambda reservation: reservation["status"] == "SHIPPED")
    assert await shop.shelf("tile-49") == (0, 0, 50)
