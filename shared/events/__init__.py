"""The contracts between the services: envelope, event models, registry, derived ids."""

from shared.events.base import EventData
from shared.events.bucket import bucket_of
from shared.events.codes import COUNTRIES, MINOR_UNITS
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
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    ShippingFailed,
)
from shared.events.derivation import derived_id, event_key, legacy_derived_id
from shared.events.envelope import Envelope, Unreadable, UnreadableReason
from shared.events.event import Event, answer, new_event, service_source
from shared.events.parts import Address, Item, Line, Shortage, merged, quantities, total_of
from shared.events.problems import explain
from shared.events.reading import CONTENT_TYPE, BodyForm, open_envelope, read_envelope
from shared.events.reasons import (
    UNSPECIFIED,
    CancellationReason,
    Compensation,
    PaymentRefusal,
    RejectionReason,
    ShippingRefusal,
    StockRefusal,
)
from shared.events.registry import EVENTS, REGISTRY
from shared.events.rfc3339 import format_time, parse_time
from shared.events.schemas import json_schemas
from shared.events.trace import valid_traceparent
from shared.events.wire import encode, from_json, to_json

__all__ = [
    "CONTENT_TYPE",
    "COUNTRIES",
    "EVENTS",
    "MINOR_UNITS",
    "REGISTRY",
    "UNSPECIFIED",
    "Address",
    "BodyForm",
    "CancellationReason",
    "Compensation",
    "CompensationFailed",
    "Envelope",
    "Event",
    "EventData",
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
    "Unreadable",
    "UnreadableReason",
    "answer",
    "bucket_of",
    "derived_id",
    "encode",
    "event_key",
    "explain",
    "format_time",
    "from_json",
    "json_schemas",
    "legacy_derived_id",
    "merged",
    "new_event",
    "open_envelope",
    "parse_time",
    "quantities",
    "read_envelope",
    "service_source",
    "to_json",
    "total_of",
    "valid_traceparent",
]
