"""A real stack that exports to a real receiver, and has ended: everything that it reports has arrived."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from quartet.events import Event, new_event
from shared.events import OrderCreated
from tests.saga.shop import Shop, address, cancellation, order
from tests.telemetry.receiver import Got, Receiver

PUBLISHERS_TRACE, PUBLISHERS_SPAN = "ab" * 16, "cd" * 8
ROOT = ("", "")
HAPPY = {
    ("process OrderCreated.v1", "order", "decided"): ROOT,
    ("process OrderCreated.v1", "inventory", "decided"): ROOT,
    ("create InventoryReserved.v1", "inventory", ""): ("process OrderCreated.v1", "inventory"),
    ("process InventoryReserved.v1", "order", "decided"): ("create InventoryReserved.v1", "inventory"),
    ("process InventoryReserved.v1", "payment", "decided"): ("create InventoryReserved.v1", "inventory"),
    ("create PaymentCompleted.v1", "payment", ""): ("process InventoryReserved.v1", "payment"),
    ("process PaymentCompleted.v1", "order", "decided"): ("create PaymentCompleted.v1", "payment"),
    ("process PaymentCompleted.v1", "shipping", "decided"): ("create PaymentCompleted.v1", "payment"),
    ("create OrderShipped.v1", "shipping", ""): ("process PaymentCompleted.v1", "shipping"),
    ("process OrderShipped.v1", "order", "decided"): ("create OrderShipped.v1", "shipping"),
    ("process OrderShipped.v1", "inventory", "decided"): ("create OrderShipped.v1", "shipping"),
    ("create OrderCompleted.v1", "order", ""): ("process OrderShipped.v1", "order"),
}
# The recorded answers are said again, so what hears them recognises a repeat, too.
REPEATS = {(service, name.split()[1]) for name, service, _ in HAPPY if name.startswith("process")}
UNHEARD = ("OrderCompleted.v1", "OrderCancelled.v1")
COMPLETED = ("happy", "own", "unsampled", "flaky", "twice", "late")


@dataclass(frozen=True, slots=True)
class Export:
    """What arrived, and the log lines of the services."""

    receiver: Receiver
    lines: list[tuple[str, dict[str, object]]]
    published: dict[str, Event[OrderCreated]]

    def of(self, saga: str) -> list[Got]:
        return [span for span in self.receiver.spans if span.saga == f"trace-{saga}"]


def placed(saga: str, traceparent: str | None = None, **changes: object) -> Event[OrderCreated]:
    data = order(f"trace-{saga}", {"telescope": 1}, **changes).data
    return new_event(data, source="/tests", time=datetime.now(UTC), traceparent=traceparent)


async def run_all(shop: Shop) -> dict[str, Event[OrderCreated]]:
    """Publish every order, and wait until all that follows is done."""
    events = {
        "happy": placed("happy"),
        "pole": placed("pole", shipping_address=address("AQ")),
        "own": placed("own", f"00-{PUBLISHERS_TRACE}-{PUBLISHERS_SPAN}-01"),
        "unsampled": placed("unsampled", f"00-{'ef' * 16}-{'ef' * 8}-00"),
        "flaky": placed("flaky", payment_method="tok_flaky"),
        "twice": placed("twice"),
        "late": placed("late"),
    }
    await shop.stock(telescope=50)
    await shop.publish(*events.values())
    for saga in COMPLETED:
        await shop.until(f"trace-{saga}", "COMPLETED")
        await shop.until_stored("inventory", f"trace-{saga}", lambda stored: stored["status"] == "SHIPPED")
    await shop.until("trace-pole", "CANCELLED")
    await shop.publish(events["twice"], cancellation("trace-late"), placed("happy", payment_method="tok_other"))
    for service, event_type in REPEATS:
        await shop.until_logged(partial(repeats, service, event_type))
    await shop.until_stored("orders", "trace-late", lambda stored: "CancellationRejected" in json.dumps(stored))
    await shop.until_letters("orders", lambda row: row.get("saga_id") == "trace-happy")
    return events


def repeats(service: str, event_type: str, who: str, line: str) -> bool:
    return who == service and "trace-twice" in line and '"repeated"' in line and f'"event": "{event_type}"' in line
