"""Making the part of one participant: what it has handled, in its order, with which outcome."""

from collections.abc import Mapping
from typing import Any, Final

from quartet.engine.dead_letters.store import DISCARDED
from quartet.engine.declaration.participant import Participant
from quartet.engine.received import UPCAST_FAILED
from quartet.engine.records.codec import RESERVED, RecordCodec
from quartet.engine.records.record import Json, Record, RecordLimits
from quartet.engine.saga_update import WAITING
from quartet.events import Event, EventData
from quartet.replay.outcome import FAILED
from quartet.replay.recording import Part, Step, UnfinishedError
from quartet.replay.stored import Events, Stored, Taken

# Reasons of the runtime, for which no handler has decided anything.
_OF_RUNTIME: Final = frozenset({"runtime_failed", "reading_failed", "state_not_stored", "state_unreadable"})


class PartGathering:
    """What one participant has handled."""

    def __init__(
        self,
        participant: Participant[Any, Any],
        stored: Stored,
        heard: Mapping[str, tuple[Taken, Event[EventData]]],
        events: Events,
    ) -> None:
        self._participant = participant
        self._stored = stored
        self._record: Record[Any] = stored.record or Record(saga_id="", pk="")
        self._letters = {one.id: one for one in stored.letters}
        self._events = events
        self._heard = {key: (one, event) for key, (one, event) in heard.items() if self._hears(one, event)}
        self._incomplete = ""

    def _hears(self, one: Taken, event: Event[EventData]) -> bool:
        starts = self._participant.starts
        is_before = starts is not None and one.enqueued is not None and one.enqueued <= starts
        return event.type in self._participant.hears and not is_before

    def part(self) -> Part:
        """The participant in the recording."""
        steps = self._decided()
        known = {step.heard for step in steps}
        origins = {self._events.places[key]: one for key, (one, _) in self._heard.items()}
        for place, one in origins.items():
            if place not in known and (step := self._undecided(place, one)) is not None:
                # Each partition is handled in its order. Between partitions the latest moment is taken: what is
                # ignored was overtaken by something.
                later = (at for at, other in enumerate(steps) if _is_before(one, origins[other.heard]))
                steps.insert(next(later, len(steps)), step)
        if self._record.said_before or len(self._record.handled) >= RecordLimits().handled:
            self._incomplete = "its record no longer has the answers to all events"
        hears = tuple(sorted(self._participant.hears))
        return Part(self._participant.name, hears, tuple(steps), self._state(), self._incomplete)

    def _state(self) -> Json | None:
        if self._record.state is None:
            return None
        document = RecordCodec(self._participant.state).encode(self._record)
        return {name: value for name, value in document.items() if name not in RESERVED or name == "version"}

    def _decided(self) -> list[Step]:
        """The steps of the record: the recorded runs, and in their places what was handled without recording."""
        ordered: list[Json | str] = [
            run for run in self._record.runs if run["outcome"] != "failed" or self._is_open(run["event"])
        ]
        at = len(ordered)
        for key in reversed(list(self._record.handled)):
            own = [place for place, run in enumerate(ordered) if not isinstance(run, str) and run["event"] == key]
            if own:
                at = own[-1]
            else:
                ordered.insert(at, key)
        return [step for one in ordered if (step := self._step(one)) is not None]

    def _step(self, run: Json | str) -> Step | None:
        key = run if isinstance(run, str) else str(run["event"])
        if key not in self._heard:
            self._incomplete = (
                "it has handled an event that the hub no longer holds, that came in during the reading, "
                "or that this release cannot read"
            )
            return None
        place = self._events.places[key]
        answers = self._record.handled.get(key, ())
        if isinstance(run, str):
            outcome = "owed" if self._letter_id(key) in self._record.owed else "decided"
            return Step(place, outcome, said=tuple(map(self._events.add, answers)))
        return Step(
            place,
            str(run["outcome"]),
            reason=str(run.get("reason", "")),
            said=tuple(self._events.add(answers[said]) for said in run.get("said", ())),
            calls=tuple(run["calls"]),
            attempts=run.get("attempts"),
            settings=run.get("settings"),
        )

    def _is_open(self, key: str) -> bool:
        """Whether the dead letter of an event is open, as far as is known."""
        return key in self._heard and self._letter_id(key) in self._record.parked

    def _letter_id(self, key: str) -> str:
        one, _ = self._heard[key]
        return one.message.letter_id(one.partition)

    def _undecided(self, place: int, one: Taken) -> Step | None:
        """The outcome of an event that the record knows nothing of; None if no handler has run."""
        letter_id = one.message.letter_id(one.partition)
        letter = self._letters.get(letter_id)
        if letter_id in self._record.discarded or (letter and letter.settled and letter.settled.outcome == DISCARDED):
            return None
        if letter is not None and letter.settled is None:
            reason = letter.letter.reason
            if reason in _OF_RUNTIME:
                self._incomplete = f"an event is a dead letter of the runtime ({reason}), which no handler has decided"
            if reason in {WAITING, UPCAST_FAILED, *_OF_RUNTIME}:
                return None
            return Step(place, "failed" if reason in FAILED else "rejected", reason=reason)
        if not self._stored.has_finished(one):
            raise UnfinishedError(
                f"{self._participant.name} has not finished with the saga yet: see quartet status, and try again"
            )
        return Step(place, "ignored")


def _is_before(one: Taken, other: Taken) -> bool:
    """Whether both are in one partition, this one first."""
    places = [(taken.message.hub, taken.partition) for taken in (one, other)]
    return places[0] == places[1] and one.message.sequence_number < other.message.sequence_number
