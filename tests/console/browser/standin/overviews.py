"""Overviews: of a busy day, of a calm one, and of one on which nothing could be looked at."""

from quartet.console.views import FlowView, LagView, MinuteView, OverviewView, StepView, Unknown
from services.shop import SHOP
from tests.console.browser.standin.application import at, rows


def steps() -> tuple[StepView, ...]:
    """Steps as fast as those of a local stack."""
    made = [
        ("OrderCreated.v1", "InventoryReserved.v1", "inventory", 57, 88.0),
        ("InventoryReserved.v1", "PaymentCompleted.v1", "payment", 51, 142.0),
        ("PaymentCompleted.v1", "OrderShipped.v1", "shipping", 47, 120.0),
        ("OrderShipped.v1", "OrderCompleted.v1", "order", 47, 69.0),
        ("ShippingFailed.v1", "PaymentRefunded.v1", "payment", 4, 155.0),
        ("ShippingFailed.v1", "InventoryReleased.v1", "inventory", 4, 93.0),
    ]
    return tuple(
        StepView(cause=cause, answer=answer, participant=who, count=n, p50=p50, p95=p50 * 1.9, p99=p50 * 3.1)
        for cause, answer, who, n, p50 in made
    )


def lag() -> tuple[LagView, ...]:
    """Four participants in four partitions each; one partition is stalled, and one has no replica."""
    return tuple(
        LagView(
            participant=name,
            hub="",
            partition=str(partition),
            waiting={("payment", 2): 41, ("shipping", 3): 7}.get((name, partition), 0),
            oldest_seconds={("payment", 2): 388.0, ("shipping", 3): 12.0}.get((name, partition), 0.0),
            is_owned=(name, partition) != ("shipping", 3),
            standing="an outage since 388 s: Cosmos DB does not answer" if (name, partition) == ("payment", 2) else "",
        )
        for name in SHOP.names
        for partition in range(4)
    )


def history() -> tuple[MinuteView, ...]:
    """An hour with a rush in its last third."""
    minutes = []
    for index in range(60):
        ended = max(0, 18 - abs(index - 44)) if index < 58 else 4
        failed = ended // 5
        minutes.append(
            MinuteView(
                at=at(60 * (60 - index)),
                began=ended + 1,
                ended={"OrderCompleted.v1": ended - failed, "OrderCancelled.v1": failed} if ended else {},
                open=2 + ended // 2,
                compensating=failed,
            )
        )
    return tuple(minutes)


def flow() -> tuple[FlowView, ...]:
    """What flows on the happy path, and two compensations."""
    rates = [
        ("OrderCreated.v1", "(outside)", 4.2),
        ("InventoryReserved.v1", "inventory", 4.1),
        ("PaymentCompleted.v1", "payment", 3.8),
        ("OrderShipped.v1", "shipping", 3.5),
        ("OrderCompleted.v1", "order", 3.5),
        ("ShippingFailed.v1", "shipping", 0.3),
        ("InventoryReleased.v1", "inventory", 0.3),
        ("PaymentRefunded.v1", "payment", 0.05),
    ]
    return tuple(FlowView(event=event, sayer=sayer, per_second=rate) for event, sayer, rate in rates)


def overview_view(**changes: object) -> OverviewView:
    """A busy day with some trouble. `changes` replace fields."""
    every = rows()
    view = OverviewView(
        at=at(0),
        following=True,
        behind_events=0,
        behind_seconds=0,
        problem="",
        sagas=57,
        open=2,
        compensating=1,
        stuck=1,
        ended={"OrderCompleted.v1": 46, "OrderCancelled.v1": 8},
        flow=flow(),
        history=history(),
        steps=steps(),
        lag=lag(),
        letters={"order": 0, "inventory": 0, "payment": 2, "shipping": 0},
        stuck_sagas=tuple(row for row in every if row.is_stuck),
        recent=every,
        findings=1,
    )
    return view.model_copy(update=changes)


def calm_view() -> OverviewView:
    """Nothing needs a person."""
    quiet = tuple(
        one.model_copy(update={"waiting": 0, "oldest_seconds": 0.0, "is_owned": True, "standing": ""}) for one in lag()
    )
    good = tuple(row for row in rows() if not row.is_stuck)
    return overview_view(stuck=0, stuck_sagas=(), letters={"payment": 0}, findings=0, lag=quiet, recent=good)


def unknown_view() -> OverviewView:
    """Nothing could be looked at."""
    nothing = Unknown(problem="Cosmos DB does not answer: connection refused")
    return overview_view(lag=nothing, letters=nothing, findings=nothing)
