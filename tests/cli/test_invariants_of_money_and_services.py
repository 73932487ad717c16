"""Invariants 4 to 6, broken on purpose: money, agreement of the services, and documents that cannot be read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from quartet.cli.reading.stored import Unparsed
from services.inventory.domain import ReservationStatus
from services.operations.audit.invariants import audit
from services.operations.audit.snapshot import Movement, OrderLine, OrderRow, Snapshot
from services.order.domain import OrderStatus
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus
from tests.cli.audited_shop import GRACE, NOON, after, broken, shop


def bows(total: str) -> OrderRow:
    """A product in two lines, at two prices."""
    lines = (OrderLine("rosin", 1, Decimal("9.00")), OrderLine("rosin", 1, Decimal("3.00")))
    return OrderRow(OrderStatus.COMPLETED, True, Decimal(total), "EUR", lines, NOON)


def test_4_less_was_kept_than_the_order_costs() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.charges[0] = Movement("done", Decimal("17.00"), "EUR")

    assert after(change) == {
        4: ["done: costs 17.80 EUR, and 17.00 EUR is kept", "EUR: kept 17.00, the completed orders' totals are 17.80"]
    }


def test_4_the_total_is_that_of_every_line_at_its_own_price() -> None:
    """A service that took the last price of a product for all its lines has charged and stored too little."""

    def change(snapshot: Snapshot) -> None:
        snapshot.orders["done"] = bows("6.00")
        snapshot.charges[0] = Movement("done", Decimal("6.00"), "EUR")

    assert after(change)[4] == [
        "done: its items cost 12.00, and its total says 6.00",
        "done: costs 12.00 EUR, and 6.00 EUR is kept",
        "EUR: kept 6.00, the completed orders' totals are 12.00",
    ]


def test_4_a_product_in_two_lines_at_two_prices_adds_up() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.orders["done"] = bows("12.00")
        snapshot.charges[0] = Movement("done", Decimal("12.00"), "EUR")

    assert after(change) == {}


def test_4_nothing_is_rounded() -> None:
    """The default context of decimals has 28 digits, and would round this to the same amount."""
    price = Decimal("99999999999999999999999999.99")
    row = OrderRow(OrderStatus.COMPLETED, True, None, "EUR", (OrderLine("rosin", 101, price),))
    assert row.cost == Decimal("10099999999999999999999999998.99")


def test_4_an_order_that_is_open_and_has_a_wrong_total() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.orders["open"] = replace(snapshot.orders["open"], total=Decimal("8.91"))

    assert after(change) == {4: ["open: its items cost 8.90, and its total says 8.91"]}


def test_4_the_right_amount_in_the_wrong_currency() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.charges[0] = Movement("done", Decimal("17.80"), "SEK")

    assert after(change)[4][0] == "done: costs 17.80 EUR, and 17.80 SEK is kept"


def test_4_too_little_was_given_back() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.refunds[0] = Movement("undone", Decimal("26.00"), "EUR")

    assert after(change) == {
        3: ["undone: is CANCELLED, but 0.70 EUR is not given back"],
        4: ["EUR: kept 18.50, the completed orders' totals are 17.80"],
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda s: s.reservations.update(done=ReservationStatus.RESERVED),
            "done: is COMPLETED, but inventory says RESERVED",
        ),
        (lambda s: s.payments.pop("done"), "done: is COMPLETED, but payment says nothing"),
        (
            lambda s: s.shipments.update(done=ShipmentStatus.CANCELLED),
            "done: is COMPLETED, but shipping says CANCELLED",
        ),
        (
            lambda s: s.reservations.update(undone=ReservationStatus.RELEASE_FAILED),
            "undone: is CANCELLED, but inventory says RELEASE_FAILED",
        ),
        (
            lambda s: s.payments.update(undone=PaymentStatus.CHARGED),
            "undone: is CANCELLED, but payment says CHARGED",
        ),
        (
            lambda s: s.shipments.update(undone=ShipmentStatus.SHIPPED),
            "undone: is CANCELLED, but shipping says SHIPPED",
        ),
    ],
)
def test_5_a_service_that_disagrees(change: Callable[[Snapshot], object], says: str) -> None:
    assert after(change) == {5: [says]}


def test_5_open_past_the_deadline_and_the_grace() -> None:
    late = NOON - GRACE - timedelta(seconds=1)

    def change(snapshot: Snapshot) -> None:
        snapshot.orders["open"] = replace(snapshot.orders["open"], deadline=late)

    assert after(change) == {5: [f"open: is still INVENTORY_RESERVED, its deadline was {late}"]}


def test_5_the_grace_counts() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.orders["open"] = replace(snapshot.orders["open"], deadline=NOON - GRACE)

    assert after(change) == {}


def test_5_an_order_that_needs_attention_is_listed_and_not_a_violation() -> None:
    snapshot = shop()
    snapshot.orders["open"] = replace(
        snapshot.orders["open"], status=OrderStatus.NEEDS_ATTENTION, deadline=NOON - timedelta(days=1)
    )
    findings = audit(snapshot, GRACE)
    assert broken(findings) == {}
    assert findings[4].figures["need attention"] == "open"


def test_5_a_cancellation_whose_order_never_came_is_not_expected_to_end() -> None:
    snapshot = shop()
    snapshot.orders["early"] = OrderRow(OrderStatus.COMPENSATING, placed=False)
    snapshot.shipments["early"] = ShipmentStatus.CANCELLED
    snapshot.payments["early"] = PaymentStatus.VOIDED
    findings = audit(snapshot, GRACE)
    assert broken(findings) == {}
    assert findings[4].figures["never placed"] == "early"


def test_5_an_order_that_the_order_service_has_lost() -> None:
    found = after(lambda s: s.orders.pop("done"))
    assert found[5] == ["done: has stock, money or a parcel, but the order service has no order"]


def test_5_closed_and_never_placed() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.orders["refused"] = replace(snapshot.orders["refused"], placed=False)

    assert after(change) == {5: ["refused: is CANCELLED, but was never placed"]}


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("shipping", lambda s: s.shipments.pop("done")),
        ("payment", lambda s: s.payments.pop("done")),
        ("inventory", lambda s: s.reservations.pop("done")),
        ("order", lambda s: s.orders.pop("undone")),
    ],
)
def test_6_an_unreadable_document_has_no_other_finding(service: str, change: Callable[[Snapshot], object]) -> None:
    """It does not say nothing: it says what this release does not know."""

    def change_all(snapshot: Snapshot) -> None:
        change(snapshot)
        order_id = "undone" if service == "order" else "done"
        snapshot.unread = {service: frozenset({order_id})}
        snapshot.unparsed = (Unparsed(f"{service}/things", order_id, "status: is not known"),)

    (subject,) = (f"{service}/things/{'undone' if service == 'order' else 'done'}",)
    assert after(change_all) == {6: [f"{subject}: status: is not known"]}


def test_4_money_in_a_currency_in_which_nothing_was_sold() -> None:
    found = after(lambda snapshot: snapshot.charges.append(Movement("refused", Decimal(5), "JPY")))
    assert found[4] == ["JPY: kept 5, the completed orders' totals are 0"]


def test_5_an_order_that_cannot_be_read_has_been_placed_for_all_we_know() -> None:
    def change(snapshot: Snapshot) -> None:
        del snapshot.orders["open"]
        snapshot.unread = {"order": frozenset({"open"})}

    def of_another_service(snapshot: Snapshot) -> None:
        del snapshot.orders["open"]
        snapshot.unread = {"payment": frozenset({"open"})}

    lost = "open: has stock, money or a parcel, but the order service has no order"
    assert lost not in after(change).get(5, [])
    assert lost in after(of_another_service)[5]


def test_5_money_of_an_unknown_order() -> None:
    found = after(lambda snapshot: snapshot.charges.append(Movement("stranger", Decimal(5), "EUR")))
    assert found[5] == ["stranger: has stock, money or a parcel, but the order service has no order"]
