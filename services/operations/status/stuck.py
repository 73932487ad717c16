"""Orders that do not end, and which service is to say the next event. Pure: records in, services that must act out."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from quartet.cli.lag.lag import Standstill
from quartet.events import EventData
from services.inventory import domain as inventory
from services.inventory.domain import ReservationStatus
from services.operations.participants import INVENTORY, ORDER, PAYMENT, SHIPPING
from services.order.domain import CLOSED, Fact, OrderStatus, fact_of, status_of
from services.payment import domain as payment
from services.payment.domain import PaymentStatus
from services.shipping import domain as shipping
from services.shipping.domain import ShipmentStatus
from shared.events import (
    Compensation,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    ShippingFailed,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """An open dead letter: its id and its reason."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """An open order, as far as it is needed to say why.

    Attributes:
        status, facts: the order service's record; an order that it could not open has no status.
        reservation, payment, shipment: the other services' records; None if there is none.
        letters: the order's open dead letters, by service.
        partition: the hub's partition that its last event came from; empty if it is not known.
        behind: the dead letter that blocks it in the order service; empty if none does.
        is_late: whether its deadline has passed, so that its cancellation was asked for.
        because: why it makes no progress, see `reasons`.
    """

    order_id: str
    status: OrderStatus | None = None
    facts: AbstractSet[Fact] = frozenset()
    deadline: datetime | None = None
    reason: str = ""
    reservation: ReservationStatus | None = None
    payment: PaymentStatus | None = None
    shipment: ShipmentStatus | None = None
    letters: Mapping[str, Sequence[Letter]] = field(default_factory=dict)
    partition: str = ""
    behind: str = ""
    is_late: bool = True
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owes:
    """One of `events` is owed by `service`; `why` says what is known about the delay."""

    service: str
    events: tuple[type[EventData], ...]
    why: str
    letters: tuple[Letter, ...] = ()


_STOCK_IS_BACK: Final = frozenset({Fact.NOT_RESERVED, Fact.RELEASED})
_MONEY_IS_BACK: Final = frozenset({Fact.NOT_RESERVED, Fact.NOT_PAID, Fact.REFUNDED, Fact.VOIDED})


def owed_by(order: Stuck) -> tuple[Owes, ...]:
    """Which service is to say which event next.

    A service has said what it has recorded, or will say it when it runs again: then the order service has not heard
    it. Nothing is missing of an order that has ended, even if a dead letter of it is open.
    """
    if order.status in CLOSED:
        return ()
    said = _said(order)
    unheard = {fact: event for fact, event in said.items() if fact not in order.facts}
    facts = order.facts | said.keys()
    owes = [] if Fact.PLACED in facts else [_owes(order, ORDER.name, "it has not opened the order", OrderCreated)]
    if unheard:
        owes.append(_owes(order, ORDER.name, "it has not heard what others have recorded", *unheard.values()))
    status = status_of(facts | {Fact.PLACED})
    if status in CLOSED:
        end = OrderCompleted if status is OrderStatus.COMPLETED else OrderCancelled
        return tuple(owes) or (_owes(order, ORDER.name, "all is known", end),)
    going_back = status in {OrderStatus.COMPENSATING, OrderStatus.NEEDS_ATTENTION}
    return (*owes, *(_compensations(order, facts) if going_back else _next_step(order, facts)))


def _said(order: Stuck) -> dict[Fact, type[EventData]]:
    recorded = (
        (order.reservation and inventory.SAID.get(order.reservation), Compensation.RELEASE),
        (order.payment and payment.SAID.get(order.payment), Compensation.REFUND),
        (order.shipment and shipping.SAID.get(order.shipment), None),
    )
    return {fact_of(event, compensation): event for event, compensation in recorded if event}


def _compensations(order: Stuck, facts: AbstractSet[Fact]) -> Iterator[Owes]:
    """The compensations that are not confirmed."""
    if facts.isdisjoint(_STOCK_IS_BACK):
        held = order.reservation in {ReservationStatus.RESERVED, ReservationStatus.RELEASE_FAILED}
        events = (InventoryReleased,) if held else (InventoryReleased, InventoryReservationFailed)
        why = "it could not release the stock" if order.reservation is ReservationStatus.RELEASE_FAILED else ""
        yield _owes(order, INVENTORY.name, why or _heard(order.reservation), *events)
    if facts.isdisjoint(_MONEY_IS_BACK):
        charged = order.payment in {PaymentStatus.CHARGED, PaymentStatus.REFUND_FAILED}
        refunds = (PaymentRefunded,) if charged else (PaymentRefunded, PaymentVoided)
        why = "it could not refund the money" if order.payment is PaymentStatus.REFUND_FAILED else ""
        yield _owes(order, PAYMENT.name, why or _heard(order.payment), *refunds)


def _next_step(order: Stuck, facts: AbstractSet[Fact]) -> Iterator[Owes]:
    """The service that must act next; and shipping, which decides about the cancellation at the deadline."""
    if Fact.RESERVED not in facts:
        yield _owes(order, INVENTORY.name, _heard(order.reservation), InventoryReserved, InventoryReservationFailed)
    elif Fact.PAID not in facts:
        yield _owes(order, PAYMENT.name, _heard(order.payment), PaymentCompleted, PaymentFailed)
    else:
        yield _owes(order, SHIPPING.name, _heard(order.shipment), OrderShipped, ShippingFailed)
        return
    if order.deadline is not None and order.is_late:
        yield _owes(order, SHIPPING.name, "it has not decided about the cancellation at the deadline", ShippingFailed)


def _owes(order: Stuck, service: str, why: str, *events: type[EventData]) -> Owes:
    return Owes(service, events, why, tuple(order.letters.get(service, ())))


def _heard(recorded: object) -> str:
    return "it has recorded nothing of the order" if recorded is None else f"it has recorded {recorded}"


def reasons(order: Stuck, now: datetime, grace: timedelta, standstill: Standstill) -> tuple[str, ...]:
    """Why an order makes no progress; nothing if it has ended or has time left, and nothing is known to hold it up.

    It is late when its deadline has passed for longer than `grace`. What blocks it is reported anyway. A dead letter is
    reported for an order that has ended, too: a service has not heard something of it.
    """
    found = []
    if order.status not in CLOSED and order.deadline is not None and order.deadline + grace <= now:
        found.append("its deadline has passed")
    if order.status is OrderStatus.NEEDS_ATTENTION:
        found.append("a compensation has failed")
    letters = [(service, letter) for service, some in order.letters.items() for letter in some]
    found += [f"dead letter {letter.id} of {service} ({letter.reason})" for service, letter in letters]
    stored = {letter.id for _, letter in letters}
    if order.behind and order.behind not in stored:
        found.append(f"it waits behind dead letter {order.behind} of {ORDER.name}")
    silent = dict(standstill.silent)
    for service in dict.fromkeys(owes.service for owes in owed_by(order)):
        if standstill.holds(service, order.partition):
            found.append(f"partition {order.partition} is stalled for {service}")
        elif service in silent:
            found.append(f"{service} does not run")
    held = (one.service for one in standstill.standing if one.head.subject == order.order_id)
    found += [f"{service} is stalled at an event of it" for service in held]
    return tuple(dict.fromkeys(found))
