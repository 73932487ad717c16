"""From a message of the hub to a fact of the projection. It never raises, whatever the message contains."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from quartet.choreography import Choreography
from quartet.console.projection.facts import KEPT_BYTES, LONGEST_TERM, Fact, Key, Raw, Term
from quartet.console.vocabulary import Vocabulary
from quartet.engine.dead_letters.requests import NO_SAGA
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.ports import Message
from quartet.events import SAGA_ID_PATTERN, Envelope, EventData, Unreadable, read_envelope

_SAGA_ID: Final = re.compile(SAGA_ID_PATTERN.rstrip("$") + r"\Z")
_NAMED: Final = r'"(?:%s)"\s*:\s*"([A-Za-z0-9_-]{1,64})"'
_SEARCHED: Final = 65_536
"""In how much of a message that is no event the name of a saga is looked for, in bytes."""
_LONGEST: Final = 256
_LONGEST_REMARK: Final = 500


class Interpreter:
    """Reads messages of one application's hubs."""

    def __init__(self, app: Choreography, hubs: Hubs, vocabulary: Vocabulary) -> None:
        self._models = app.models
        self._hubs = hubs
        self._words = vocabulary
        names = "|".join(map(re.escape, ("subject", "correlationid", *vocabulary.saga_fields)))
        self._named = re.compile((_NAMED % names).encode())

    def fact(self, message: Message, partition: str, at: int) -> Fact | None:
        """What a message says of a saga; None if it names none. `at`: when the hub took it in, in ms since 1970."""
        key = Key(at, message.hub, partition, message.sequence_number)
        envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
        if isinstance(envelope, Unreadable):
            saga = self._saga_named_in(message)
            return None if saga is None else _no_event(key, saga, f"cannot be read: {envelope.detail}", message)
        if envelope.subject == NO_SAGA:
            return None
        return self._event(key, envelope, message)

    def _event(self, key: Key, envelope: Envelope, message: Message) -> Fact:
        refusal = self._hubs.refusal(message.hub, envelope.type, envelope.source)
        event = envelope.read(self._models) if refusal is None else None
        data = None if event is None or isinstance(event, Unreadable) else event.data
        problem = f"has no effect: {refusal.detail}" if refusal is not None else ""
        if isinstance(event, Unreadable):
            problem = f"cannot be read: {event.detail}"
        said = envelope.data if data is not None and isinstance(envelope.data, dict) else {}
        reason = said.get("reason")
        return Fact(
            key=key,
            saga=envelope.subject,
            type=_short(envelope.type),
            label=self._words.label(envelope.type),
            kind=self._words.kind(envelope.type) if data is not None else "unknown",
            source=_short(envelope.source),
            sayer=self._words.sayer(envelope.type, envelope.source) if refusal is None else "",
            event_id=_short(envelope.id),
            causation_id=envelope.causation_id and _short(envelope.causation_id),
            remark="" if data is None else _remark(data),
            problem=problem[:_LONGEST_REMARK],
            reason=_short(reason) if isinstance(reason, str) else "",
            terms=tuple(dict.fromkeys(self._terms(said, envelope.subject))),
            trace_id=envelope.traceparent.split("-")[1] if envelope.traceparent else "",
            raw=_raw(message),
        )

    def _terms(self, data: Mapping[str, object], saga: str) -> Iterator[Term]:
        for name, value in _leaves(data):
            if value != saga and 0 < len(value) <= LONGEST_TERM and self._words.is_term(name):
                yield Term(name.casefold(), value)

    def _saga_named_in(self, message: Message) -> str | None:
        found = self._named.search(message.body, 0, _SEARCHED)
        if found is not None:
            return found[1].decode()
        for name, value in message.properties.items():
            if name.rpartition("_")[2].rpartition(":")[2] == "subject" and _SAGA_ID.match(str(value)):
                return str(value)
        return None


def _no_event(key: Key, saga: str, problem: str, message: Message) -> Fact:
    return Fact(
        key=key,
        saga=saga,
        type="not an event",
        label="not an event",
        kind="unknown",
        source="",
        sayer="",
        event_id="",
        causation_id=None,
        remark="",
        problem=problem[:_LONGEST_REMARK],
        reason="",
        terms=(),
        trace_id="",
        raw=_raw(message),
    )


def _remark(data: EventData) -> str:
    try:
        return data.remark[:_LONGEST_REMARK]
    except Exception as error:  # noqa: BLE001 -- an application's own code, and one remark is not worth the page
        return f"the remark cannot be made: {type(error).__name__}"


def _leaves(value: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Every text in a JSON object, with the name of its field. Data that was validated is not deep."""
    stack: list[tuple[str, object]] = [*value.items()][::-1]
    while stack:
        name, found = stack.pop()
        if isinstance(found, str):
            yield name, found
        elif isinstance(found, dict):
            stack += reversed(found.items())
        elif isinstance(found, list):
            stack += [(name, one) for one in reversed(found)]


def _raw(message: Message) -> Raw:
    kept: dict[str, object] = {}
    room = KEPT_BYTES
    for name, value in message.properties.items():
        room -= len(name) + len(str(value))
        if room < 0:
            break
        kept[name] = value
    content_type = message.content_type and _short(message.content_type)
    return Raw(content_type, message.body[:KEPT_BYTES], len(message.body), kept, message.body_form)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def known_sagas(facts: Iterable[Fact]) -> list[str]:
    """The ids of the sagas that these facts are about, each once."""
    return list(dict.fromkeys(fact.saga for fact in facts))
