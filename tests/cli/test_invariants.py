"""Each invariant is broken on purpose, in every way that it names: an audit that cannot fail proves nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from quartet.cli.audit.lasting import lasting, persistent
from quartet.cli.audit.report import audit_json
from quartet.cli.reading.stored import Unparsed
from services.inventory.domain import ReservationStatus
from services.operations.audit.invariants import Finding, audit
from services.operations.audit.snapshot import Allocation, Movement, OrderLine, OrderRow, Snapshot, Stock
from services.order.domain import OrderStatus
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GRACE = timedelta(seconds=60)


def ordered(status: OrderStatus, pieces: int, total: str, deadline: datetime = NOON) -> OrderRow:
    """An order of so much rosin at 8.90 EUR."""
    return OrderRow(status, True, Decimal(total), "EUR", (OrderLine("rosin", pieces, Decimal("8.90")),), deadline)


def shop() -> Snapshot:
    """A day at the shop: `done` was shipped, `undone` paid and refunded, `refused` never held, `open` is reserved."""
    return Snapshot(
        at=NOON,
        stock={"rosin": Stock(available=5, reserved=1, shipped=2, seeded=8)},
        allocations=[
            Allocation("rosin", "done", 2, "shipped"),
            Allocation("rosin", "undone", 3, "released"),
            Allocation("rosin", "refused", 9, "refused"),
            Allocation("rosin", "open", 1, "held"),
        ],
        orders={
            "done": ordered(OrderStatus.COMPLETED, 2, "17.80"),
            "undone": ordered(OrderStatus.CANCELLED, 3, "26.70"),
            "refused": ordered(OrderStatus.CANCELLED, 9, "80.10"),
            "open": ordered(OrderStatus.INVENTORY_RESERVED, 1, "8.90", NOON + GRACE),
        },
        reservations={
            "done": ReservationStatus.SHIPPED,
            "undone": ReservationStatus.RELEASED,
            "refused": ReservationStatus.REFUSED,
            "open": ReservationStatus.RESERVED,
        },
        payments={"done": PaymentStatus.CHARGED, "undone": PaymentStatus.REFUNDED},
        shipments={"done": ShipmentStatus.SHIPPED, "undone": ShipmentStatus.FAILED},
        charges=[Movement("done", Decimal("17.80"), "EUR"), Movement("undone", Decimal("26.70"), "EUR")],
        refunds=[Movement("undone", Decimal("26.70"), "EUR")],
        parcels=["done"],
    )


def broken(findings: list[Finding]) -> dict[int, list[str]]:
    return {
        finding.number: [f"{violation.subject}: {violation.what}" for violation in finding.violations]
        for finding in findings
        if not finding.holds
    }


def after(change: Callable[[Snapshot], object]) -> dict[int, list[str]]:
    """What is broken once the shop's snapshot was changed."""
    snapshot = shop()
    change(snapshot)
    return broken(audit(snapshot, GRACE))


def put_stock(snapshot: Snapshot, **quantities: int) -> None:
    snapshot.stock["rosin"] = replace(snapshot.stock["rosin"], **quantities)


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


def test_4_less_was_kept_than_the_order_costs() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.charges[0] = Movement("done", Decimal("17.00"), "EUR")

    assert after(change) == {
        4: ["done: costs 17.80 EUR, and 17.00 EUR is kept", "EUR: kept 17.00, the completed orders' totals are 17.80"]
    }


def bows(total: str) -> OrderRow:
    """A product in two lines, at two prices."""
    lines = (OrderLine("rosin", 1, Decimal("9.00")), OrderLine("rosin", 1, Decimal("3.00")))
    return OrderRow(OrderStatus.COMPLETED, True, Decimal(total), "EUR", lines, NOON)


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


def test_a_violation_that_passes_is_not_reported() -> None:
    moving, still_wrong = shop(), shop()
    moving.parcels.append("done")
    moving.parcels.append("undone")
    still_wrong.parcels.append("undone")
    findings = persistent(audit(moving, GRACE), audit(still_wrong, GRACE))
    assert broken(findings) == {3: ["undone: is CANCELLED, but a parcel is on its way"]}


def test_a_new_violation_is_not_reported_yet() -> None:
    late = shop()
    late.parcels.append("undone")
    assert broken(persistent(audit(shop(), GRACE), audit(late, GRACE))) == {}


async def looked_at(*snapshots: Snapshot) -> tuple[list[Finding], int]:
    """What lasts in these snapshots, of which the last stays as it is; and how many were looked at."""
    looks = 0

    async def look() -> list[Finding]:
        nonlocal looks
        looks += 1
        return audit(snapshots[min(looks, len(snapshots)) - 1], GRACE)

    return await lasting(look, timedelta(0)), looks


def behind(*order_ids: str) -> Snapshot:
    """A shop in which a parcel of each of these orders is on its way that should not be."""
    snapshot = shop()
    snapshot.parcels += order_ids
    return snapshot


async def test_a_service_that_catches_up_slowly_is_not_wrong() -> None:
    findings, looks = await looked_at(behind("undone", "refused"), behind("undone"), shop())
    assert broken(findings) == {}
    assert looks == 3


async def test_violations_that_no_longer_become_fewer_are_reported() -> None:
    findings, looks = await looked_at(behind("undone", "refused"), behind("undone"))
    assert broken(findings) == {3: ["undone: is CANCELLED, but a parcel is on its way"]}
    assert looks == 3


async def test_other_violations_at_each_look_end_the_wait() -> None:
    findings, looks = await looked_at(behind("undone"), behind("refused"))
    assert broken(findings) == {}
    assert looks == 2


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


def test_4_money_in_a_currency_in_which_nothing_was_sold() -> None:
    found = after(lambda snapshot: snapshot.charges.append(Movement("refused", Decimal(5), "JPY")))
    assert found[4] == ["JPY: kept 5, the completed orders' totals are 0"]


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


def test_3_what_an_order_has_of_a_product_under_two_claims_is_counted_together() -> None:
    def change(snapshot: Snapshot) -> None:
        snapshot.allocations += [Allocation("rosin", "undone", 1, "held") for _ in range(2)]

    assert "undone: is CANCELLED, but has 2 pieces" in after(change)[3]
