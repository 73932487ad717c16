"""Which types of events there are, and how a type changes.

**A compatible change stays in its version.** A new optional field, a new value of an open reason (`Code`):
readers ignore fields that they do not know and take reasons that they do not know. Deploy readers and
writers in any order.

**Any other change is a new version beside the old one**: a required field, a new meaning, another form. To
add `PaymentCompleted.v2`:

1. Write the model `PaymentCompletedV2` with `type = "PaymentCompleted.v2"`, and add it to `EVENTS` below.
   Every reader understands both from then on, and nobody says v2 yet.
2. Give each service that hears v1 a handler for v2 beside it (`HANDLERS` is keyed by model), and deploy these
   readers. Where v2 says more than v1, both handlers call the same domain function.
3. Let the writer say v2 instead of v1, never both: an answer is said once. Replicas of the old writer may go
   on saying v1 during the roll-out.
4. Remove v1 when the hub's retention has passed since the last v1 was said, and no dead letter of it is left
   to redrive. Recorded answers in the database are published as they were recorded, so they count as said
   too.

There is no upcaster: translating v1 into v2 on reading would hide from a handler which of the two it was
told.
"""

from collections.abc import Mapping
from types import MappingProxyType

from shared.events import data
from shared.events.base import EventData

EVENTS: tuple[type[EventData], ...] = (
    data.OrderCreated,
    data.InventoryReserved,
    data.InventoryReservationFailed,
    data.PaymentCompleted,
    data.PaymentFailed,
    data.OrderShipped,
    data.ShippingFailed,
    data.InventoryReleased,
    data.PaymentRefunded,
    data.PaymentVoided,
    data.OrderCancellationRequested,
    data.OrderCancellationRejected,
    data.CompensationFailed,
    data.OrderCompleted,
    data.OrderCancelled,
)
"""Every event of the saga, in the order in which a saga may say them."""

REGISTRY: Mapping[str, type[EventData]] = MappingProxyType({model.type: model for model in EVENTS})
"""The model of each type: `OrderCreated.v1` → `OrderCreated`."""
