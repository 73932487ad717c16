"""W3C trace context: one trace per saga, one span per event.

The ids are derived, not drawn: a repeat of an event carries the same `traceparent`.
See https://www.w3.org/TR/trace-context/#traceparent-header.
"""

import re
from hashlib import blake2b

_SHAPE = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SAMPLED = "01"


def valid_traceparent(value: object) -> str | None:
    """The value if it is a `traceparent`, else None: an invalid one is ignored, as the specification says."""
    return value if isinstance(value, str) and _SHAPE.fullmatch(value) else None


def first_traceparent(saga_id: str, event_id: str) -> str:
    """The context of an event that has no cause: its trace is the saga's."""
    return f"00-{_hex(saga_id, 16)}-{_hex(event_id, 8)}-{_SAMPLED}"


def next_traceparent(parent: str | None, saga_id: str, event_id: str) -> str:
    """The context of an answer: the trace and the flags of its cause, and a span of its own."""
    if parent is None:
        return first_traceparent(saga_id, event_id)
    _version, trace_id, _span_id, flags = parent.split("-")
    return f"00-{trace_id}-{_hex(event_id, 8)}-{flags}"


def _hex(text: str, length: int) -> str:
    return blake2b(text.encode(), digest_size=length).hexdigest()
