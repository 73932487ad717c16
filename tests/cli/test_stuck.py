"""Which service owes the next event: read from what all four have recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from quartet.stuck import Letter, Stuck, is_stuck, owed_by, stuck_json
from services.inventory.domain import ReservationStatus
from services.order.domain import Fact, OrderStatus, status_of
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
LETTER = Letter("2-7-abc", "handler_failed")


def stuck(*facts: Fact, **known: object) -> Stuck:
    heard = frozenset({Fact.PLACED, *facts})
    return Stuck("o-1", status_of(heard), heard, deadline=NOON, **known)  # type: ignore[arg-type]  # by name


def owed(order: Stuck) -> dict[str, set[str]]:
    """The events that each service owes, without their versions."""
    return {owes.service: {event.type.partition(".")[0] for event in owes.events} for owes in owed_by(order)}


RESERVED = ReservationStatus.RESERVED
FORWARD = [
    (stuck(), {"inventory": {"InventoryReserved", "InventoryReservationFailed"}, "shipping": {"ShippingFailed"}}),
    (
        stuck(Fact.RESERVED, reservation=RESERVED),
        {"payment": {"PaymentCompleted", "PaymentFailed"}, "shipping": {"ShippingFailed"}},
    ),
    (
        stuck(Fact.RESERVED, Fact.PAID, reservation=RESERVED, payment=PaymentStatus.CHARGED),
        {"shipping": {"OrderShipped", "ShippingFailed"}},
    ),
]


@pytest.mark.parametrize(("order", "expected"), FORWARD)
def test_on_the_way_forward_the_next_one_owes_its_step(order: Stuck, expected: dict[str, set[str]]) -> None:
    """And shipping, which decides about every cancellation, its answer to the one at the deadline."""
    assert owed(order) == expected


def test_what_was_recorded_was_said_and_not_heard_by_the_order_service() -> None:
    order = stuck(reservation=RESERVED, payment=PaymentStatus.CHARGED, shipment=ShipmentStatus.SHIPPED)
    assert owed(order) == {"order": {"InventoryReserved", "PaymentCompleted", "OrderShipped"}}


def test_after_a_failure_whoever_holds_something_owes_it_back() -> None:
    order = stuck(
        Fact.RESERVED, Fact.PAID, Fact.NOT_SHIPPED,
        reservation=RESERVED, payment=PaymentStatus.CHARGED, shipment=ShipmentStatus.FAILED,
    )  # fmt: skip
    assert owed(order) == {"inventory": {"InventoryReleased"}, "payment": {"PaymentRefunded"}}


def test_who_has_heard_nothing_yet_owes_one_of_two_answers() -> None:
    order = stuck(Fact.NOT_SHIPPED, shipment=ShipmentStatus.CANCELLED)
    assert owed(order) == {
        "inventory": {"InventoryReleased", "InventoryReservationFailed"},
        "payment": {"PaymentRefunded", "PaymentVoided"},
    }


def test_a_refund_that_failed_names_its_dead_letter() -> None:
    order = stuck(
        Fact.NOT_SHIPPED, Fact.RELEASED, Fact.REFUND_FAILED,
        reservation=ReservationStatus.RELEASED, payment=PaymentStatus.REFUND_FAILED, shipment=ShipmentStatus.FAILED,
        letters={"payment": [LETTER], "order": [Letter("elsewhere", "waiting")]},
    )  # fmt: skip
    assert order.status is OrderStatus.NEEDS_ATTENTION
    [owes] = owed_by(order)
    assert (owes.service, owes.why, owes.letters) == ("payment", "it could not refund the money", (LETTER,))
    assert stuck_json([order])[0]["owes"] == [
        {
            "service": "payment",
            "events": ["PaymentRefunded.v1"],
            "why": "it could not refund the money",
            "dead_letters": [{"id": "2-7-abc", "reason": "handler_failed"}],
        }
    ]


def test_a_declined_card_leaves_only_the_stock_to_be_given_back() -> None:
    order = stuck(Fact.RESERVED, Fact.NOT_PAID, reservation=RESERVED, payment=PaymentStatus.FAILED)
    assert owed(order) == {"inventory": {"InventoryReleased"}}


def test_an_order_that_could_not_be_opened_is_owed_by_the_order_service() -> None:
    order = Stuck("o-1", reservation=RESERVED, letters={"order": [LETTER]})
    first, *_ = owed_by(order)
    assert (first.service, [event.type for event in first.events], first.letters) == (
        "order",
        ["OrderCreated.v1"],
        (LETTER,),
    )


def test_when_everything_is_known_only_the_end_is_missing() -> None:
    everything = {Fact.PLACED, Fact.RESERVED, Fact.PAID, Fact.SHIPPED}
    assert owed(Stuck("o-1", OrderStatus.PAID, frozenset(everything))) == {"order": {"OrderCompleted"}}


@pytest.mark.parametrize(
    ("status", "deadline", "expected"),
    [
        (OrderStatus.PAID, NOON - timedelta(minutes=1), True),
        (OrderStatus.PAID, NOON - timedelta(seconds=59), False),
        (OrderStatus.COMPENSATING, NOON - timedelta(minutes=1), True),
        (OrderStatus.NEEDS_ATTENTION, NOON + timedelta(days=1), True),
        (OrderStatus.COMPENSATING, None, False),
        (None, None, True),
    ],
)
def test_an_order_is_stuck_past_its_deadline_and_grace(
    status: OrderStatus | None, deadline: datetime | None, expected: bool
) -> None:
    assert is_stuck(status, deadline, NOON, timedelta(minutes=1)) is expected
