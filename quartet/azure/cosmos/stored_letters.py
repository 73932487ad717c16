"""Reading a dead letter out of its document, which another release may have written, or a person edited."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Any, Final, get_args

from quartet.azure.cosmos.letter_expiry import TTL, is_copy, letter_id_in
from quartet.engine.dead_letters.store import Settled, StoredLetter
from quartet.engine.ports import DeadLetter, Message
from quartet.events import BodyForm

LEGACY_SAGA_ID: Final = "order_id"
"""The field with the saga in a dead letter of an earlier release."""

OF_SAGA: Final = f"(c.saga_id = @saga OR c.{LEGACY_SAGA_ID} = @saga)"
"""The condition of a query for the dead letters of the saga in `@saga`."""

OF_NO_SAGA: Final = f"NOT (IS_DEFINED(c.saga_id) OR IS_DEFINED(c.{LEGACY_SAGA_ID}))"
"""The condition of a query for documents that name no saga."""


class UnreadableLetterError(ValueError):
    """A document is not a dead letter that this release can read. The message names the field."""


def stored_letter(document: Mapping[str, Any]) -> StoredLetter:
    """The dead letter in a document.

    Raises:
        UnreadableLetterError: a field is missing, or is not what it should be.
    """
    message = Message(
        body=_bytes(document),
        content_type=_field(document, "content_type", str | None),
        properties=_field(document, "properties", dict),
        sequence_number=_field(document, "sequence_number", int),
        offset=_field(document, "offset", str),
        digest=_field({"digest": "", **document}, "digest", str),
        body_form=_body_form(document),
        hub=_field({"hub": "", **document}, "hub", str),
    )
    letter = DeadLetter(
        message=message,
        partition=_field(document, "partition", str),
        reason=_field(document, "reason", str),
        detail=_field(document, "detail", str),
        attempts=_field(document, "attempts", int),
        saga_id=_field({**document, "saga_id": saga_id_in(document)}, "saga_id", str | None),
        event_id=_field(document, "event_id", str | None),
        event_type=_field(document, "event_type", str | None),
        dead_at=_time(document, "dead_at"),
    )
    if letter.id != letter_id_in(document):
        raise UnreadableLetterError(f"body: it belongs to another dead letter, {letter.id}")
    end = _field({"settled": None, **document}, "settled", dict | None)
    settled = Settled(_time(end, "at"), _field(end, "outcome", str)) if end else None
    return StoredLetter(letter, settled, document["_etag"], _expiry(document), is_copy=is_copy(document))


def saga_id_in(document: Mapping[str, Any]) -> object:
    """The saga of a stored dead letter; None if it names none."""
    return document.get("saga_id", document.get(LEGACY_SAGA_ID))


def by_death(stored: StoredLetter) -> tuple[datetime, str, int]:
    """The key that sorts dead letters into the order in which they failed."""
    letter = stored.letter
    return letter.dead_at, letter.partition, letter.message.sequence_number


def _field(document: Mapping[str, Any], name: str, kind: type | UnionType) -> Any:  # noqa: ANN401 -- JSON
    if name not in document:
        raise UnreadableLetterError(f"{name}: is missing")
    value = document[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise UnreadableLetterError(f"{name}: {value!r} is not of the right type"[:300])
    return value


def _bytes(document: Mapping[str, Any]) -> bytes:
    text = _field(document, "body", str)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UnreadableLetterError(f"body: {error}") from error


def _body_form(document: Mapping[str, Any]) -> BodyForm:
    form = document.get("body_form", "data")
    if form not in get_args(BodyForm):
        raise UnreadableLetterError(f"body_form: {form!r} is not known to this release"[:300])
    known: BodyForm = form
    return known


def _expiry(document: Mapping[str, Any]) -> datetime | None:
    seconds, written = document.get(TTL), document.get("_ts")
    if not isinstance(seconds, int) or not isinstance(written, int) or seconds < 0:
        return None
    return datetime.fromtimestamp(written, UTC) + timedelta(seconds=seconds)


def _time(document: Mapping[str, Any], name: str) -> datetime:
    text = _field(document, name, str)
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableLetterError(f"{name}: {error}") from error
    # Times are compared, and one without an offset cannot be.
    return time if time.tzinfo else time.replace(tzinfo=UTC)
