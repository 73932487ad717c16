"""Whole sagas for the stand-in: a cancelled one, one that waits, and hostile ones."""

from typing import Any

from quartet.console.views import (
    ChangeView,
    OwedView,
    PartView,
    RawView,
    SagaRow,
    SagaView,
    SaidView,
    StateView,
    Unknown,
)
from quartet.events import OUTSIDE
from quartet.topology.edges import hearers
from services.shop import SHOP
from tests.console.browser.standin.application import at, kind_of, row_view
from tests.console.browser.standin.lists import letter_row

HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
BIDI = "abc\u202egnp.exe\u0007"
LONG = "Donaudampfschifffahrtsgesellschaft" * 12


def said(
    number: int, ms: int, type_: str, sayer: str, *, cause: int | None, remark: str = "", **changes: object
) -> SaidView:
    """An event of a saga."""
    model = SHOP.events.get(type_)
    view = SaidView(
        number=number,
        at=at(8 - ms / 1000),
        ms=ms,
        type=type_,
        kind=kind_of(type_) if model else "unknown",
        sayer=sayer,
        source="/quartet/cli" if sayer == OUTSIDE else f"/services/{sayer}",
        event_id=f"00000000-0000-5000-8000-{number:012}",
        cause=cause,
        repeats=None,
        remark=remark,
        problem="",
        hub="saga-events",
        partition="2",
        sequence_number=117 + number,
        heard_by=hearers(SHOP, model) if model else (),
    )
    return view.model_copy(update=changes)


def cancelled() -> SagaView:
    """Paid, then not deliverable; refunded and released."""
    events = (
        said(
            1,
            0,
            "OrderCreated.v1",
            OUTSIDE,
            cause=None,
            remark="1 x score-shostakovich-8, 4 x stand-folding  127.80 EUR",
        ),
        said(2, 231, "InventoryReserved.v1", "inventory", cause=1, remark="127.80 EUR"),
        said(3, 391, "PaymentCompleted.v1", "payment", cause=2, remark="127.80 EUR"),
        said(4, 496, "ShippingFailed.v1", "shipping", cause=3, remark="address_not_served  no service to AQ"),
        said(5, 659, "InventoryReleased.v1", "inventory", cause=4, remark="address_not_served"),
        said(6, 807, "PaymentRefunded.v1", "payment", cause=4, remark="address_not_served  127.80 EUR"),
        said(7, 984, "OrderCancelled.v1", "order", cause=6, remark="address_not_served"),
    )
    return saga(
        row_view("ord-1034", "failed", reason="address_not_served", ago=8),
        story="It was cancelled after 984 ms, because shipping said ShippingFailed: address_not_served. Two "
        "compensations ran: inventory said InventoryReleased, and payment said PaymentRefunded.",
        events=events,
        states=(
            state("order", 1, ("status", None, "PENDING"), ("total", None, "127.80")),
            state("order", 4, ("status", "PAID", "COMPENSATING"), ("reason", None, "address_not_served")),
            state("payment", 4, ("status", "CHARGED", "REFUNDED"), ("refund/amount", None, "127.80")),
            state("inventory", 4, ("status", "HELD", "RELEASED"), ("items/0/quantity", 1, 0)),
            state("order", 6, ("status", "COMPENSATING", "CANCELLED")),
        ),
        parts=tuple(
            PartView(participant=name, state={"status": status, "total": "127.80"})
            for name, status in (
                ("order", "CANCELLED"),
                ("inventory", "RELEASED"),
                ("payment", "REFUNDED"),
                ("shipping", "FAILED"),
            )
        ),
    )


def refused() -> SagaView:
    """Its refund failed, and no person has redriven it."""
    view = cancelled()
    failed = said(6, 807, "CompensationFailed.v1", "payment", cause=4, remark="refund  the bank keeps it")
    return saga(
        row_view("ord-1050", "compensating", status="compensation-failed", reason="address_not_served"),
        story="It is compensating. A compensation failed.",
        events=(*view.events[:5], failed),
    )


