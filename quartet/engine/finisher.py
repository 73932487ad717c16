"""The steps after the commit: store the dead letters, publish the answers, write the log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Generic, TypeVar

from structlog.typing import FilteringBoundLogger

from quartet.engine.errors import one_line
from quartet.engine.failures.isolation import isolate
from quartet.engine.failures.outage_retry import OutageRetry
from quartet.engine.ports import DeadLetter, DeadLetters, Now, Publisher
from quartet.engine.records.record import Json
from quartet.engine.saga_update import SagaUpdate, Step
from quartet.engine.step_log import StepLog
from quartet.engine.telemetry.port import UNOBSERVED, Observer

S = TypeVar("S")

ANSWER_NOT_PUBLISHED: Final = "answer_not_published"


class Finisher(Generic[S]):
    """Stores the dead letters, publishes the answers and logs the outcomes of committed runs."""

    def __init__(
        self,
        *,
        publisher: Publisher,
        dead_letters: DeadLetters,
        outages: OutageRetry,
        step_log: StepLog,
        now: Now,
        log: FilteringBoundLogger,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._observer = observer
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._outages = outages
        self._step_log = step_log
        self._now = now
        self._log = log

    async def finish(
        self, partition: str, runs: Sequence[SagaUpdate[S]], letters: Sequence[DeadLetter]
    ) -> list[Step | DeadLetter]:
        """Keep, publish and log the outcome of these runs, and keep `letters` as well. Returns each outcome."""
        await self.keep([*letters, *(letter for run in runs for letter in run.letters())])
        steps = sorted(
            (step for run in runs for step in run.steps), key=lambda step: step.delivery.message.sequence_number
        )
        began = self._observer.clock()
        sent = await self._publish_answers(partition, steps)
        unread = [*letters, *(letter for run in runs for letter in run.unread)]
        marks = self._observer.finished(partition, steps, began, sent=sent)
        self._step_log.tell(partition, steps, unread, marks)
        return [*steps, *unread]

    async def keep(self, letters: Sequence[DeadLetter]) -> None:
        """Keep dead letters. One that cannot be stored as it is, is stored in a smaller form."""

        async def put(some: Sequence[DeadLetter]) -> None:
            await self._outages.retry("keep dead letters", lambda: self._dead_letters.put(some))

        async def put_less(letter: DeadLetter, error: Exception) -> None:
            async def put_least(_: DeadLetter, _error: Exception) -> None:
                await put([letter.reduced(keep_body=False)])

            self._log.error("dead letter is too large; keeping less of it", id=letter.id, error=one_line(error))
            await isolate([letter.reduced(keep_body=True)], put, put_least)

        await isolate(letters, put, put_less)
        self._observer.buried(letters)

    async def publish(self, partition: str, events: Sequence[Json]) -> list[tuple[Json, str]]:
        """Publish to a partition, in order. Returns the answers that the hub will never accept, and why."""
        refused: list[tuple[Json, str]] = []

        async def publish(some: Sequence[Json]) -> None:
            await self._outages.retry("publish answers", lambda: self._publisher.publish(partition, some))

        async def isolated(event: Json, error: Exception) -> None:
            refused.append((event, one_line(error)))

        await isolate(events, publish, isolated)
        return refused

    async def _publish_answers(self, partition: str, steps: Sequence[Step]) -> bool:
        """Publish the answers of these steps. Returns whether there were any."""
        answers = [said for step in steps for said in step.answers]
        refused = await self.publish(partition, answers)
        if not refused:
            return bool(answers)
        problems = {str(event["id"]): problem for event, problem in refused}
        letters = [
            _unpublished(step, partition, problems[str(said["id"])], self._now())
            for step in steps
            for said in step.answers
            if str(said["id"]) in problems
        ]
        for letter in letters:
            self._log.error("answer cannot be published", saga=letter.saga_id, id=letter.id, error=letter.detail)
        await self.keep(letters)
        return True


def _unpublished(step: Step, partition: str, problem: str, now: datetime) -> DeadLetter:
    """The decision stands, and its answers are recorded: a redrive publishes them again."""
    event = step.delivery.event
    if step.letter is not None:
        return replace(step.letter, detail=f"{step.letter.detail}; and an answer was not published: {problem}")
    return DeadLetter(
        step.delivery.message, partition, ANSWER_NOT_PUBLISHED, problem, 1, event.saga_id, event.id, event.type, now
    )
