"""Entries of a file as events to publish, checked against the contracts before the first send."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from quartet.engine.declaration.hubs import MAIN, Hubs
from quartet.events import (
    SAGA_ID_PATTERN,
    EventData,
    Registry,
    Unreadable,
    explain,
    format_time,
    legacy_derived_id,
    new_event,
    open_envelope,
    to_json,
)
from quartet.events.text import has_surrogates
from quartet.printable import printable
from quartet.terminal.files import Entry
from quartet.terminal.user_error import UserError

SOURCE: Final = "/quartet/cli"
_SUBJECT = re.compile(SAGA_ID_PATTERN.rstrip("$") + r"\Z")
_NO_SAGA: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A structured CloudEvent on its way to the hub, and the saga that it is about.

    Attributes:
        where: where it stood, for people; empty if it was made up.
    """

    saga_id: str
    event: dict[str, Any]
    where: str = ""


def event_of(data: EventData, now: datetime) -> Outgoing:
    """The event with this data. Its id is derived from the content: the same data again is the same event."""
    event_id = legacy_derived_id(data.fingerprint(), data.type, SOURCE)
    return Outgoing(data.saga_id, to_json(new_event(data, source=SOURCE, time=now, id=event_id)))


def read_events(entries: Sequence[Entry], now: datetime, events: Registry, plain: type[EventData]) -> list[Outgoing]:
    """The events that entries stand for: each is a CloudEvent of any type in the registry, or the data of a `plain`.

    Raises:
        UserError: an entry does not keep the contract, or its source may not say it: the line names it and the field,
            and how many more there are.
    """
    found: list[Outgoing] = []
    problems: list[str] = []
    hubs = Hubs(events)
    for entry in entries:
        event = _read(entry.value, now, events, plain)
        problem = event if isinstance(event, str) else unsendable(event.event) or _unheard(event.event, hubs)
        if problem:
            problems.append(f"{entry.where}: {problem}")
        elif isinstance(event, Outgoing):
            found.append(replace(event, where=entry.where))
    if problems:
        more = f" ({len(problems) - 1} more entries are wrong)" if len(problems) > 1 else ""
        raise UserError(f"{problems[0]}{more}. Nothing was published")
    return found


def wrap_events(entries: Sequence[Entry], now: datetime, plain: type[EventData]) -> list[Outgoing]:
    """The same without any check: to see what the services do with unreadable events.

    Raises:
        UserError: an entry is not a JSON object, or has text that UTF-8 cannot represent.
    """
    return [_wrap(entry, now, plain) for entry in entries]


def unsendable(value: object, place: str = "") -> str | None:
    """Why a JSON value cannot be sent as UTF-8, with the place; None if it can."""
    match value:
        case str() if has_surrogates(value):
            return f"{place or 'it'}: has half of a surrogate pair, which UTF-8 cannot carry"
        case dict():
            parts = [(f"{place}.{printable(str(name))}".lstrip("."), part) for name, part in value.items()]
            parts += [(f"{place}.{printable(name)}".lstrip("."), name) for name in value if isinstance(name, str)]
        case list():
            parts = [(f"{place}.{number}".lstrip("."), part) for number, part in enumerate(value)]
        case _:
            return None
    return next((problem for where, part in parts if (problem := unsendable(part, where))), None)


def _read(value: object, now: datetime, events: Registry, plain: type[EventData]) -> Outgoing | str:
    if not isinstance(value, dict):
        return "must be a JSON object"
    if "specversion" in value:
        return _read_cloud_event(value, events)
    try:
        return event_of(plain.model_validate(value), now)
    except ValidationError as error:
        return explain(error)


def _read_cloud_event(value: Mapping[str, Any], events: Registry) -> Outgoing | str:
    envelope = open_envelope(value)
    event = envelope if isinstance(envelope, Unreadable) else envelope.read(events)
    if isinstance(event, Unreadable):
        return event.detail
    return Outgoing(event.saga_id, dict(value))


def _unheard(event: Mapping[str, Any], hubs: Hubs) -> str | None:
    """Why no participant would act on an event; None if some may."""
    refusal = hubs.refusal(MAIN, str(event["type"]), str(event["source"]))
    return refusal.detail if refusal is not None else None


def _wrap(entry: Entry, now: datetime, plain: type[EventData]) -> Outgoing:
    value = entry.value
    if not isinstance(value, dict):
        raise UserError(f"{entry.where}: must be a JSON object, also without validation. Nothing was published")
    if problem := unsendable(value):
        raise UserError(f"{entry.where}: {problem}. Nothing was published")
    if "specversion" in value:
        return Outgoing(_subject(value.get("subject")), value, entry.where)
    subject = _subject(_saga_id_in(value, plain))
    digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    event = {
        "specversion": "1.0",
        "id": legacy_derived_id(digest, plain.type, SOURCE),
        "source": SOURCE,
        "type": plain.type,
        "subject": subject,
        "time": format_time(now),
        "datacontenttype": "application/json",
        "correlationid": subject,
        "data": value,
    }
    return Outgoing(subject, event, entry.where)


def _saga_id_in(value: Mapping[str, Any], plain: type[EventData]) -> object:
    """The saga id in data that was not read; None if its field is missing."""
    try:
        return plain.model_construct(**value).saga_id
    except (AttributeError, TypeError):
        return None


def _subject(saga_id: object) -> str:
    return saga_id if isinstance(saga_id, str) and _SUBJECT.match(saga_id) else _NO_SAGA
