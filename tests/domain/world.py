"""The four services, one order, and every way in which things can happen to it.

A `World` is a state of the whole system: what each service has stored, which events have not been delivered to
whom, and what the outside (stock, gateway, carrier) has really done. `moves` lists what can happen next, and
`after` is the world in which it has happened. Nothing is assumed about the order of events.
"""

from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias, cast

from quartet.engine.declaration.outcome import Decided, Outcome, Rejected
from quartet.engine.declaration.participant import Participant
from quartet.engine.errors import TransientError
from quartet.events import Event, answer, new_event, service_source
from services.inventory.domain import ReservationStatus
from services.operations.participants import PARTICIPANTS
from services.order.domain import Order, OrderPolicy, OrderStatus
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus
from shared.events import OrderCancellationRequested, ShippingFailed, quantities
from tests.domain.fakes import FakeCarrier, FakeGateway, FakeStock, Piece
from tests.domain.shop import NOON, placed

SERVICES: Mapping[str, Participant[Any, Any]] = {participant.name: participant for participant in PARTICIPANTS}
Handling: TypeAlias = Coroutine[Any, Any, Outcome[Any]]
ORDER_ID = "marple-1"
SEEDED = {"lamp": 10, "teacup": 100}


class Doc(NamedTuple):
    """What a service has stored about the order: its state, and what it has answered to which event."""

    state: Any
    answered: Mapping[str, tuple[Event[Any], ...]]


class Move(NamedTuple):
    """Something that can happen.

    `deliver`: the service handles the event, stores the result and says its answers. `abandon`: it handles the
    event, and dies before it stores anything, or loses to another owner of the partition; `knowing` is the state
    that it believed in. `give up`: its retries are used up. `repeat`: the event is in the hub once more, or read once
    more after a crash.
    """

    kind: str
    service: str
    event: Event[Any]
    knowing: Any = None

    def __str__(self) -> str:
        return f"{self.kind} {self.event.type} ({self.event.id[:8]}) at {self.service}, knowing {self.knowing}"


def run_now(handling: Handling) -> Outcome[Any]:
    """Run a handler whose ports are in memory: it never waits, so it ends at the first step."""
    try:
        handling.send(None)
    except StopIteration as stop:
        outcome: Outcome[Any] = stop.value
        return outcome
    raise AssertionError("a handler waited for something that is no port")


