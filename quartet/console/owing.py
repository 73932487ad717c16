"""What the participants have stored of a saga, and which of its events they have not handled."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic_core import to_jsonable_python

from quartet.choreography import Choreography
from quartet.console.lags import Look
from quartet.console.projection.facts import Place
from quartet.console.records import Reading, StoredRecord
from quartet.console.views import OwedView, PartView, SaidView, Unknown
from quartet.engine.records.record import Record
from quartet.events import event_key, parse_time


class LooksAtLag(Protocol):
    """Knows how far the participants are."""

    async def look(self) -> Look | Unknown:
        """A look that is a few seconds old at most."""


class StoredParts:
    """See `Parts`."""

    def __init__(self, app: Choreography, lags: LooksAtLag) -> None:
        self._app = app
        self._lags = lags

    async def of(
        self, events: Sequence[SaidView], records: Reading, now: int
    ) -> tuple[tuple[PartView, ...] | Unknown, tuple[OwedView, ...] | Unknown]:
        """See `Parts.of`."""
        stored = await records
        if isinstance(stored, Unknown):
            return stored, stored
        parts = tuple(_part(name, found) for name, found in stored.items())
        return parts, await self._owed(events, stored, now)

    async def _owed(
        self, events: Sequence[SaidView], stored: Mapping[str, StoredRecord], now: int
    ) -> tuple[OwedView, ...] | Unknown:
        open_ = [
            (event, name)
            for event, name, is_answered in heard(events)
            if _letter(stored[name].record, event) or not (is_answered or _has_handled(stored[name].record, event))
        ]
        if not open_:
            return ()
        if unknown := next((stored[name].problem for _, name in open_ if stored[name].problem), ""):
            return Unknown(problem=unknown)
        look = await self._lags.look()
        if isinstance(look, Unknown):
            return look
        return tuple(
            self._view(event, name, why, now)
            for event, name in open_
            if (why := _why(event, name, stored[name].record, look))
        )

    def _view(self, event: SaidView, name: str, why: str, now: int) -> OwedView:
        reactions = self._app.participant(name).reactions
        says = next((one.says for one in reactions if one.event.type == event.type), frozenset())
        since = now - round(parse_time(event.at).timestamp() * 1000)
        return OwedView(
            participant=name,
            event=event.number,
            type=event.type,
            expected=tuple(sorted(model.type for model in says)),
            since_seconds=max(0, since) / 1000,
            why=why,
        )


def heard(events: Sequence[SaidView]) -> list[tuple[SaidView, str, bool]]:
    """Each event with each participant that hears it, and whether that one has answered it.

    An answer is not the end of it: a participant that said that it could not compensate still has to.
    """
    answered = {(one.sayer, one.cause) for one in events if one.cause is not None and not one.problem}
    return [
        (event, name, (name, event.number) in answered)
        for event in events
        if not event.problem and event.repeats is None
        for name in event.heard_by
    ]


def _has_handled(record: Record[Any] | None, event: SaidView) -> bool:
    if record is None:
        return False
    return event_key(event.source, event.event_id) in record.handled or event.event_id in record.handled


def _letter(record: Record[Any] | None, event: SaidView) -> str:
    """The dead letter about the event, as the record names it; empty if there is none."""
    letters = (*record.parked, *record.owed) if record is not None else ()
    where = f"{event.hub}-{event.partition}" if event.hub else event.partition
    return next((one for one in letters if one.startswith(f"{where}-{event.sequence_number}-")), "")


def _why(event: SaidView, name: str, record: Record[Any] | None, look: Look) -> str:
    """Why it is not handled; empty if it is, as the checkpoint says."""
    if letter := _letter(record, event):
        return f"dead letter: {letter}"
    checkpoint = look.checkpoints.get((name, Place(event.hub, event.partition)))
    if checkpoint is not None and checkpoint >= event.sequence_number:
        return ""
    if name not in look.running:
        return "does not run"
    return "has not finished it yet"


def _part(name: str, stored: StoredRecord) -> PartView:
    state = None if stored.record is None else to_jsonable_python(stored.record.state, fallback=repr)
    return PartView(
        participant=name,
        state=state if isinstance(state, dict) or state is None else {"": state},
        problem=stored.problem,
    )