def redriven() -> SagaView:
    """The same, after a redrive."""
    view = refused()
    return saga(
        row_view("ord-1051", "compensating", reason="address_not_served"),
        story="It is compensating.",
        events=(*view.events, said(7, 900, "PaymentRefunded.v1", "payment", cause=4, remark="127.80 EUR")),
    )


def waiting() -> SagaView:
    """Stuck: payment has a dead letter, and does not continue."""
    return saga(
        row_view("ord-1039", "open", is_stuck=True, has_letters=True, last="InventoryReserved.v1", ago=412),
        story="It is stuck: it has had no news for 6 min 50 s. payment has a dead letter about InventoryReserved.",
        events=(
            said(1, 0, "OrderCreated.v1", OUTSIDE, cause=None, remark="2 x mute-ebony  41.00 EUR"),
            said(2, 220, "InventoryReserved.v1", "inventory", cause=1, remark="41.00 EUR"),
        ),
        owed=(
            OwedView(
                participant="payment",
                event=2,
                type="InventoryReserved.v1",
                expected=("PaymentCompleted.v1", "PaymentFailed.v1"),
                since_seconds=410,
                why="dead letter: handler_failed",
            ),
        ),
        letters=(letter_row("l-1", "ord-1039", "ValueError: the currency has no minor unit"),),
    )


def hostile() -> SagaView:
    """Everything that an event can carry is meant to harm the page."""
    bad = said(
        2, 5, HOSTILE, "", cause=1, remark=HOSTILE, source=HOSTILE, problem=f"wrong author {BIDI}", event_id=LONG
    )
    items = tuple((f"items/{index}/{LONG if index == 3 else 'name'}", None, HOSTILE) for index in range(50))
    return saga(
        row_view("ord-hostile", "open", reason=HOSTILE, terms={"customer_id": (HOSTILE, BIDI, LONG)}),
        story=f"{HOSTILE} {BIDI} {LONG}",
        events=(
            said(1, 0, "OrderCreated.v1", OUTSIDE, cause=None, remark=LONG),
            bad,
            said(3, 9, LONG, "order", cause=2, remark=BIDI, repeats=1),
        ),
        states=(state("order", 1, *items),),
        parts=(PartView(participant="order", state={"</script><script>": HOSTILE, "x": [LONG, BIDI, None, 1.5]}),),
    )


def unknown() -> SagaView:
    """The hub is known, and nothing else could be looked at."""
    nothing = Unknown(problem="Cosmos DB does not answer: connection refused")
    view = cancelled()
    changed = dict.fromkeys(("states", "owed", "parts", "letters", "findings"), nothing)
    return view.model_copy(update={"row": view.row.model_copy(update={"id": "ord-unknown"}), **changed})


def state(participant: str, event: int, *changes: tuple[str, Any, Any]) -> StateView:
    """What a participant wrote because of one event."""
    made = tuple(ChangeView(path=path, before=before, after=after) for path, before, after in changes)
    return StateView(participant=participant, at=at(7), events=(event,), changes=made)


def saga(row: SagaRow, *, story: str, events: tuple[SaidView, ...], **more: object) -> SagaView:
    """A saga about which everything is known."""
    rest: dict[str, Any] = {"states": (), "owed": (), "parts": (), "letters": (), "findings": ()} | more
    counted = row.model_copy(update={"events": len(events)})
    return SagaView(row=counted, story=story, trace_id="0af7651916cd43dd8448eb211c80319c", events=events, **rest)


def raw_of(event: SaidView) -> RawView:
    """Its bytes."""
    body = f'{{"type": {event.type!r}, "data": {{"order_id": "ord-1034"}}}}'.replace("'", '"')
    return RawView(
        content_type="application/cloudevents+json",
        body=body,
        is_text=True,
        size=len(body),
        is_whole=True,
        properties={"partition": "2"},
    )
