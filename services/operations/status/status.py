"""One order as each of the four services knows it, and what gateway and carrier really did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from quartet import Participant
from quartet.cli.reading.stored import Stored, Unparsed, unparsed_json
from quartet.engine.records.record import Json
from services.inventory.domain import Reservation
from services.operations.participants import INVENTORY, ORDER, PARTICIPANTS, PAYMENT, SHIPPING
from services.order.domain import Order
from services.payment.domain import Payment
from services.payment.gateway import charge_key, refund_key
from services.payment.service import GATEWAY_LEDGER
from services.shipping.carrier import shipment_key
from services.shipping.domain import Shipment
from services.shipping.service import CARRIER_LEDGER

_LEDGER_WORDS = ("kind", "outcome", "amount", "currency", "tracking_number")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The records about one order.

    Attributes:
        order, reservation, payment, shipment: as each service has recorded it; None if it has recorded nothing.
        ledger: the effects at the payment gateway and the carrier, by idempotency key.
        unparsed: the documents of the order that cannot be read: their content is missing here.
    """

    order_id: str
    order: Order | None = None
    reservation: Reservation | None = None
    payment: Payment | None = None
    shipment: Shipment | None = None
    ledger: Mapping[str, Mapping[str, Any]] | None = None
    unparsed: tuple[Unparsed, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether any service has heard of it."""
        return any((self.order, self.reservation, self.payment, self.shipment, self.unparsed))

    def is_unread(self, service: str) -> bool:
        """Whether a service's record is unreadable."""
        (participant,) = (each for each in PARTICIPANTS if each.name == service)
        place = f"{participant.database}/{participant.container}"
        return any(one.place == place for one in self.unparsed)


async def whereabouts(stored: Stored, order_id: str) -> Whereabouts:
    """Look an order up in every service. An unreadable record is noted in `stored`.

    Raises:
        MissingError: a database or container does not exist.
        OutageError: Cosmos DB did not answer.
    """
    states: dict[str, Any] = {}
    for participant in PARTICIPANTS:
        # An event that was heard and decided nothing leaves a record without a state.
        record = await stored.record(participant, order_id)
        states[participant.name] = record.state if record else None
    ledger = await _ledger(stored, order_id)
    return Whereabouts(
        order_id,
        order=states[ORDER.name],
        reservation=states[INVENTORY.name],
        payment=states[PAYMENT.name],
        shipment=states[SHIPPING.name],
        ledger=ledger,
        unparsed=tuple(stored.unparsed),
    )


async def _ledger(stored: Stored, order_id: str) -> dict[str, dict[str, Any]]:
    places: dict[str, tuple[Participant[Any, Any], str]] = {
        charge_key(order_id): (PAYMENT, GATEWAY_LEDGER.name),
        refund_key(order_id): (PAYMENT, GATEWAY_LEDGER.name),
        shipment_key(order_id): (SHIPPING, CARRIER_LEDGER.name),
    }
    found: dict[str, dict[str, Any]] = {}
    for key, (participant, container) in places.items():
        entry = await stored.item(participant, container, key, order_id, _entry)
        if entry is not None:
            found[key] = entry
    return found


def _entry(document: Json) -> dict[str, Any]:
    return {"outcome": document["outcome"]} | {name: document[name] for name in _LEDGER_WORDS if name in document}


def status_json(known: Whereabouts) -> dict[str, Any]:
    """All that is known, for programs; times are RFC 3339, amounts are decimal strings."""
    return {
        "order_id": known.order_id,
        "order": _plain(known.order),
        "inventory": _plain(known.reservation),
        "payment": _plain(known.payment),
        "shipping": _plain(known.shipment),
        "ledger": dict(known.ledger or {}),
        "unreadable": unparsed_json(known.unparsed),
    }


def _plain(state: object) -> Any:  # noqa: ANN401 -- JSON
    return None if state is None else TypeAdapter(type(state)).dump_python(state, mode="json")
