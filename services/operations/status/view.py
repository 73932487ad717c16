"""The status of one order, for people."""

from datetime import datetime

from rich.console import Group
from rich.text import Text

from quartet.events import format_time
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing, Unbroken
from services.inventory.domain import Reservation
from services.operations.status.status import Whereabouts
from services.order.domain import CLOSED, Order, OrderStatus
from services.payment.domain import Payment


def status_view(known: Whereabouts, now: datetime) -> Group:
    """All records, for people: the headline, the history, and the record of each service."""
    parts: list[Unbroken | Listing] = [Unbroken(_headline(known, now))]
    if known.order and known.order.history:
        parts.append(_history(known.order))
    parts.append(_services(known))
    return Group(*parts)


def _headline(known: Whereabouts, now: datetime) -> Text:
    order = known.order
    text = cell(f"Order {known.order_id}  ", style="bold")
    if order is None:
        return text.append("not known to the order service", style="yellow")
    text.append(order.status, style=_colour(order.status))
    if order.reason:
        text.append_text(cell(f"  because of {order.reason}"))
    if order.total is not None:
        text.append_text(cell(f"  {order.total} {order.currency}"))
    if order.deadline is not None and order.status not in CLOSED:
        late = "  overdue since " if order.deadline <= now else "  deadline "
        text.append(late + format_time(order.deadline))
    return text


def _history(order: Order) -> Listing:
    listing = Listing("when", "event", "note", title="what the order service has heard")
    for entry in order.history:
        listing.add(format_time(entry.time), entry.type, entry.note)
    return listing


def _services(known: Whereabouts) -> Listing:
    listing = Listing("service", "status", "why", "what", title="what each service has recorded")
    reservation, payment, shipment = known.reservation, known.payment, known.shipment
    rows = (
        ("order", known.order, _order_words(known.order)),
        ("inventory", reservation, _lines(reservation)),
        ("payment", payment, _charge(payment)),
        ("shipping", shipment, shipment.parcel.tracking_number if shipment and shipment.parcel else ""),
    )
    for service, state, what in rows:
        nothing = cell("cannot be read", style="red") if known.is_unread(service) else "nothing"
        status, why = (state.status, state.reason) if state else (nothing, "")
        listing.add(service, status, why, what)
    for key, entry in (known.ledger or {}).items():
        details = " ".join(str(entry[name]) for name in ("amount", "currency", "tracking_number") if name in entry)
        listing.add(cell("  ledger", style="dim"), str(entry["outcome"]), "", f"{key} {details}")
    return listing


def _order_words(order: Order | None) -> str:
    return f"{len(order.items)} lines, {order.total} {order.currency}" if order and order.items else ""


def _lines(reservation: Reservation | None) -> str:
    return ", ".join(f"{line.quantity} x {line.product_id}" for line in reservation.lines) if reservation else ""


def _charge(payment: Payment | None) -> str:
    return f"{payment.charge.amount} {payment.charge.currency}" if payment and payment.charge else ""


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
