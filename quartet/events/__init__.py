"""Events: the CloudEvents envelope, the base of every event's data, the registry, derived ids and JSON Schema."""

from quartet.events.authors import OPERATORS, OUTSIDE
from quartet.events.base import EventData, Part
from quartet.events.bucket import bucket_of, partition_of
from quartet.events.currencies import MINOR_UNITS, Currency
from quartet.events.derivation import derived_id, event_key, legacy_derived_id
from quartet.events.envelope import Envelope, Models, Unreadable, UnreadableReason
from quartet.events.event import Event, answer, new_event, service_source
from quartet.events.fields import SAGA_ID_PATTERN, WHOLE, Code, Detail, Moment, Reference, SagaId, Text
from quartet.events.model import schema_says
from quartet.events.money import HIGHEST_UNIT_PRICE, Money, UnitPrice, fit_amount, in_minor_units, per_currency
from quartet.events.problems import explain, without_input
from quartet.events.reading import CONTENT_TYPE, BodyForm, open_envelope, read_envelope
from quartet.events.registry import Registry
from quartet.events.rfc3339 import format_time, parse_time
from quartet.events.schemas import json_schemas
from quartet.events.trace import first_traceparent, valid_traceparent
from quartet.events.upcasting import Upcast, UpcastError, upcast
from quartet.events.wire import encode, from_json, to_json

__all__ = [
    "CONTENT_TYPE",
    "HIGHEST_UNIT_PRICE",
    "MINOR_UNITS",
    "OPERATORS",
    "OUTSIDE",
    "SAGA_ID_PATTERN",
    "WHOLE",
    "BodyForm",
    "Code",
    "Currency",
    "Detail",
    "Envelope",
    "Event",
    "EventData",
    "Models",
    "Moment",
    "Money",
    "Part",
    "Reference",
    "Registry",
    "SagaId",
    "Text",
    "UnitPrice",
    "Unreadable",
    "UnreadableReason",
    "Upcast",
    "UpcastError",
    "answer",
    "bucket_of",
    "derived_id",
    "encode",
    "event_key",
    "explain",
    "first_traceparent",
    "fit_amount",
    "format_time",
    "from_json",
    "in_minor_units",
    "json_schemas",
    "legacy_derived_id",
    "new_event",
    "open_envelope",
    "parse_time",
    "partition_of",
    "per_currency",
    "read_envelope",
    "schema_says",
    "service_source",
    "to_json",
    "upcast",
    "valid_traceparent",
    "without_input",
]
