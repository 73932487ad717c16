"""Running one recorded participant again, event by event, on the state that the present code makes."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from structlog.typing import FilteringBoundLogger

from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.retry_policy import Backoff
from quartet.engine.failures.outage_retry import OutageRetry
from quartet.engine.handler_runner import HandlerRunner
from quartet.engine.ports import Message
from quartet.engine.received import Delivery
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Json, Record, RecordLimits
from quartet.engine.saga_update import Step as Done
from quartet.events import Models, UpcastError, from_json
from quartet.replay.outcome import Outcome, details_of, outcome_of
from quartet.replay.playback import Playback
from quartet.replay.recording import Part, Recording, Step
from quartet.replay.verdict import Finding, Kind, changed

_NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)  # times of answers are not compared
# What goes wrong in a handler is a finding; the engine's log would tell it twice.
_QUIET: FilteringBoundLogger = structlog.wrap_logger(
    structlog.ReturnLogger(), wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
)


class _EndlessWaitError(Exception):
    """A handler says that a server is away, which no port has said."""


class PartReplay:
    """One participant in one recorded saga.

    Attributes:
        events: how many events it has handled again, with the same result.
        states: if they are kept: the state after each event that was handled, as its document, with the event's place.
    """

    def __init__(
        self,
        participant: Participant[Any, Any],
        codec: RecordCodec[Any],
        recording: Recording,
        part: Part,
        models: Models,
        *,
        keeps_states: bool = False,
    ) -> None:
        """`codec`: that of the participant's state. It is made once: that takes longer than a replay."""
        self._participant = participant
        self._recording = recording
        self._part = part
        self._models = models
        self._codec = codec
        self._state: Any = None
        self._keeps_states = keeps_states
        self.events = 0
        self.states: list[tuple[int, Json]] = []

    async def run(self) -> Finding | None:
        """Handle all of it again. Returns the first thing that is wrong; None if nothing is."""
        if self._part.incomplete:
            return self._found(Kind.PROBLEM, "", f"the recording is not complete: {self._part.incomplete}")
        new = sorted({self._type(place) for place in range(len(self._recording.events))} & self._heard_since())
        if new:
            return self._found(Kind.DIFFERENCE, new[0], "did not hear it, would now hear it")
        for step in self._part.steps:
            if (finding := await self._step(step)) is not None:
                return finding
            self.events += 1
        return self._compare_states()

    def _heard_since(self) -> set[str]:
        return set(self._participant.hears) - set(self._part.hears)

    async def _step(self, step: Step) -> Finding | None:
        type_ = self._type(step.heard)
        if type_ not in self._models:
            return self._found(Kind.PROBLEM, type_, "no event of the application has this type")
        if type_ not in self._participant.hears:
            return self._found(Kind.DIFFERENCE, type_, "heard it, would no longer hear it")
        try:
            event = self._participant.as_handled(from_json(self._recording.events[step.heard], self._models))
        except (ValueError, UpcastError) as error:
            return self._found(Kind.PROBLEM, type_, f"the event cannot be read: {error}")
        playback = Playback(step)
        message = Message(b"", None, {}, step.heard, str(step.heard))
        runner = self._runner(step, playback)
        record: Record[Any] = Record(self._recording.saga_id, "0", self._state)
        update = await runner.run(record, [Delivery(event, message)], "0")
        return self._judge(step, type_, playback, update.steps[0], update.record.state)

    def _judge(self, step: Step, type_: str, playback: Playback, done: Done, state: object) -> Finding | None:
        now = outcome_of(done)
        if now.reason == "handler_failed" and step.outcome != "failed":
            playback.explain()
        if playback.problem:
            return self._found(Kind.PROBLEM, type_, playback.problem)
        if playback.missing:
            return self._found(Kind.MISSING, type_, playback.missing)
        if playback.is_stopped:
            return self._found(Kind.DIFFERENCE, type_, "; ".join(playback.differences))
        playback.end()
        was = self._recorded(step)
        differences, details = list(playback.differences), details_of(was.said, now.said)
        if str(was) != str(now):
            differences.append(f"{was}, would now {now.would}")
            if done.letter is not None:
                details.append(done.letter.detail)
        elif details:
            differences.append(f"{was}, would now say it with other data")
        if differences:
            return self._found(Kind.DIFFERENCE, type_, "; ".join(differences), details)
        self._state = state
        if self._keeps_states:
            self.states.append((step.heard, self._document(state)))
        return None

    def _recorded(self, step: Step) -> Outcome:
        said = tuple(self._recording.events[place] for place in step.said)
        return Outcome(step.outcome, step.reason, said)

    def _compare_states(self) -> Finding | None:
        now = self._document(self._state)
        if self._part.state is None:
            was: Json = {}
        else:
            document = {**self._part.state, "id": self._recording.saga_id, "pk": "0", "handled": {}, "partition": ""}
            record = self._codec.decode({**document, "_etag": ""})
            if record.foreign is not None:
                text = f"the recorded state cannot be read: {record.foreign.problem}"
                return self._found(Kind.PROBLEM, "", text)
            was = self._document(record.state)
        if lines := list(changed(was, now)):
            return self._found(Kind.DIFFERENCE, "", "its state at the end differs", lines)
        return None

    def _document(self, state: object) -> Json:
        if state is None:
            return {}
        record: Record[Any] = Record(self._recording.saga_id, "0", state)
        runtime = {"id", "pk", "handled", "partition", "version"}
        return {name: value for name, value in self._codec.encode(record).items() if name not in runtime}

    def _runner(self, step: Step, playback: Playback) -> HandlerRunner[Any]:
        attempts = step.attempts or self._participant.retry.attempts
        rng = random.Random(0)  # noqa: S311 -- pauses that are not made
        return HandlerRunner(
            self._participant,
            playback.ports(),
            retry=replace(self._participant.retry, attempts=attempts),
            limits=RecordLimits(),
            outages=OutageRetry(Backoff(), _refuse_to_wait, rng, _QUIET, _now),
            now=_now,
            sleep=_no_pause,
            rng=rng,
            log=_QUIET,
            stats=Counter(),
        )

    def _type(self, place: int) -> str:
        return str(self._recording.events[place].get("type"))

    def _found(self, kind: Kind, event: str, text: str, details: Sequence[str] = ()) -> Finding:
        return Finding(kind, self._recording.saga_id, self._part.participant, event, text, tuple(details))


def _now() -> datetime:
    return _NOON


async def _no_pause(_: float) -> None:
    await asyncio.sleep(0)


async def _refuse_to_wait(_: float) -> None:
    raise _EndlessWaitError("the handler says that a server is away, and would wait for it")
