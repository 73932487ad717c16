"""A participant whose handlers are called with an event, instead of hearing it in the hub.

Everything else is as in the choreography: one write for state and answers, found again by the id of the event when the
call is repeated; retries and fallbacks; the ports with their idempotency keys. Only what is said goes to the caller.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from quartet.engine.engine import Engine
from quartet.engine.ports import DeadLetter, Message
from quartet.engine.records.record import Json
from quartet.engine.records.recorder import STATE_NOT_STORED
from quartet.engine.saga_update import COMPENSATION_FAILED, STATE_UNREADABLE, WAITING
from quartet.events import CONTENT_TYPE

_PARTITION: Final = "called"
_FAILURES: Final = frozenset({"handler_failed", "retries_used_up", WAITING, STATE_NOT_STORED, STATE_UNREADABLE})
"""Why the engine could not handle an event. Any other reason is the handler's own: it has rejected the event."""


_IGNORED: Final = "ignored"


class StepError(Exception):
    """An event could not be handled. The call may be repeated."""


class StepRejectedError(StepError):
    """The event must not have an effect; a repeat would be rejected, too."""


class Unsaid:
    """A `Publisher` that sends nothing: the caller gets what is said."""

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        """Do nothing."""


class Unkept:
    """`DeadLetters` that keep nothing: the caller gets an error, and the orchestration's history keeps it."""

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        """Do nothing."""

    async def discarded_sagas(self) -> set[str]:
        """None."""
        return set()


class Called:
    """One participant, by its engine."""

    def __init__(self, engine: Engine[Any]) -> None:
        self._engine = engine

    async def tell(self, events: Sequence[Json]) -> list[Json]:
        """Handle events of one saga, and return what is said about them, in order.

        An event that the participant does not hear is skipped: there is nothing to do about it. If it has decided
        before, and ignores the event, what it said then is returned: the caller may not have heard it.

        Raises:
            StepError: one could not be handled. Those before it count; a repeat finds them done.
            StepRejectedError: one must not have an effect.
        """
        heard = [event for event in events if event["type"] in self._engine.participant.hears]
        batch = await self._engine.process(_PARTITION, [_message(event) for event in heard])
        await batch.finish()
        said: list[Json] = []
        for became in batch.became:
            if isinstance(became, DeadLetter):
                raise StepError(self._failure(became))
            if became.letter is not None and became.letter.reason != COMPENSATION_FAILED:
                kind = StepError if became.letter.reason in _FAILURES else StepRejectedError
                raise kind(self._failure(became.letter))
            ignored = became.outcome == _IGNORED
            said += await self._said_before(became.delivery.event.saga_id) if ignored else became.answers
        return said

    async def _said_before(self, saga_id: str) -> list[Json]:
        record = await self._engine.record(saga_id)
        return [said for answers in record.handled.values() for said in answers]

    def _failure(self, letter: DeadLetter) -> str:
        return f"{self._engine.participant.name}: {letter.reason}: {letter.detail}"


def _message(event: Json) -> Message:
    return Message(json.dumps(event).encode(), CONTENT_TYPE, {}, sequence_number=0, offset="0")
