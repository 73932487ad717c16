"""The contracts between the services of the shop: its events, and their parts."""

from shared.events.countries import COUNTRIES
from shared.events.data import (
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderEvent,
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    ShippingFailed,
)
from shared.events.fields import OrderId
from shared.events.parts import Address, Item, Line, Shortage, merged, quantities, total_of
from shared.events.reasons import (
    UNSPECIFIED,
    CancellationReason,
    Compensation,
    PaymentRefusal,
    RejectionReason,
    ShippingRefusal,
    StockRefusal,
)
from shared.events.registry import REGISTRY

__all__ = [
    "COUNTRIES",
    "REGISTRY",
    "UNSPECIFIED",
    "Address",
    "CancellationReason",
    "Compensation",
    "CompensationFailed",
    "InventoryReleased",
    "InventoryReservationFailed",
    "InventoryReserved",
    "Item",
    "Line",
    "OrderCancellationRejected",
    "OrderCancellationRequested",
    "OrderCancelled",
    "OrderCompleted",
    "OrderCreated",
    "OrderEvent",
    "OrderId",
    "OrderShipped",
    "PaymentCompleted",
    "PaymentFailed",
    "PaymentRefunded",
    "PaymentRefusal",
    "PaymentVoided",
    "RejectionReason",
    "ShippingFailed",
    "ShippingRefusal",
    "Shortage",
    "StockRefusal",
    "merged",
    "quantities",
    "total_of",
]
