"""What is planted in the running shop is found and named by order; of all its other orders, nothing is said."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from quartet.cli.reading.connection import AGENT
from quartet.cli.reading.counters import read_counters
from quartet.console.auditing.hub_rules import HUB_RULES
from quartet.events import bucket_of, new_event, to_json
from shared.events import OrderCancelled
from tests.console.shop_audit import auditing
from tests.saga.shop import Shop, address, cancellation, order

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTHING_TWICE = "per order: at most one charge, one refund, one shipment; no refund without a charge, or above it"
AGREE = "all four services agree about every ended order; none is open past its deadline plus grace"


async def test_right_orders_break_no_rule_however_they_end(shop: Shop) -> None:
    await shop.stock(lantern=3)
    usual = order("audited-1", {"lantern": 1})
    await shop.publish(usual, usual, order("audited-2", {"lantern": 1}, shipping_address=address("AQ")))
    await shop.publish(cancellation("audited-3"), order("audited-3", {"lantern": 1}))
    async with auditing(shop) as audit:
        await audit.hear()
        await audit.step(0.1)  # in the middle of everything
        await shop.until("audited-1", "COMPLETED")
        await shop.until("audited-2", "CANCELLED")
        await shop.until("audited-3", "CANCELLED")
        await audit.until_judged()
        assert [audit.broken_by(f"audited-{number}") for number in (1, 2, 3)] == [set(), set(), set()]
        rules = {(rule.scope, rule.number): rule.holds for rule in audit.running.view().rules}
        assert {number for scope, number in rules if scope == "saga"} == {2, 3, 4, 5, 6}
        assert rules["saga", 2] is True
        assert rules["everything", 0] is None


async def test_a_second_charge_of_an_old_order_is_found_and_named_until_it_is_gone(shop: Shop) -> None:
    await shop.stock(sextant=1)
    await shop.publish(order("charged-2", {"sextant": 1}))
    await shop.until("charged-2", "COMPLETED")
    ledger, pk = shop.container("payments", "gateway-ledger"), bucket_of("charged-2", 16)
    second = {"id": "planted_charged-2", "pk": pk, "order_id": "charged-2", "outcome": "charged", "currency": "EUR"}
    async with auditing(shop) as audit:
        await audit.until_judged()
        assert audit.broken_by("charged-2") == set()
        await ledger.create_item({**second, "amount": "10.00"})
        try:
            await audit.auditor.look_at_everything(lambda: audit.now)
            for _ in range(3):
                await audit.step()
            assert NOTHING_TWICE in audit.broken_by("charged-2")
            [finding] = [one for one in await audit.running.of("charged-2") if one.rule == NOTHING_TWICE]
            assert finding.what == "2 charges"
            assert "charged-2" in audit.running.sagas()
        finally:
            await ledger.delete_item(second["id"], pk)
        await audit.step(60)
        assert audit.broken_by("charged-2") == set()
        assert all(one.resolved_at for one in await audit.running.of("charged-2"))


async def test_a_state_that_was_changed_by_hand_is_found(shop: Shop) -> None:
    await shop.stock(orrery=1)
    await shop.publish(order("changed-1", {"orrery": 1}))
    await shop.until("changed-1", "COMPLETED")
    shipments, pk = shop.container("shipping"), bucket_of("changed-1", 16)
    async with auditing(shop) as audit:
        await audit.until_judged()
        await shipments.patch_item("changed-1", pk, [{"op": "set", "path": "/status", "value": "FAILED"}])
        try:
            audit.running.news(["changed-1"])
            await audit.step()
            assert audit.broken_by("changed-1") == set(), "one look is none"
            await audit.step()
            assert audit.broken_by("changed-1") == {AGREE}
        finally:
            await shipments.patch_item("changed-1", pk, [{"op": "set", "path": "/status", "value": "SHIPPED"}])


async def test_a_forged_end_is_found(shop: Shop) -> None:
    """With one hub any client can send what looks like an event of the order service. Its id gives it away."""
    await shop.stock(gimbal=1)
    await shop.publish(order("forged-9", {"gimbal": 1}))
    await shop.until("forged-9", "COMPLETED")
    end = OrderCancelled(order_id="forged-9", reason="cancelled")
    forged = new_event(end, source="/services/order", time=datetime.now(UTC), id=str(uuid4()))
    await shop.publish_for("forged-9", to_json(forged))
    async with auditing(shop) as audit:
        await audit.until_judged()
        assert {HUB_RULES[0].text, HUB_RULES[2].text, HUB_RULES[5].text} <= audit.broken_by("forged-9")


async def test_many_orders_cost_as_many_queries_as_one(shop: Shop) -> None:
    names = [f"counted-{number}" for number in range(20)]
    await shop.stock(quadrant=20)
    await shop.publish(*(order(name, {"quadrant": 1}) for name in names))
    for name in names:
        await shop.until(name, "COMPLETED")
    async with auditing(shop) as audit:

        async def queries(*order_ids: str) -> float:
            before = await read_counters(shop.environment["EMULATORS_CONTROL_URL"])
            findings = await audit.watch.sagas(order_ids)
            after = await read_counters(shop.environment["EMULATORS_CONTROL_URL"])
            assert all(finding.holds for finding in findings)
            return after["cosmos"][AGENT]["query"] - before["cosmos"][AGENT]["query"]

        await queries(names[0])  # the first one also asks where the partitions are
        assert await queries(names[0]) == await queries(*names) == 7
