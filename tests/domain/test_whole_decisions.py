"""Every decision, whole: the state, what is said, the word for the log, what is owed, and what the port was asked."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from quartet.engine.declaration.outcome import Decided, Ignored, Rejected
from quartet.events import EventData
from services.inventory import domain as inventory
from services.inventory.domain import Reservation, ReservationStatus
from services.inventory.handlers import (
    give_up_releasing,
    give_up_reserving,
    release_stock,
    reserve_stock,
    ship_stock,
)
from services.inventory.stock import Held, Refused
from services.order import domain as order
from services.order.domain import Entry, Fact, Order, OrderPolicy, OrderStatus
from services.order.handlers import note_fact, open_order
from services.payment import domain as payment
from services.payment.domain import Charge, Payment, PaymentStatus
from services.payment.gateway import (
    AlreadyCharged,
    AlreadyDeclined,
    Charged,
    Declined,
    Refunded,
    RefundRefused,
    Voided,
)
from services.payment.handlers import charge_payment, give_up_charging, give_up_refunding, refund_payment
from services.shipping import carrier as carriers
from services.shipping import domain as shipping
from services.shipping.domain import Parcel, Shipment, ShipmentStatus
from services.shipping.handlers import cancel_shipment, give_up_shipping, ship_order
from shared.events import (
    Compensation,
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefusal,
    PaymentVoided,
    ShippingFailed,
    ShippingRefusal,
    Shortage,
    merged,
)
from tests.domain.saying import said
from tests.domain.scripted import Scripted
from tests.domain.shop import NOON, order_created, placed

ID = "marple-1"
ORDERED = order_created()
LINES = merged(ORDERED.items)
PIECES = {"lamp": 2, "teacup": 6}
CLAIM = inventory.claim_of(ID, PIECES)
SHORT = (Shortage(product_id="lamp", requested=2, available=1),)
TOTAL = Decimal("67.60")
RESERVED = InventoryReserved(
    order_id=ID,
    customer_id="jane",
    currency="GBP",
    items=ORDERED.items,
    total=TOTAL,
    payment_method="tok_visa",
    shipping_address=ORDERED.shipping_address,
)
PAID = PaymentCompleted(
    order_id=ID,
    payment_id="pay-1",
    customer_id="jane",
    currency="GBP",
    amount=TOTAL,
    items=ORDERED.items,
    shipping_address=ORDERED.shipping_address,
)
DECLINED = PaymentFailed(order_id=ID, reason="payment_declined")
LOST = ShippingFailed(order_id=ID, reason="cancelled")
SHIPPED = OrderShipped(order_id=ID, shipment_id="s-1", tracking_number="t-1", carrier="c-1", items=LINES)
CHARGE = Charge("pay-1", TOTAL, "GBP")
PARCEL = Parcel("s-1", "t-1", "c-1")
ASKED = OrderCancellationRequested(order_id=ID, reason="customer", detail="it was the butler")


def reservation(status: ReservationStatus, reason: str = "") -> Reservation:
    return Reservation(ID, status, LINES, reason)


# Inventory


async def test_reserved() -> None:
    stock = Scripted(Held())
    outcome = await reserve_stock(placed(), None, stock)
    assert outcome == Decided(reservation(ReservationStatus.RESERVED), (RESERVED,), "reserved")
    assert stock.asked == [("hold", CLAIM, PIECES)]


@pytest.mark.parametrize(("shortages", "reason"), [(SHORT, "out_of_stock"), ((), "cancelled")])
async def test_refused(shortages: tuple[Shortage, ...], reason: str) -> None:
    failed = InventoryReservationFailed(order_id=ID, reason=reason, shortages=shortages)
    outcome = await reserve_stock(placed(), None, Scripted(Refused(shortages)))
    assert outcome == Decided(reservation(ReservationStatus.REFUSED, reason), (failed,), "refused")


@pytest.mark.parametrize(("shortages", "reason"), [(SHORT, "out_of_stock"), ((), "stock_unavailable")])
async def test_the_fallback_of_a_reservation(shortages: tuple[Shortage, ...], reason: str) -> None:
    stock = Scripted(Refused(shortages))
    failed = InventoryReservationFailed(order_id=ID, reason=reason, shortages=shortages)
    outcome = await give_up_reserving(placed(), None, stock)
    assert outcome == Decided(reservation(ReservationStatus.REFUSED, reason), (failed,), "refused")
    assert stock.asked == [("refuse", CLAIM, PIECES)]


async def test_the_fallback_of_a_reservation_that_is_held() -> None:
    outcome = await give_up_reserving(placed(), None, Scripted(Held()))
    assert outcome == Decided(reservation(ReservationStatus.RESERVED), (RESERVED,), "reserved")


@pytest.mark.parametrize("handler", [reserve_stock, give_up_reserving])
async def test_a_tombstone_keeps_its_promise(handler: Any) -> None:  # noqa: ANN401 -- one of the two
    stock = Scripted(None)
    failed = InventoryReservationFailed(order_id=ID, reason="cancelled")
    outcome = await handler(placed(), inventory.tombstone(ID, "cancelled").state, stock)
    assert outcome == Decided(reservation(ReservationStatus.REFUSED, "cancelled"), (failed,), "refused")
    assert stock.asked == [("release", CLAIM, PIECES)]


@pytest.mark.parametrize("handler", [reserve_stock, give_up_reserving])
async def test_a_known_order_is_a_duplicate_and_gives_back_what_others_hold(handler: Any) -> None:  # noqa: ANN401
    stock = Scripted(None)
    assert await handler(placed(), reservation(ReservationStatus.RESERVED), stock) == Ignored("duplicate")
    assert stock.asked == []
    other = Reservation(ID, ReservationStatus.RESERVED, LINES[:1])
    assert await handler(placed(), other, stock) == Ignored("duplicate")
    assert stock.asked == [("release", CLAIM, PIECES)]


@pytest.mark.parametrize("handler", [release_stock, give_up_releasing])
async def test_nothing_to_release(handler: Any) -> None:  # noqa: ANN401 -- one of the two
    tombstone = Reservation(ID, ReservationStatus.TOMBSTONE, (), "payment_declined")
    assert await handler(said(DECLINED), None, Scripted()) == Decided(tombstone, (), "tombstone")
    gone = reservation(ReservationStatus.SHIPPED)
    why = "PaymentFailed.v1 for an order whose items have left the warehouse"
    assert await handler(said(DECLINED), gone, Scripted()) == Rejected("already_shipped", why)
    done = reservation(ReservationStatus.RELEASED, "x")
    assert await handler(said(DECLINED), done, Scripted()) == Ignored("nothing held")


async def test_released() -> None:
    stock = Scripted(None)
    released = InventoryReleased(order_id=ID, items=LINES, reason="payment_declined")
    outcome = await release_stock(said(DECLINED), reservation(ReservationStatus.RESERVED), stock)
    state = reservation(ReservationStatus.RELEASED, "payment_declined")
    assert outcome == Decided(state, (released,), "released")
    assert stock.asked == [("release", CLAIM, PIECES)]


async def test_the_fallback_of_a_release() -> None:
    failed = CompensationFailed(order_id=ID, compensation=Compensation.RELEASE, reason="stock_unavailable")
    outcome = await give_up_releasing(said(DECLINED), reservation(ReservationStatus.RESERVED), Scripted())
    state = reservation(ReservationStatus.RELEASE_FAILED, "stock_unavailable")
    assert outcome == Decided(state, (failed,), "release failed", owed="the release: stock_unavailable")


async def test_shipped() -> None:
    stock = Scripted(None)
    outcome = await ship_stock(said(SHIPPED), reservation(ReservationStatus.RESERVED), stock)
    assert outcome == Decided(reservation(ReservationStatus.SHIPPED), (), "shipped")
    assert stock.asked == [("ship", CLAIM, PIECES)]
    refused = await ship_stock(said(SHIPPED), reservation(ReservationStatus.REFUSED), stock)
    assert refused == Rejected("nothing_reserved", "the order has shipped, but its items are REFUSED")


def test_the_form_of_a_claim_never_changes() -> None:
    """What is stored under it must be found by every release."""
    assert CLAIM == "marple-1.02e31ec5"


# Payment


async def test_charged() -> None:
    gateway = Scripted(Charged("pay-1"))
    outcome = await charge_payment(said(RESERVED), None, gateway)
    assert outcome == Decided(Payment(ID, PaymentStatus.CHARGED, CHARGE), (PAID,), "charged")
    assert gateway.asked == [("charge", f"payment_{ID}", TOTAL, "GBP", "tok_visa", ID)]


FAILED = [
    ("declined", "payment_declined", "no money"),
    ("voided", "voided", ""),
    ("given up", "gateway_unavailable", ""),
    ("given up, declined before", "payment_declined", "no money"),
    ("refund, declined before", "payment_declined", "no money"),
]


@pytest.mark.parametrize(("what", "reason", "detail"), FAILED)
async def test_not_charged(what: str, reason: str, detail: str) -> None:
    void = [("void", f"payment_{ID}", ID)]
    match what:
        case "declined":
            outcome = await charge_payment(said(RESERVED), None, Scripted(Declined("no money")))
        case "voided":
            outcome = await charge_payment(said(RESERVED), None, Scripted(Voided()))
        case "given up":
            gateway = Scripted(Voided())
            outcome = await give_up_charging(said(RESERVED), None, gateway)
            assert gateway.asked == void
        case "given up, declined before":
            outcome = await give_up_charging(said(RESERVED), None, Scripted(AlreadyDeclined("no money")))
        case _:
            gateway = Scripted(AlreadyDeclined("no money"))
            outcome = await refund_payment(said(LOST), None, gateway)
            assert gateway.asked == void
    failed = PaymentFailed(order_id=ID, reason=reason, detail=detail)
    assert outcome == Decided(Payment(ID, PaymentStatus.FAILED, reason=reason), (failed,), reason)


async def test_the_fallback_of_a_charge_that_was_made() -> None:
    outcome = await give_up_charging(said(RESERVED), None, Scripted(AlreadyCharged("pay-1", TOTAL, "GBP")))
    assert outcome == Decided(Payment(ID, PaymentStatus.CHARGED, CHARGE), (PAID,), "charged")


async def test_voided() -> None:
    outcome = await refund_payment(said(LOST), None, Scripted(Voided()))
    voided = PaymentVoided(order_id=ID, reason="cancelled")
    assert outcome == Decided(Payment(ID, PaymentStatus.VOIDED, reason="cancelled"), (voided,), "voided")


@pytest.mark.parametrize("state", [None, Payment(ID, PaymentStatus.CHARGED, CHARGE)])
async def test_refunded(state: Payment | None) -> None:
    before: list[object] = [] if state else [AlreadyCharged("pay-1", TOTAL, "GBP")]
    gateway = Scripted(*before, Refunded("ref-1"))
    refunded = PaymentRefunded(order_id=ID, refund_id="ref-1", currency="GBP", amount=TOTAL, reason="cancelled")
    outcome = await refund_payment(said(LOST), state, gateway)
    after = Payment(ID, PaymentStatus.REFUNDED, CHARGE, "ref-1", "cancelled")
    assert outcome == Decided(after, (refunded,), "refunded")
    assert gateway.asked[-1] == ("refund", f"refund_{ID}", "pay-1", TOTAL, "GBP", ID)


async def test_refund_refused() -> None:
    outcome = await refund_payment(
        said(LOST), Payment(ID, PaymentStatus.CHARGED, CHARGE), Scripted(RefundRefused("the card was closed"))
    )
    failed = CompensationFailed(order_id=ID, compensation=Compensation.REFUND, reason="the card was closed")
    state = Payment(ID, PaymentStatus.REFUND_FAILED, CHARGE, reason="the card was closed")
    assert outcome == Decided(state, (failed,), "refund failed", owed="the refund: the card was closed")


@pytest.mark.parametrize("charge", [None, CHARGE])
async def test_the_fallback_of_a_refund(charge: Charge | None) -> None:
    state = Payment(ID, PaymentStatus.CHARGED, charge) if charge else None
    failed = CompensationFailed(order_id=ID, compensation=Compensation.REFUND, reason="gateway_unavailable")
    outcome = await give_up_refunding(said(LOST), state, Scripted())
    after = Payment(ID, PaymentStatus.REFUND_FAILED, charge, reason="gateway_unavailable")
    assert outcome == Decided(after, (failed,), "refund failed", owed="the refund: gateway_unavailable")


def test_a_failure_has_no_detail_unless_there_is_one() -> None:
    decisions: list[Decided[Any]] = [
        payment.failed(ID, PaymentRefusal.VOIDED),
        shipping.failed(ID, ShippingRefusal.VOIDED),
        shipping.cancelled(ID, "customer"),
    ]
    assert [decided.answers for decided in decisions] == [
        (PaymentFailed(order_id=ID, reason="voided", detail=""),),
        (ShippingFailed(order_id=ID, reason="voided", detail=""),),
        (ShippingFailed(order_id=ID, reason="cancelled", detail=""),),
    ]


# Shipping


async def test_parcel_is_on_its_way() -> None:
    carrier = Scripted(carriers.Booked("s-1", "t-1", "c-1"))
    outcome = await ship_order(said(PAID), None, carrier)
    state = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL, announced=True)
    assert outcome == Decided(state, (SHIPPED,), "shipped")
    assert carrier.asked == [("book", f"shipment_{ID}", ID, ORDERED.shipping_address, PIECES)]


async def test_the_fallback_of_a_booking_that_was_made() -> None:
    carrier = Scripted(carriers.AlreadyBooked("s-1", "t-1", "c-1"))
    outcome = await give_up_shipping(said(PAID), None, carrier)
    state = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL, announced=True)
    assert outcome == Decided(state, (SHIPPED,), "shipped")
    assert carrier.asked == [("void", f"shipment_{ID}", ID)]


@pytest.mark.parametrize("handler", [ship_order, give_up_shipping])
async def test_a_parcel_that_only_the_carrier_knew_of_is_announced(handler: Any) -> None:  # noqa: ANN401
    known = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL)
    state = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL, announced=True)
    assert await handler(said(PAID), known, Scripted()) == Decided(state, (SHIPPED,), "shipped")
    assert await handler(said(PAID), state, Scripted()) == Ignored("already shipped")


NOT_SHIPPED = [
    (ship_order, carriers.NotServed("penguins"), "address_not_served", "penguins"),
    (ship_order, carriers.Voided(), "voided", ""),
    (give_up_shipping, carriers.Voided(), "carrier_unavailable", ""),
    (give_up_shipping, carriers.AlreadyRefused("penguins"), "address_not_served", "penguins"),
]


@pytest.mark.parametrize(("handler", "answer", "reason", "detail"), NOT_SHIPPED)
async def test_not_shipped(handler: Any, answer: object, reason: str, detail: str) -> None:  # noqa: ANN401
    failed = ShippingFailed(order_id=ID, reason=reason, detail=detail)
    outcome = await handler(said(PAID), None, Scripted(answer))
    assert outcome == Decided(Shipment(ID, ShipmentStatus.FAILED, reason=reason), (failed,), reason)


async def test_cancelled() -> None:
    carrier = Scripted(carriers.Voided())
    failed = ShippingFailed(order_id=ID, reason="cancelled", detail="it was the butler")
    outcome = await cancel_shipment(said(ASKED), None, carrier)
    assert outcome == Decided(Shipment(ID, ShipmentStatus.CANCELLED, reason="cancelled"), (failed,), "cancelled")
    assert carrier.asked == [("void", f"shipment_{ID}", ID)]


async def test_cancelled_after_the_carrier_has_refused() -> None:
    failed = ShippingFailed(order_id=ID, reason="address_not_served", detail="penguins")
    outcome = await cancel_shipment(said(ASKED), None, Scripted(carriers.AlreadyRefused("penguins")))
    state = Shipment(ID, ShipmentStatus.FAILED, reason="address_not_served")
    assert outcome == Decided(state, (failed,), "address_not_served")


async def test_too_late_to_cancel() -> None:
    rejected = OrderCancellationRejected(order_id=ID, reason="already_shipped")
    state = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL)
    outcome = await cancel_shipment(said(ASKED), None, Scripted(carriers.AlreadyBooked("s-1", "t-1", "c-1")))
    assert outcome == Decided(state, (rejected,), "too late to cancel")
    assert await cancel_shipment(said(ASKED), state, Scripted()) == outcome


# Order

POLICY = OrderPolicy(timedelta(minutes=15))
FACTS: list[tuple[EventData, Fact, OrderStatus, str, str]] = [
    (RESERVED, Fact.RESERVED, OrderStatus.INVENTORY_RESERVED, "", ""),
    (PAID, Fact.PAID, OrderStatus.PAID, "", ""),
    (DECLINED, Fact.NOT_PAID, OrderStatus.COMPENSATING, "payment_declined", "payment_declined"),
    (LOST, Fact.NOT_SHIPPED, OrderStatus.COMPENSATING, "cancelled", "cancelled"),
    (SHIPPED, Fact.SHIPPED, OrderStatus.PENDING, "c-1 t-1", ""),
]


@pytest.mark.parametrize(("data", "fact", "status", "note", "reason"), FACTS)
async def test_a_fact_is_noted_with_its_event(
    data: OrderEvent, fact: Fact, status: OrderStatus, note: str, reason: str
) -> None:
    event = said(data)
    outcome = await note_fact(event, None, POLICY)
    assert isinstance(outcome, Decided)
    assert outcome.note == status.lower()
    known = outcome.state
    assert (known.facts, known.status, known.reason) == ((fact,), status, reason)
    assert known.history == (Entry(event.type, event.id, NOON, note),)
    assert known.items == (ORDERED.items if data is RESERVED else ())
    assert await note_fact(event, known, POLICY) == Ignored("duplicate")


async def test_an_order_is_what_inventory_has_reserved_whichever_event_is_heard_first() -> None:
    other = placed(items=({"product_id": "lamp", "quantity": 1, "unit_price": "1.00"},))
    first = await note_fact(said(RESERVED), None, POLICY)
    assert isinstance(first, Decided)
    second = await open_order(other, first.state, POLICY)
    assert isinstance(second, Decided)
    assert (second.state.items, second.state.total) == (ORDERED.items, TOTAL)
    assert second.note == "inventory_reserved"


async def test_an_order_opens_only_once() -> None:
    opened = await open_order(placed(), None, POLICY)
    assert isinstance(opened, Decided)
    assert opened.state.items == ORDERED.items
    assert await open_order(placed(event_id="evt-2"), opened.state, POLICY) == Ignored("duplicate")


async def test_an_end_is_said_once_with_what_it_cost_or_why() -> None:
    opened = (await open_order(placed(), None, POLICY)).state  # type: ignore[union-attr] # it decides
    completed = await note_fact(said(SHIPPED), opened, POLICY)
    assert isinstance(completed, Decided)
    assert completed.answers == (OrderCompleted(order_id=ID, currency="GBP", total=TOTAL),)
    later = await note_fact(said(PAID), completed.state, POLICY)
    assert isinstance(later, Decided)
    assert later.answers == ()
    failed = InventoryReservationFailed(order_id=ID, reason="out_of_stock")
    cancelled = await note_fact(said(failed), opened, POLICY)
    assert isinstance(cancelled, Decided)
    assert cancelled.answers == (OrderCancelled(order_id=ID, reason="out_of_stock"),)


async def test_the_first_order_is_heard_after_its_end() -> None:
    """What closes it then is the order itself."""
    shipped = (await note_fact(said(SHIPPED), None, POLICY)).state  # type: ignore[union-attr] # it decides
    outcome = await open_order(placed(), shipped, POLICY)
    assert isinstance(outcome, Decided)
    assert outcome.answers == (OrderCompleted(order_id=ID, currency="GBP", total=TOTAL),)


@pytest.mark.parametrize("broken", [{"currency": None}, {"total": None}])
def test_a_closed_order_has_been_placed(broken: dict[str, None]) -> None:
    known: dict[str, Any] = {"currency": "GBP", "total": TOTAL, **broken}
    with pytest.raises(AssertionError, match=r"^a closed order has been placed$"):
        order.closing(None, Order(ID, status=OrderStatus.COMPLETED, **known))


def test_the_deadline_says_when_it_was() -> None:
    asked = order.cancellation_for(Order(ID, deadline=NOON))
    assert (asked.reason, asked.detail) == ("deadline", "not shipped by 2026-03-01T12:00:00Z")
    assert order.cancellation_for(Order(ID)).detail == "not shipped by its deadline"


def test_a_claim_says_whose_it_is() -> None:
    assert inventory.order_of(CLAIM) == ID
    assert inventory.order_of("a.b.c") == "a"


async def test_the_fallback_of_a_release_does_not_call_the_stock_if_nothing_is_held() -> None:
    stock = Scripted()
    await give_up_releasing(said(LOST), reservation(ReservationStatus.REFUSED), stock)
    assert stock.asked == []
