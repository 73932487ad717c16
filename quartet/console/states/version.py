"""One version of a record, and what a participant did since the one before. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from quartet.console.states.diff import differences
from quartet.console.views import ChangeView
from quartet.engine.declaration.participant import Participant
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Json

_SEVERAL: Final = "one write for all of them, or several writes of which the page saw the last"
_SINCE: Final = "the page began to look after the first of these writes"
_NO_EVENT: Final = "changed without an event: by hand, or by an operator"
_BLOCKED: Final = "a dead letter blocks the saga: its events wait"
_UNBLOCKED: Final = "a dead letter was settled, or another one is the first now"


@dataclass(frozen=True, slots=True)
class Version:
    """What is known of a record.

    Attributes:
        at: when it was written, in seconds since 1970: whole seconds, by the server's clock.
        state: as JSON values; None if nothing was decided, or it cannot be read.
        handled: the key of each event that was handled, and how many answers it has.
        line: the ids of the dead letters that block the saga, or are open compensations.
        problem: why this release cannot read the record; empty if it can.
    """

    saga_id: str
    at: float
    state: Mapping[str, Any] | None
    handled: Mapping[str, int]
    line: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What the page saw of one or several writes. `keys`: of the events that were handled."""

    participant: str
    at: float
    keys: tuple[str, ...]
    changes: tuple[ChangeView, ...]
    is_merged: bool = False
    note: str = ""


class Reader:
    """Reads the documents of one participant."""

    def __init__(self, participant: Participant[Any, Any]) -> None:
        self.participant = participant
        self._codec = RecordCodec(participant.state)

    def version(self, document: Json) -> Version:
        """The version in a document of the change feed. It never raises, whatever the document holds."""
        saga_id, at = str(document.get("id")), float(document.get("_ts") or 0)
        try:
            record = self._codec.decode(document)
            if record.foreign is not None:
                return Version(saga_id, at, None, {}, problem=record.foreign.problem)
            state = record.state
            shown = None if state is None else TypeAdapter(type(state)).dump_python(state, mode="json")
            handled = {key: len(answers) for key, answers in record.handled.items()}
            return Version(saga_id, at, shown, handled, (*record.parked, *record.owed))
        except Exception as error:  # noqa: BLE001 -- a document may hold anything, and those after it are to be read
            return Version(saga_id, at, None, {}, problem=f"{type(error).__name__} in its id, pk or state")

    def change(self, before: Version | None, now: Version, *, is_first_look: bool) -> Change | None:
        """What happened between two versions; None if nothing that is shown did.

        Args:
            before: the version before, if one was seen.
            now: this one.
            is_first_look: whether the page may have begun to look after the record was made.
        """
        name = self.participant.name
        if now.problem:
            return Change(name, now.at, (), (), note=f"this release cannot read the record: {now.problem}")
        known = before.handled if before else {}
        keys = tuple(key for key, count in now.handled.items() if known.get(key) != count)
        was_unread = before is not None and bool(before.problem)
        changes = () if was_unread else tuple(differences((before.state if before else None) or {}, now.state or {}))
        line = before.line if before else ()
        if not keys and not changes and now.line == line:
            return None
        note = ""
        is_merged = was_unread
        if len(keys) > 1:
            # One that acts outside writes after each event.
            is_merged = is_merged or self.participant.acts_outside
            note = _SINCE if before is None and is_first_look else _SEVERAL
        elif was_unread:
            note = "the version before could not be read"
        elif not keys and changes:
            note = _NO_EVENT
        elif not keys:
            note = _BLOCKED if len(now.line) > len(line) else _UNBLOCKED
        return Change(name, now.at, keys, changes, is_merged, note)
