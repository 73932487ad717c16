"""One order as each of the four services knows it, and what gateway and carrier really did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from pydantic import TypeAdapter
from rich.console import Group
from rich.table import Table
from rich.text import Text

from quartet.connection import Cosmos
from quartet.participants import INVENTORY, ORDER, PARTICIPANTS, PAYMENT, SHIPPING
from services.inventory.domain import Reservation
from services.order.domain import CLOSED, Order, OrderStatus
from services.payment.domain import Payment
from services.payment.gateway import charge_key, refund_key
from services.payment.service import GATEWAY_LEDGER
from services.shipping.carrier import shipment_key
from services.shipping.domain import Shipment
from services.shipping.service import CARRIER_LEDGER
from shared.events import bucket_of, format_time
from shared.runtime.cosmos import outages
from shared.runtime.participant import Participant
from shared.runtime.record import Record
from shared.runtime.record_codec import RecordCodec

_LEDGER_WORDS = ("kind", "outcome", "amount", "currency", "tracking_number")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known about one order.

    Attributes:
        order, reservation, payment, shipment: as each service has recorded it; None if it has recorded nothing.
        ledger: what the payment gateway and the carrier have really done, by idempotency key.
    """

    order_id: str
    order: Order | None = None
    reservation: Reservation | None = None
    payment: Payment | None = None
    shipment: Shipment | None = None
    ledger: Mapping[str, Mapping[str, Any]] | None = None

    @property
    def is_known(self) -> bool:
        """Whether any service has heard of it."""
        return any((self.order, self.reservation, self.payment, self.shipment))


async def whereabouts(cosmos: Cosmos, order_id: str) -> Whereabouts:
    """Look an order up in every service.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    states: dict[str, Any] = {}
    for participant in PARTICIPANTS:
        record = await _record(cosmos, participant, order_id)
        states[participant.name] = record.state if record else None
    return Whereabouts(
        order_id,
        order=states[ORDER.name],
        reservation=states[INVENTORY.name],
        payment=states[PAYMENT.name],
        shipment=states[SHIPPING.name],
        ledger=await _ledger(cosmos, order_id),
    )


async def _record(cosmos: Cosmos, participant: Participant[Any], order_id: str) -> Record[Any] | None:
    document = await _read(cosmos, cosmos.container(participant), order_id, order_id)
    # An event that was heard and decided nothing leaves a document without a state.
    if document is None or "order_id" not in document:
        return None
    return RecordCodec(participant.state).decode(document)


async def _ledger(cosmos: Cosmos, order_id: str) -> dict[str, dict[str, Any]]:
    gateway = cosmos.container(PAYMENT, GATEWAY_LEDGER.name)
    carrier = cosmos.container(SHIPPING, CARRIER_LEDGER.name)
    places = {charge_key(order_id): gateway, refund_key(order_id): gateway, shipment_key(order_id): carrier}
    found: dict[str, dict[str, Any]] = {}
    for key, container in places.items():
        entry = await _read(cosmos, container, key, order_id)
        if entry is not None:
            found[key] = {name: entry[name] for name in _LEDGER_WORDS if name in entry}
    return found


async def _read(cosmos: Cosmos, container: ContainerProxy, document_id: str, order_id: str) -> dict[str, Any] | None:
    try:
        with outages():
            return await container.read_item(document_id, partition_key=bucket_of(order_id, cosmos.settings.buckets))
    except CosmosResourceNotFoundError:
        return None


def status_json(known: Whereabouts) -> dict[str, Any]:
    """All that is known, for programs; times are RFC 3339, amounts are decimal strings."""
    return {
        "order_id": known.order_id,
        "order": _plain(known.order),
        "inventory": _plain(known.reservation),
        "payment": _plain(known.payment),
        "shipping": _plain(known.shipment),
        "ledger": dict(known.ledger or {}),
    }


def status_view(known: Whereabouts, now: datetime) -> Group:
    """All that is known, for people: the headline, the history, and what each service has recorded."""
    parts: list[Text | Table] = [_headline(known, now)]
    if known.order and known.order.history:
        parts.append(_history(known.order))
    parts.append(_services(known))
    return Group(*parts)


def _headline(known: Whereabouts, now: datetime) -> Text:
    order = known.order
    text = Text(f"Order {known.order_id}  ", style="bold")
    if order is None:
        return text.append("not known to the order service", style="yellow")
    text.append(order.status, style=_colour(order.status))
    if order.reason:
        text.append(f"  because of {order.reason}")
    if order.total is not None:
        text.append(f"  {order.total} {order.currency}")
    if order.deadline is not None and order.status not in CLOSED:
        late = "  overdue since " if order.deadline <= now else "  deadline "
        text.append(late + format_time(order.deadline))
    return text


def _history(order: Order) -> Table:
    table = Table(title="what the order service has heard", title_justify="left", title_style="dim")
    for heading in ("when", "event", "note"):
        table.add_column(heading, overflow="fold")
    for entry in order.history:
        table.add_row(Text(format_time(entry.time)), Text(entry.type), Text(entry.note))
    return table


def _services(known: Whereabouts) -> Table:
    table = Table(title="what each service has recorded", title_justify="left", title_style="dim")
    for heading in ("service", "status", "why", "what"):
        table.add_column(heading, overflow="fold")
    reservation, payment, shipment = known.reservation, known.payment, known.shipment
    rows = (
        ("order", known.order, _order_words(known.order)),
        ("inventory", reservation, _lines(reservation)),
        ("payment", payment, _charge(payment)),
        ("shipping", shipment, shipment.parcel.tracking_number if shipment and shipment.parcel else ""),
    )
    for service, state, what in rows:
        status, why = (state.status, state.reason) if state else ("nothing", "")
        table.add_row(Text(service), Text(status), Text(why), Text(what))
    for key, entry in (known.ledger or {}).items():
        details = " ".join(str(entry[name]) for name in ("amount", "currency", "tracking_number") if name in entry)
        table.add_row(Text("  ledger", style="dim"), Text(str(entry["outcome"])), Text(""), Text(f"{key} {details}"))
    return table


def _order_words(order: Order | None) -> str:
    return f"{len(order.items)} lines, {order.total} {order.currency}" if order and order.items else ""


def _lines(reservation: Reservation | None) -> str:
    return ", ".join(f"{line.quantity} x {line.product_id}" for line in reservation.lines) if reservation else ""


def _charge(payment: Payment | None) -> str:
    return f"{payment.charge.amount} {payment.charge.currency}" if payment and payment.charge else ""


def _plain(state: object) -> Any:  # noqa: ANN401 -- JSON
    return None if state is None else TypeAdapter(type(state)).dump_python(state, mode="json")


def _colour(status: OrderStatus) -> str:
    match status:
        case OrderStatus.COMPLETED:
            return "bold green"
        case OrderStatus.CANCELLED:
            return "bold yellow"
        case OrderStatus.NEEDS_ATTENTION:
            return "bold red"
        case _:
            return "bold cyan"
