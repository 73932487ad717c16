"""A dead letter is kept, waited for, redriven by a person, and everything adds up afterwards."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from quartet.engine.records.record import Json
from quartet.events import bucket_of, to_json
from tests.faults.operator import quartet, quartet_apart, talk_to_the_bank
from tests.saga.shop import LIMIT, Shop, address, cancellation, notes, order

pytestmark = pytest.mark.asyncio(loop_scope="session")


def distinct(letters: Sequence[Json]) -> list[Json]:
    """The first letter of each event: an event may be delivered more than once, and each delivery is kept.

    The id of a letter ends with a digest of its event.
    """
    return list({letter["id"].rpartition("-")[2]: letter for letter in reversed(letters)}.values())[::-1]


async def became(shop: Shop, *arguments: str) -> tuple[int, list[tuple[str, str]]]:
    """The exit status of a redrive, and for each dead letter the type of its event and its result."""
    status, reports = await quartet(shop, "dead-letters", "redrive", *arguments)
    return status, [(report["event_type"], report["became"]) for report in distinct(reports)]


async def until_dead(shop: Shop, database: str, order_id: str, count: int) -> None:
    """Wait until a service has stored the dead letters of this many events of an order."""
    async with asyncio.timeout(LIMIT):
        while len(distinct(await shop.rows(database, "dead-letters", order_id))) < count:  # noqa: ASYNC110 -- of another process
            await asyncio.sleep(0.05)


async def assert_audit_holds(shop: Shop) -> None:
    status, findings = await quartet(shop, "audit")
    assert [rule for rule in findings["invariants"] if rule["holds"] is not True] == []
    assert status == 0


async def test_after_a_bug_the_order_waits_and_is_redriven_in_order_once(shop: Shop) -> None:
    """Payment meets a ledger entry that it cannot understand. Meanwhile the order is cancelled."""
    await shop.stock(amphora=5)
    ledger, pk = shop.container("payments", "gateway-ledger"), bucket_of("poison-1", 16)
    await ledger.create_item({"id": "payment_poison-1", "pk": pk, "kind": "charge", "outcome": "charged"})
    await shop.publish(order("poison-1", {"amphora": 1}))
    await until_dead(shop, "payments", "poison-1", 1)
    await shop.publish(cancellation("poison-1"), order("healthy-1", {"amphora": 1}))
    await until_dead(shop, "payments", "poison-1", 2)
    await shop.until("healthy-1", "COMPLETED")
    await shop.until("poison-1", "COMPENSATING")

    _, letters = await quartet(shop, "dead-letters", "list", "--saga", "poison-1")
    assert [(letter["service"], letter["event_type"], letter["reason"]) for letter in distinct(letters)] == [
        ("payment", "InventoryReserved.v1", "handler_failed"),
        ("payment", "ShippingFailed.v1", "waiting"),
    ]
    status, plan = await quartet(shop, "dead-letters", "redrive", "--saga", "poison-1", "--dry-run")
    assert (status, [letter["id"] for letter in plan]) == (0, [letter["id"] for letter in letters])
    assert await became(shop, letters[0]["id"]) == (
        1,
        [("InventoryReserved.v1", "still failing"), ("ShippingFailed.v1", "waiting")],
    )

    await ledger.delete_item("payment_poison-1", pk)
    assert await became(shop, letters[0]["id"]) == (
        0,
        [("InventoryReserved.v1", "handled"), ("ShippingFailed.v1", "handled")],
    )
    document = await shop.until("poison-1", "CANCELLED")
    assert "PaymentRefunded.v1" in notes(document)
    assert await shop.ledger("poison-1") == ["charged", "refunded", "voided"]
    assert await shop.shelf("amphora") == (4, 0, 1)

    assert await became(shop, "--saga", "poison-1") == (0, [])
    assert (await became(shop, letters[0]["id"]))[1] == [("InventoryReserved.v1", "settled before")]
    assert await shop.ledger("poison-1") == ["charged", "refunded", "voided"]
    await assert_audit_holds(shop)


async def test_an_unreadable_event_blocks_its_order_until_it_is_discarded(shop: Shop) -> None:
    await shop.stock(lyre=3)
    await shop.publish(order("eaten-1", {"lyre": 1}))
    await shop.until("eaten-1", "COMPLETED")
    await shop.until_stored("inventory", "eaten-1", lambda reservation: reservation["status"] == "SHIPPED")
    unknown = {**to_json(cancellation("eaten-1")), "type": "OrderEaten.v1"}
    await shop.publish_for("eaten-1", unknown)
    await until_dead(shop, "shipping", "eaten-1", 1)
    await shop.publish(cancellation("eaten-1"))
    await until_dead(shop, "shipping", "eaten-1", 2)

    _, letters = await quartet(shop, "dead-letters", "list", "--saga", "eaten-1", "--service", "shipping")
    assert [letter["reason"] for letter in distinct(letters)] == ["unknown_type", "waiting"]
    eaten = letters[0]["id"]
    _, everywhere = await quartet(shop, "dead-letters", "show", eaten)
    assert {letter["service"] for letter in everywhere} == {"order", "inventory", "payment", "shipping"}
    assert await became(shop, eaten, "--service", "shipping") == (
        1,
        [("OrderEaten.v1", "still unreadable"), ("OrderCancellationRequested.v1", "waiting")],
    )

    status, reports = await quartet(shop, "dead-letters", "discard", eaten)
    assert (status, [report["became"] for report in reports]) == (0, ["discarded"] * 4)
    await assert_its_content_expires_alone(shop, eaten)
    assert await became(shop, "--saga", "eaten-1") == (0, [("OrderCancellationRequested.v1", "handled")])
    await shop.until_stored("orders", "eaten-1", lambda known: "OrderCancellationRejected.v1" in notes(known))
    assert await became(shop, "--saga", "eaten-1") == (0, [])


async def assert_its_content_expires_alone(shop: Shop, eaten: str) -> None:
    show = ("dead-letters", "show", eaten, "--service", "shipping")
    [before] = (await quartet(shop, *show))[1]
    assert "OrderEaten.v1" in before["text"]
    died, expires = (datetime.fromisoformat(before[name]) for name in ("dead_at", "expires_at"))
    assert timedelta(days=90, seconds=-1) <= expires - died < timedelta(days=91)
    # What Cosmos DB does when the time of the copy is over.
    await shop.container("shipping", "dead-letters").delete_item(f"{eaten}.copy", bucket_of("eaten-1", 16))
    [after] = (await quartet(shop, *show))[1]
    assert (after["text"], after["detail"], after["expires_at"]) == ("", "", None)
    assert after["settled"] == before["settled"]
    _, listed = await quartet(shop, "dead-letters", "list", "--all", "--service", "shipping", "--saga", "eaten-1")
    assert [one["settled"] is not None for one in listed if one["id"] == eaten] == [True]


async def test_a_refund_that_was_refused_is_finished_by_a_redrive(shop: Shop) -> None:
    await shop.stock(astrolabe=3)
    await shop.publish(
        order("owed-1", {"astrolabe": 1}, payment_method="tok_refund_fails", shipping_address=address("AQ"))
    )
    await shop.until("owed-1", "NEEDS_ATTENTION")
    await shop.until_stored("inventory", "owed-1", lambda reservation: reservation["status"] == "RELEASED")

    _, stuck = await quartet(shop, "status", "--stuck")
    [owed] = [one for one in stuck["orders"] if one["order_id"] == "owed-1"]
    assert "a compensation has failed" in owed["because"]
    [owes] = [one for one in owed["owes"] if one["service"] == "payment"]
    assert owes["events"] == ["PaymentRefunded.v1"]
    assert [letter["reason"] for letter in distinct(owes["dead_letters"])] == ["compensation_failed"]

    assert await became(shop, "--saga", "owed-1") == (1, [("ShippingFailed.v1", "still failing")])
    await talk_to_the_bank(shop, "owed-1")
    assert await became(shop, "--saga", "owed-1") == (0, [("ShippingFailed.v1", "handled")])
    await shop.until("owed-1", "CANCELLED")
    assert await shop.ledger("owed-1") == ["allowed", "charged", "not_served", "refunded"]
    assert await shop.shelf("astrolabe") == (3, 0, 0)
    assert await became(shop, "--saga", "owed-1") == (0, [])
    await assert_audit_holds(shop)


async def test_two_operators_who_redrive_at_the_same_time_do_nothing_twice(shop: Shop) -> None:
    await shop.stock(abacus=3)
    await shop.publish(
        order("both-1", {"abacus": 1}, payment_method="tok_refund_fails", shipping_address=address("AQ"))
    )
    await shop.until("both-1", "NEEDS_ATTENTION")
    await talk_to_the_bank(shop, "both-1")
    redrive = ("dead-letters", "redrive", "--saga", "both-1")
    ends = await asyncio.gather(*(quartet_apart(shop, *redrive) for _ in range(2)))
    assert [status for status, _ in ends] == [0, 0]
    document = await shop.until("both-1", "CANCELLED")
    assert notes(document).count("PaymentRefunded.v1") == 1
    assert (await shop.ledger("both-1")).count("refunded") == 1
    await assert_audit_holds(shop)
