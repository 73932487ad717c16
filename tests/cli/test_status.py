from datetime import UTC, datetime, timedelta
from decimal import Decimal

from rich.console import Console

from services.inventory.domain import Reservation, ReservationStatus
from services.operations.status.status import Whereabouts, status_json
from services.operations.status.view import status_view
from services.order.domain import Entry, Fact, Order, OrderStatus
from services.payment.domain import Charge, Payment, PaymentStatus
from shared.events import Line

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

PAID = Whereabouts(
    "ord-1",
    order=Order(
        "ord-1",
        status=OrderStatus.PAID,
        facts=(Fact.PLACED, Fact.RESERVED, Fact.PAID),
        history=(Entry("OrderCreated.v1", "created", NOON, "17.80 EUR"),),
        currency="EUR",
        total=Decimal("17.80"),
        deadline=NOON + timedelta(minutes=15),
    ),
    reservation=Reservation("ord-1", ReservationStatus.RESERVED, (Line(product_id="rosin", quantity=2),)),
    payment=Payment("ord-1", PaymentStatus.CHARGED, Charge("pay-1", Decimal("17.80"), "EUR")),
    ledger={"payment_ord-1": {"kind": "charge", "outcome": "charged", "amount": "17.80", "currency": "EUR"}},
)


def shown(known: Whereabouts, now: datetime = NOON) -> str:
    console = Console(width=140, no_color=True)
    with console.capture() as capture:
        console.print(status_view(known, now))
    return capture.get()


def test_people_see_the_status_the_deadline_and_each_service() -> None:
    text = shown(PAID)
    assert "Order ord-1  PAID  17.80 EUR  deadline 2026-03-01T12:15:00Z" in text
    for words in ("OrderCreated.v1", "RESERVED", "2 x rosin", "CHARGED", "payment_ord-1 17.80 EUR", "nothing"):
        assert words in text


def test_an_order_past_its_deadline_is_said_to_be_overdue() -> None:
    assert "overdue since 2026-03-01T12:15:00Z" in shown(PAID, NOON + timedelta(hours=1))


def test_an_order_of_which_only_a_cancellation_is_known_can_be_shown() -> None:
    early = Whereabouts("ord-2", reservation=Reservation("ord-2", ReservationStatus.TOMBSTONE, reason="cancelled"))
    assert early.is_known
    assert "not known to the order service" in shown(early)


def test_an_unknown_order_is_reported_as_unknown() -> None:
    assert not Whereabouts("ord-3").is_known


def test_programs_get_amounts_as_text_and_null_for_what_is_not_recorded() -> None:
    known = status_json(PAID)
    assert known["order"]["total"] == "17.80"
    assert known["order"]["deadline"] == "2026-03-01T12:15:00Z"
    assert known["payment"]["charge"]["amount"] == "17.80"
    assert known["shipping"] is None
    assert known["ledger"]["payment_ord-1"]["outcome"] == "charged"
