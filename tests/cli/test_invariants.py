"""Each invariant is broken on purpose, in every way that it names: an audit that cannot fail proves nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from quartet.cli.audit.report import audit_json
from services.operations.audit.invariants import audit
from services.operations.audit.snapshot import Allocation, Movement, OrderLine, OrderRow, Snapshot, Stock
from services.order.domain import OrderStatus
from tests.cli.audited_shop import GRACE, NOON, after, broken, put_stock, shop


def test_all_holds_on_a_good_day() -> None:
    assert broken(audit(shop(), GRACE)) == {}


def test_all_holds_for_a_shop_that_has_not_opened() -> None:
    assert broken(audit(Snapshot(at=NOON), GRACE)) == {}


def test_the_figures_are_those_of_the_snapshot() -> None:
    figures = [dict(finding.figures) for finding in audit(shop(), GRACE)]
    assert figures[0] == {"products": 1, "seeded": 8, "available": 5, "reserved": 1, "shipped": 2}
    assert figures[1] == {"charges": 2, "refunds": 1, "shipments": 1}
    assert figures[2] == {"COMPLETED": 1, "CANCELLED": 2, "INVENTORY_RESERVED": 1}
    assert figures[3] == {"charged": "44.50 EUR", "refunded": "26.70 EUR", "totals": "17.80 EUR"}
    assert figures[4] == {"ended": 3, "open": 1}


def test_1_a_lost_piece() -> None:
    assert after(lambda s: put_stock(s, available=4)) == {1: ["rosin: 7 pieces exist, 8 were seeded"]}


def test_1_a_negative_quantity() -> None:
    found = after(lambda s: put_stock(s, available=-1, seeded=2))
    assert list(found) == [1]
    assert found[1][0].startswith("rosin: a quantity is negative")


def test_1_a_reservation_without_an_order() -> None:
    assert after(lambda s: put_stock(s, available=4, reserved=2)) == {1: ["rosin: 2 are reserved, orders hold 1"]}


def test_1_a_shipped_piece_without_an_order() -> None:
    assert after(lambda s: put_stock(s, available=4, shipped=3)) == {1: ["rosin: 3 are shipped, orders got 2"]}


def test_1_a_product_that_was_never_there() -> None:
    found = after(lambda s: s.allocations.append(Allocation("ghost", "open", 1, "held")))
    assert found == {1: ["ghost: orders have pieces of a product that was never in stock"]}


def test_2_charged_twice() -> None:
    found = after(lambda s: s.charges.append(Movement("undone", Decimal("26.70"), "EUR")))
    assert found[2] == ["undone: 2 charges"]


def test_2_refunded_twice() -> None:
    found = after(lambda s: s.refunds.append(Movement("undone", Decimal("26.70"), "EUR")))
    assert found[2] == ["undone: 2 refunds", "undone: 26.70 EUR was refunded beyond what was charged"]


@pytest.mark.parametrize("order_id", ["done", "undone", "open"])
def test_2_more_is_refunded_than_was_charged_whatever_the_order_says(order_id: str) -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.charges.append(Movement("open", Decimal("8.90"), "EUR"))
        snapshot.refunds = [Movement(order_id, Decimal("26.71"), "EUR")]

    charged = {"done": "17.80", "undone": "26.70", "open": "8.90"}[order_id]
    too_much = Decimal("26.71") - Decimal(charged)
    assert after(change)[2] == [f"{order_id}: {too_much} EUR was refunded beyond what was charged"]


def test_2_a_refund_in_another_currency_pays_nothing_back() -> None:
    found = after(lambda s: s.refunds.append(Movement("done", Decimal("1.00"), "SEK")))
    assert found[2] == ["done: 1.00 SEK was refunded beyond what was charged"]


def test_2_shipped_twice() -> None:
    assert after(lambda s: s.parcels.append("done")) == {2: ["done: 2 parcels"]}


def test_2_a_refund_of_nothing() -> None:
    found = after(lambda s: s.refunds.append(Movement("refused", Decimal("1.00"), "EUR")))
    assert found[2] == ["refused: a refund without a charge"]


def test_3_completed_without_a_charge() -> None:
    found = after(lambda s: s.charges.pop(0))
    assert found[3] == ["done: is COMPLETED, but no charge is kept"]


def test_3_completed_without_a_shipment() -> None:
    assert after(lambda s: s.parcels.clear()) == {3: ["done: is COMPLETED, but there is no shipment"]}


def test_3_completed_and_the_stock_is_still_held() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.allocations[0] = Allocation("rosin", "done", 2, "held")
        put_stock(snapshot, reserved=3, shipped=0)

    assert after(change) == {
        3: ["done: is COMPLETED with 2 pieces, but 0 left the warehouse and 2 are held"],
    }


def test_3_completed_with_another_product() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.allocations.append(Allocation("bow", "done", 1, "shipped"))
        snapshot.allocations[0] = Allocation("rosin", "done", 1, "shipped")
        snapshot.stock["bow"] = Stock(available=0, reserved=0, shipped=1, seeded=1)
        put_stock(snapshot, available=6, shipped=1)

    assert after(change) == {3: ["done: is COMPLETED, but other products left the warehouse than were ordered"]}


def test_3_cancelled_and_shipped() -> None:
    assert after(lambda s: s.parcels.append("undone")) == {3: ["undone: is CANCELLED, but a parcel is on its way"]}


def test_3_cancelled_and_not_refunded() -> None:
    found = after(lambda s: s.refunds.clear())
    assert found[3] == ["undone: is CANCELLED, but 26.70 EUR is not given back"]


def test_3_cancelled_and_the_stock_is_still_held() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.allocations[1] = Allocation("rosin", "undone", 3, "held")
        put_stock(snapshot, available=2, reserved=4)

    assert after(change) == {3: ["undone: is CANCELLED, but has 3 pieces"]}


@pytest.mark.parametrize("status", [OrderStatus.COMPENSATING, OrderStatus.NEEDS_ATTENTION])
def test_3_compensating_what_was_shipped(status: OrderStatus) -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.orders["done"] = replace(snapshot.orders["done"], status=status)

    assert after(change)[3] == [f"done: is {status}, but a parcel is on its way"]


def test_programs_get_every_offender() -> None:
    snapshot = shop()
    snapshot.parcels += ["done"] * 2
    report = audit_json(audit(snapshot, GRACE))
    assert report["holds"] is False
    assert report["invariants"][1]["violations"] == [{"subject": "done", "what": "3 parcels"}]


def test_every_invariant_says_what_it_checks() -> None:
    assert [finding.rule for finding in audit(shop(), GRACE)] == [
        "per product: available + reserved + shipped = seeded, none negative, reserved = what open orders hold",
        "per order: at most one charge, one refund, one shipment; no refund without a charge, or above it",
        "COMPLETED = one charge kept, one shipment, stock shipped; CANCELLED = no shipment, no money kept, no stock",
        "money kept = the sum of the completed orders' totals",
        "all four services agree about every ended order; none is open past its deadline plus grace",
        "every stored document can be read by this release",
    ]


@pytest.mark.parametrize("kind", ["available", "reserved", "shipped"])
def test_1_each_quantity_may_be_the_negative_one(kind: str) -> None:
    found = after(lambda snapshot: put_stock(snapshot, **{kind: -1}))
    assert any("a quantity is negative" in what for what in found[1])


def test_2_two_charges_of_one_order_are_kept_both() -> None:
    found = after(lambda snapshot: snapshot.charges.append(Movement("undone", Decimal("26.70"), "EUR")))
    assert found[3] == ["undone: is CANCELLED, but 26.70 EUR is not given back"]


def test_3_completed_for_nothing_needs_no_charge_and_for_little_does() -> None:
    def cost(total: str) -> dict[int, list[str]]:
        def change(snapshot: Snapshot) -> None:
            free = tuple(replace(line, unit_price=Decimal(total) / 2) for line in snapshot.orders["done"].lines)
            snapshot.orders["done"] = replace(snapshot.orders["done"], total=Decimal(total), lines=free)
            snapshot.charges = [charge for charge in snapshot.charges if charge.order_id != "done"]

        return after(change)

    assert cost("0.00") == {}
    assert cost("1.00")[3] == ["done: is COMPLETED, but no charge is kept"]


def test_3_two_products_of_one_order_are_counted_together() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.stock["bow"] = Stock(available=0, reserved=0, shipped=4, seeded=4)
        snapshot.allocations.append(Allocation("bow", "done", 4, "shipped"))
        done = snapshot.orders["done"]
        snapshot.orders["done"] = replace(done, lines=(*done.lines, OrderLine("bow", 4, Decimal(0))))

    assert after(change) == {}


def test_3_completed_with_too_few_pieces_or_with_some_held_besides() -> None:
    def few(snapshot: Snapshot) -> None:
        done = snapshot.orders["done"]
        snapshot.orders["done"] = replace(done, lines=(*done.lines, OrderLine("rosin", 1, Decimal(0))))

    def besides(snapshot: Snapshot) -> None:
        snapshot.allocations.append(Allocation("rosin", "done", 1, "held"))
        put_stock(snapshot, reserved=2, available=4)

    told = "done: is COMPLETED with {} pieces, but 2 left the warehouse and {} are held"
    assert after(few)[3] == [told.format(3, 0)]
    assert after(besides)[3] == [told.format(2, 1)]


def test_3_cancelled_with_as_much_held_as_shipped() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.allocations += [Allocation("rosin", "undone", 1, state) for state in ("held", "shipped")]

    assert "undone: is CANCELLED, but has 2 pieces" in after(change)[3]


def test_the_figures_of_money_and_names_are_readable() -> None:
    snapshot = shop()
    snapshot.orders |= {
        f"stuck-{n}": OrderRow(OrderStatus.NEEDS_ATTENTION, True, Decimal(1), "EUR", (), NOON) for n in range(6)
    }
    snapshot.orders["paid"] = OrderRow(
        OrderStatus.COMPLETED, True, Decimal(300), "JPY", (OrderLine("rosin", 1, Decimal(300)),), NOON
    )
    snapshot.charges.append(Movement("paid", Decimal(300), "JPY"))
    figures = {finding.number: finding.figures for finding in audit(snapshot, GRACE)}
    assert "17.80 EUR + 300 JPY" in figures[4].values()
    assert figures[5]["need attention"] == "stuck-0, stuck-1, stuck-2, stuck-3, stuck-4 and 1 more"
    del snapshot.orders["stuck-5"]
    attention = audit(snapshot, GRACE)[4].figures["need attention"]
    assert attention == "stuck-0, stuck-1, stuck-2, stuck-3, stuck-4"
    assert "nothing" in audit(Snapshot(at=NOON), GRACE)[3].figures.values()


def test_3_what_an_order_has_of_a_product_under_two_claims_is_counted_together() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.allocations += [Allocation("rosin", "undone", 1, "held") for _ in range(2)]

    assert "undone: is CANCELLED, but has 2 pieces" in after(change)[3]
