"""Which events the shop has. How a type changes: see `quartet.events.registry`."""

from quartet.events import Registry
from shared.events import data

REGISTRY = Registry(
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
