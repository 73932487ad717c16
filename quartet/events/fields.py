"""The kinds of text in events: each has an alphabet and a longest length.

Nothing in an event is unbounded, so that no answer can grow beyond the 1 MB that the hub takes.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from quartet.events.model import whole
from quartet.events.rfc3339 import TIME_PATTERN, format_time, in_utc, parse_time
from quartet.events.text import has_surrogates

LONGEST_DETAIL: Final = 500
"""How many characters of a `Detail` are kept."""

SAGA_ID_PATTERN: Final = r"^[A-Za-z0-9_-]{1,64}$"

NAMES_SAGA: Final = "names the saga"
"""Marks the field by which an event's data names its saga."""

SagaId = Annotated[str, Field(pattern=SAGA_ID_PATTERN, description="1 to 64 of A-Z, a-z, 0-9, _ and -"), NAMES_SAGA]
"""What names a saga: the CloudEvents subject of all its events, and the id of its documents."""

NOT_BLANK_PATTERN: Final = r"[^\s\x1c-\x1f\x85\ufeff]"
"""A character that is not white space. The dialects of regular expressions differ about those that are listed."""

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=NOT_BLANK_PATTERN, description="not blank")]
"""A name or a line of an address."""

Reference = Annotated[str, Field(pattern=r"^[!-~]{1,128}$", description="1 to 128 visible ASCII characters")]
"""What another system calls something: a payment, a refund, a shipment, a card token."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="snake_case, at most 64 characters")]
"""Why something happened, for programs. The set is open: a reader takes a value that it does not know."""


WHOLE: Final = BeforeValidator(whole)
"""Last in the annotation of a whole number, whose `Field` is strict.

JSON has one type for numbers, and JSON Schema calls 2.0 and 2e0 integers: so they are 2 here too. Events and parts do
this for every `int`; other models need it.
"""

LONE_SURROGATE: Final = r"must not contain half of a surrogate pair, such as \ud83d without the other half"


def _cut(text: object) -> object:
    if not isinstance(text, str):
        return text
    kept = text[:LONGEST_DETAIL]
    # A text without other limits is not looked into by pydantic, and could not be written later.
    if has_surrogates(kept):
        raise ValueError(LONE_SURROGATE)
    return kept


Detail = Annotated[str, BeforeValidator(_cut), Field(description="free text for people, cut at 500 characters")]
"""Why something happened, for people. Longer text is cut, not refused."""


def _moment(value: object) -> datetime:
    return in_utc(value) if isinstance(value, datetime) else parse_time(value)


Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": TIME_PATTERN}),
]
"""A point in time: RFC 3339 with an offset on the wire, UTC inside."""
