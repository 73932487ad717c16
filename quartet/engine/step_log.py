"""One log line per event, with everything needed to follow a saga through all logs; and the figures of a process."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from structlog.typing import FilteringBoundLogger

from quartet.engine.ports import DeadLetter, Message
from quartet.engine.saga_update import Step


class StepLog:
    """Logs the outcome of each event, and counts the outcomes in `stats`."""

    def __init__(self, log: FilteringBoundLogger, stats: Counter[str]) -> None:
        self._log = log
        self._stats = stats
        self.events = 0
        """How many have an outcome."""

    def tell(
        self,
        partition: str,
        steps: Iterable[Step],
        unread: Iterable[DeadLetter],
        marks: Sequence[Mapping[str, object]] = (),
    ) -> None:
        """Log one batch: its events in order, and its unreadable messages. `marks`: further fields of each step."""
        for place, step in enumerate(steps):
            self.events += 1
            self._tell_step(partition, step, marks[place] if marks else {})
        for letter in unread:
            self.events += 1
            self._tell_unread(partition, letter)

    def _tell_step(self, partition: str, step: Step, mark: Mapping[str, object]) -> None:
        event = step.delivery.event
        self._stats[step.outcome] += 1
        say = self._log.info if step.letter is None else self._log.error
        say(
            event.type,
            saga=event.saga_id,
            outcome=step.outcome,
            **({"detail": step.detail} if step.detail else {}),
            **({"said": " ".join(str(said["type"]) for said in step.answers)} if step.answers else {}),
            ms=round(step.seconds * 1000, 1),
            id=event.id,
            cause=event.causation_id,
            correlation=event.correlation_id,
            **_place(partition, step.delivery.message),
            **mark,
        )

    def _tell_unread(self, partition: str, letter: DeadLetter) -> None:
        self._stats["dead letter"] += 1
        self._log.error(
            letter.event_type or "unreadable event",
            saga=letter.saga_id,
            outcome="dead letter",
            detail=f"{letter.reason}: {letter.detail}",
            id=letter.event_id,
            **_place(partition, letter.message),
        )


def _place(partition: str, message: Message) -> dict[str, object]:
    """Where an event is, with the hub if that is not the main one."""
    hub = {"hub": message.hub} if message.hub else {}
    return {**hub, "partition": partition, "sequence": message.sequence_number}
