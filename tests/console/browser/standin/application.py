"""The shop as the console describes it, and sagas in every state, for the stand-in."""

from datetime import UTC, datetime, timedelta
from typing import Final

from quartet.console.views import AppView, ArrowView, EventTypeView, Kind, ParticipantView, Phase, SagaRow
from quartet.topology.edges import compensations, edges
from services.shop import SHOP

NOW: Final = datetime.now(UTC).replace(microsecond=0)
_FAILED: Final = "OrderCancelled.v1"


def at(seconds_ago: float) -> str:
    """A time before now, as the console writes it."""
    return (NOW - timedelta(seconds=seconds_ago)).isoformat().replace("+00:00", "Z")


def label_of(type_: str) -> str:
    """A type without its version."""
    return type_.partition(".")[0]


def kind_of(type_: str) -> Kind:
    """What a type of the shop is."""
    model = SHOP.events[type_]
    if model in SHOP.ends:
        return "failed_end" if type_ == _FAILED else "end"
    if model in SHOP.failed_compensations:
        return "failed_compensation"
    if model in compensations(SHOP):
        return "compensation"
    return "input" if model in SHOP.inputs else "step"


def app_view(*, can_act: bool = True) -> AppView:
    """The shop."""
    return AppView(
        name=SHOP.name,
        version="0.0.0",
        participants=tuple(
            ParticipantView(name=one.name, hears=tuple(one.hears), says=tuple(event.type for event in one.says))
            for one in SHOP
        ),
        events=tuple(EventTypeView(type=type_, label=label_of(type_), kind=kind_of(type_)) for type_ in SHOP.events),
        arrows=tuple(
            ArrowView(event=edge.event.type, sayer=edge.sayer, hearer=edge.hearer, compensates=edge.compensates)
            for edge in edges(SHOP)
        ),
        can_act=can_act,
        stuck_after=60,
    )


def row_view(
    id_: str,
    phase: Phase,
    *,
    status: str = "",
    reason: str = "",
    ago: float = 30,
    last: str = "OrderCreated.v1",
    is_stuck: bool = False,
    has_letters: bool = False,
    has_findings: bool = False,
    terms: dict[str, tuple[str, ...]] | None = None,
) -> SagaRow:
    """A saga in a list."""
    is_over = phase in {"ended", "failed"}
    return SagaRow(
        id=id_,
        phase=phase,
        status=status
        or {"ended": "OrderCompleted", "failed": "OrderCancelled"}.get(phase, "stuck" if is_stuck else phase),
        opened_at=at(ago),
        updated_at=at(ago - 1),
        ended_at=at(ago - 1) if is_over else None,
        seconds=0.984,
        events=7,
        last={"ended": "OrderCompleted.v1", "failed": _FAILED}.get(phase, last),
        reason=reason,
        is_stuck=is_stuck,
        has_letters=has_letters,
        has_findings=has_findings,
        terms={"order_id": (id_,), "customer_id": ("cust-almeida",)} if terms is None else terms,
    )


def rows() -> tuple[SagaRow, ...]:
    """Sagas in every state."""
    return (
        row_view("ord-1045", "open", last="PaymentCompleted.v1", ago=2),
        row_view("ord-1034", "failed", reason="address_not_served", ago=8),
        row_view("ord-1044", "compensating", last="ShippingFailed.v1", reason="cancelled", ago=11),
        row_view("ord-1021", "ended", ago=15),
        row_view("ord-1003", "ended", ago=21),
        row_view("ord-1024", "failed", reason="payment_declined", ago=25, has_findings=True),
        row_view("ord-1039", "open", is_stuck=True, has_letters=True, last="InventoryReserved.v1", ago=412),
    )
