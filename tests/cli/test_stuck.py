"""Which service must say the next event: read from the records of all four."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quartet.cli.lag.lag import Head, Standing, Standstill
from services.inventory.domain import ReservationStatus
from services.operations.status.stuck import Letter, Stuck, owed_by, reasons
from services.operations.status.stuck_reading import StuckReport
from services.operations.status.stuck_view import stuck_json
from services.order.domain import Fact, OrderStatus, status_of
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
LETTER = Letter("2-7-abc", "handler_failed")


def stuck(*facts: Fact, **known: object) -> Stuck:
    heard = frozenset({Fact.PLACED, *facts})
    return Stuck("o-1", status_of(heard), heard, deadline=NOON, **known)  # type: ignore[arg-type]  # by name


def owed(order: Stuck) -> dict[str, set[str]]:
    """The events that each service must say, without their versions."""
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
def test_on_the_way_forward_the_next_step_is_missing(order: Stuck, expected: dict[str, set[str]]) -> None:
    """And shipping, which decides about every cancellation, its answer to the one at the deadline."""
    assert owed(order) == expected


def test_a_recorded_step_counts_as_said_and_not_heard_by_the_order_service() -> None:
    order = stuck(reservation=RESERVED, payment=PaymentStatus.CHARGED, shipment=ShipmentStatus.SHIPPED)
    assert owed(order) == {"order": {"InventoryReserved", "PaymentCompleted", "OrderShipped"}}


def test_after_a_failure_the_compensations_are_missing() -> None:
    order = stuck(
        Fact.RESERVED, Fact.PAID, Fact.NOT_SHIPPED,
        reservation=RESERVED, payment=PaymentStatus.CHARGED, shipment=ShipmentStatus.FAILED,
    )  # fmt: skip
    assert owed(order) == {"inventory": {"InventoryReleased"}, "payment": {"PaymentRefunded"}}


def test_a_service_that_has_heard_nothing_may_give_one_of_two_answers() -> None:
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
    assert stuck_json(StuckReport((order,), 0, ()), Standstill())["orders"][0]["owes"] == [
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


def test_before_the_deadline_shipping_has_nothing_to_decide() -> None:
    assert owed(stuck(is_late=False)) == {"inventory": {"InventoryReserved", "InventoryReservationFailed"}}


MINUTE = timedelta(minutes=1)
CALM = Standstill()
HEAD = Head(7, "InventoryReserved.v1", "somebody-elses", NOON - timedelta(minutes=5))
PAYMENT_STANDS = Standstill((Standing("payment", "2", HEAD, timedelta(minutes=5), 9),))


@pytest.mark.parametrize(
    ("status", "deadline", "expected"),
    [
        (OrderStatus.PAID, NOON - MINUTE, ("its deadline has passed",)),
        (OrderStatus.PAID, NOON - timedelta(seconds=59), ()),
        (OrderStatus.NEEDS_ATTENTION, NOON + timedelta(days=1), ("a compensation has failed",)),
        (OrderStatus.COMPENSATING, None, ()),
        (None, None, ()),
    ],
)
def test_an_order_is_late_past_its_deadline_and_grace(
    status: OrderStatus | None, deadline: datetime | None, expected: tuple[str, ...]
) -> None:
    assert reasons(Stuck("o-1", status, deadline=deadline), NOON, MINUTE, CALM) == expected


def in_time(**known: object) -> Stuck:
    """An order with time left, which payment should charge next."""
    return replace(stuck(Fact.RESERVED, reservation=RESERVED, is_late=False, **known), deadline=NOON + MINUTE)


def test_with_time_left_and_nothing_known_an_order_is_not_stuck() -> None:
    assert reasons(in_time(partition="2"), NOON, MINUTE, CALM) == ()


def test_a_dead_letter_does_not_wait_for_the_deadline() -> None:
    order = in_time(letters={"payment": [LETTER]})
    assert reasons(order, NOON, MINUTE, CALM) == ("dead letter 2-7-abc of payment (handler_failed)",)


def test_nothing_is_missing_of_an_order_that_has_ended_and_its_dead_letter_is_shown() -> None:
    done = replace(in_time(letters={"shipping": [LETTER]}), status=OrderStatus.COMPLETED, deadline=NOON - 2 * MINUTE)
    assert owed_by(done) == ()
    assert reasons(done, NOON, MINUTE, CALM) == ("dead letter 2-7-abc of shipping (handler_failed)",)
    told = stuck_json(StuckReport((replace(done, because=("a letter",)),), 0, ()), CALM)["orders"][0]
    assert (told["status"], told["because"], told["owes"]) == ("COMPLETED", ["a letter"], [])


def test_a_parked_dead_letter_that_cannot_be_found_is_shown() -> None:
    assert reasons(in_time(behind="2-9-def"), NOON, MINUTE, CALM) == ("it waits behind dead letter 2-9-def of order",)
    known = in_time(behind=LETTER.id, letters={"order": [LETTER]})
    assert reasons(known, NOON, MINUTE, CALM) == ("dead letter 2-7-abc of order (handler_failed)",)


def test_an_order_whose_next_event_is_in_a_stalled_partition_is_stuck_immediately() -> None:
    assert reasons(in_time(partition="2"), NOON, MINUTE, PAYMENT_STANDS) == ("partition 2 is stalled for payment",)


def test_a_stalled_partition_affects_no_other_partition_and_no_other_service() -> None:
    assert reasons(in_time(partition="1"), NOON, MINUTE, PAYMENT_STANDS) == ()
    paid = replace(in_time(partition="2", payment=PaymentStatus.CHARGED), facts=PAID_FACTS)
    assert reasons(paid, NOON, MINUTE, PAYMENT_STANDS) == ()


PAID_FACTS = frozenset({Fact.PLACED, Fact.RESERVED, Fact.PAID})


def test_the_order_of_the_stalled_event_is_stuck_even_if_it_is_unknown() -> None:
    standing = Standstill((Standing("order", "2", replace(HEAD, subject="o-1"), MINUTE, 1),))
    assert reasons(Stuck("o-1"), NOON, MINUTE, standing) == ("order is stalled at an event of it",)


def test_an_event_of_a_service_that_does_not_run_is_missing() -> None:
    assert reasons(in_time(partition="1"), NOON, MINUTE, Standstill((), (("payment", 3),))) == ("payment does not run",)
    assert reasons(in_time(partition="1"), NOON, MINUTE, Standstill((), (("shipping", 3),))) == ()