@dataclass
class World:
    """One state of the system.

    `abandons`, `give_ups` and `repeats` are how many of these may still happen. With `stale_views`, an abandoned
    handler may have believed in any earlier state, not only in none or the present one. With `eager_notes` the
    order service hears everything immediately: it influences no other, so only its own part of the state space is
    left out.
    """

    stock: FakeStock
    seeded: Mapping[str, int]
    gateway: FakeGateway = field(default_factory=FakeGateway)
    carrier: FakeCarrier = field(default_factory=FakeCarrier)
    docs: dict[str, Doc] = field(default_factory=dict)
    pending: dict[str, dict[str, Event[Any]]] = field(default_factory=lambda: {name: {} for name in SERVICES})
    delivered: dict[tuple[str, str], Event[Any]] = field(default_factory=dict)
    earlier: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    abandons: int = 0
    give_ups: int = 0
    repeats: int = 0
    eager_notes: bool = True
    stale_views: bool = False

    def copy(self) -> "World":
        return replace(
            self,
            stock=self.stock.copy(),
            gateway=self.gateway.copy(),
            carrier=self.carrier.copy(),
            docs=dict(self.docs),
            pending={name: dict(events) for name, events in self.pending.items()},
            delivered=dict(self.delivered),
            earlier=dict(self.earlier),
        )

    def key(self) -> object:
        """Equal for worlds that cannot behave differently. The order of an order's history is no difference."""
        return (
            tuple((name, _essence(doc.state), frozenset(doc.answered)) for name, doc in sorted(self.docs.items())),
            tuple(frozenset(events) for events in self.pending.values()),
            frozenset(self.delivered) if self.repeats else None,
            self.stock.key(),
            self.gateway.key(),
            self.carrier.key(),
            (self.abandons, self.give_ups, self.repeats),
        )

    def state(self, service: str) -> Any:  # noqa: ANN401 -- each service has a state of its own
        doc = self.docs.get(service)
        return None if doc is None else doc.state

    # What can happen

    def moves(self) -> Iterator[Move]:
        for service, events in self.pending.items():
            for event in events.values():
                yield Move("deliver", service, event)
                if service == "order":
                    continue
                if self.give_ups and self._can_give_up(service, event):
                    yield Move("give up", service, event)
                if self.abandons:
                    yield from self._abandonments(service, event)
        if self.repeats:
            for (service, _id), event in self.delivered.items():
                if event.id not in self.pending[service]:
                    yield Move("repeat", service, event)

    @staticmethod
    def _can_give_up(service: str, event: Event[Any]) -> bool:
        return SERVICES[service].reaction_to(type(event.data)).fallback is not None

    def _abandonments(self, service: str, event: Event[Any]) -> Iterator[Move]:
        views = {None: None, self.state(service): None}
        if self.stale_views:
            views |= dict.fromkeys(self.earlier.get(service, ()))
        for view in views:
            yield Move("abandon", service, event, view)
            if service == "inventory":
                yield Move("abandon halfway", service, event, view)
            if self.give_ups and self._can_give_up(service, event):
                yield Move("abandon giving up", service, event, view)

    def after(self, move: Move) -> "World":
        world = self.copy()
        match move.kind:
            case "deliver":
                world.deliver(move.service, move.event)
            case "repeat":
                world.repeats -= 1
                world.pending[move.service][move.event.id] = move.event
            case "give up":
                world.give_ups -= 1
                world.deliver(move.service, move.event, giving_up=True)
            case "abandon":
                world.abandons -= 1
                world.run_in_vain(move)
            case "abandon halfway":
                world.abandons -= 1
                world.stock.interrupt_after = 1
                world.run_in_vain(move)
                world.stock.interrupt_after = None
            case "abandon giving up":
                world.abandons -= 1
                world.run_in_vain(move, giving_up=True)
            case kind:
                raise AssertionError(kind)
        return world

    # What the runtime does

    def deliver(self, service: str, event: Event[Any], *, giving_up: bool = False, again: bool = False) -> None:
        """Handle, store and say. `again`: an operator redrives it, whatever was answered before."""
        self.pending[service].pop(event.id, None)
        self.delivered[service, event.id] = event
        doc = self.docs.get(service)
        if doc is not None and event.type in SERVICES[service].opens:
            # It is expected to open the saga, so its document is not loaded before the create has failed.
            self._handle(service, event, None, giving_up=giving_up)
        if doc is not None and event.id in doc.answered and not again:
            self._say(doc.answered[event.id])
            return
        outcome = self._handle(service, event, doc and doc.state, giving_up=giving_up)
        assert not isinstance(outcome, Rejected), f"{service} rejects {event}: {outcome}"
        if isinstance(outcome, Decided):
            self._store(service, event, outcome)

    def _handle(self, service: str, event: Event[Any], state: object, *, giving_up: bool = False) -> Outcome[Any]:
        reaction = SERVICES[service].reaction_to(type(event.data))
        handler = reaction.fallback if giving_up else reaction.handler
        assert handler is not None
        return run_now(cast(Handling, handler(event, state, self._ports(service))))

    def run_in_vain(self, move: Move, *, giving_up: bool = False) -> None:
        """Only what the handler did outside remains. That it refuses to work on an old view is as good."""
        with suppress(TransientError):
            self._handle(move.service, move.event, move.knowing, giving_up=giving_up)

    def _ports(self, service: str) -> object:
        ports = {"inventory": self.stock, "payment": self.gateway, "shipping": self.carrier}
        return ports.get(service, POLICY)

    def _store(self, service: str, event: Event[Any], outcome: Decided[Any]) -> None:
        allowed = SERVICES[service].reaction_to(type(event.data)).says
        said = tuple(answer(event, data, source=service_source(service), time=NOON) for data in outcome.answers)
        assert all(type(data) in allowed for data in outcome.answers), (
            f"{service} may not say {said} about {event.type}"
        )
        doc = self.docs.get(service)
        if doc is not None:
            self.earlier[service] = (*self.earlier.get(service, ()), doc.state)
        self.docs[service] = Doc(outcome.state, {**(doc.answered if doc else {}), event.id: said})
        self._say(said)

    def _say(self, events: Iterable[Event[Any]]) -> None:
        for event in events:
            self.send(event)

    def send(self, event: Event[Any]) -> None:
        """The event is in the hub: everyone who hears its type will get it, some time."""
        for service, participant in SERVICES.items():
            if event.type not in participant.hears or (service, event.id) in self.delivered:
                continue
            self.pending[service][event.id] = event
            if service == "order" and self.eager_notes:
                self.deliver(service, event)

    # What must hold

    def check_always(self) -> None:
        """What must be true at every moment, whatever has happened so far."""
        held, shipped = self.stock.pieces(Piece.HELD), self.stock.pieces(Piece.SHIPPED)
        for product, seeded in self.seeded.items():
            left = self.stock.available[product]
            assert left >= 0
            assert left + held.get(product, 0) + shipped.get(product, 0) == seeded
        balance = self.gateway.balance()
        assert balance >= 0
        if self.carrier.parcels():
            assert balance == TOTAL, "shipped, but not paid"
        known: Order | None = self.state("order")
        if known is not None and known.status is OrderStatus.CANCELLED:
            assert not held, "cancelled, but stock is held"
            assert not shipped, "cancelled, but stock has left"
            assert balance == 0, "cancelled, but money is kept"
            assert not self.carrier.parcels(), "cancelled, but shipped"

    def check_end(self) -> None:
        """What must be true when every event has been heard: the saga has ended, and all agree how."""
        known: Order = self.state("order")
        statuses = {name: doc.state.status for name, doc in self.docs.items()}
        if known.status is OrderStatus.COMPLETED:
            assert statuses == {
                "order": OrderStatus.COMPLETED,
                "inventory": ReservationStatus.SHIPPED,
                "payment": PaymentStatus.CHARGED,
                "shipping": ShipmentStatus.SHIPPED,
            }
            assert self.stock.pieces(Piece.SHIPPED) == quantities(known.items)
            assert self.carrier.parcels() == 1
            assert self.gateway.balance() == TOTAL == known.total
            return
        assert known.status is OrderStatus.CANCELLED, f"not ended: {statuses}"
        assert known.reason
        assert statuses.get("inventory") in {ReservationStatus.REFUSED, ReservationStatus.RELEASED}
        assert statuses.get("payment") in {None, PaymentStatus.FAILED, PaymentStatus.VOIDED, PaymentStatus.REFUNDED}
        assert statuses.get("shipping") in {None, ShipmentStatus.FAILED, ShipmentStatus.CANCELLED}

    def owed(self) -> tuple[tuple[str, Event[ShippingFailed]], ...]:
        """The events that an operator must redrive: those whose compensation has failed."""
        failed = {"payment": PaymentStatus.REFUND_FAILED, "inventory": ReservationStatus.RELEASE_FAILED}
        return tuple(
            (service, event)
            for (service, _id), event in self.delivered.items()
            if service in failed
            and self.state(service) is not None
            and self.state(service).status is failed[service]
            and any(said.data.type == "CompensationFailed.v1" for said in self.docs[service].answered.get(event.id, ()))
        )


POLICY = OrderPolicy(deadline=NOON - NOON)
TOTAL: Decimal = placed().data.total


def _essence(state: object) -> object:
    return frozenset(state.facts) if isinstance(state, Order) else state


def new_world(
    *,
    method: str = "tok_visa",
    country: str = "GB",
    lamps: int = SEEDED["lamp"],
    cancellations: Iterable[str] = (),
    copies: int = 1,
    **budgets: Any,  # noqa: ANN401 -- as World takes them
) -> World:
    """A world in which the order and the cancellations have been sent, and no service has heard anything yet.

    To hear of something late is the same as that it happens late, so this is every moment of a cancellation.

    Args:
        method: The payment token, which decides what the gateway does.
        country: Where the order goes, which decides what the carrier does.
        lamps: How many lamps are there; the order wants two.
        cancellations: Why each of them is asked for.
        copies: How often the same order is sent, each time with another event id.
        budgets: The other attributes of `World`.
    """
    seeded = SEEDED | {"lamp": lamps}
    world = World(FakeStock(dict(seeded)), seeded, **budgets)
    eager, world.eager_notes = world.eager_notes, False
    for number in range(copies):
        world.send(placed(ORDER_ID, event_id=f"evt-{number}", payment_method=method, country=country))
    for number, reason in enumerate(cancellations):
        data = OrderCancellationRequested(order_id=ORDER_ID, reason=reason)
        world.send(new_event(data, source="/shop", time=NOON, id=f"cancel-{number}"))
    world.eager_notes = eager
    return world
