"""The engine of a participant: a received batch in, few requests, a batch of answers out.

The order of the steps is the guarantee. State and answers are written together, then the answers are published,
and only then may the checkpoint pass the events. A crash anywhere in between leaves them uncheckpointed: they are
delivered again, and recorded answers are found and published again under the same ids.

Nothing but an outage is repeated without a limit. What fails permanently is found by halving (`isolation`) and becomes
a dead letter; all others of the batch continue.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar

import structlog
from structlog.typing import FilteringBoundLogger

from quartet.engine.batch import Batch, Standing
from quartet.engine.dead_letters.requests import RedriveRequested
from quartet.engine.declaration.hubs import Hubs, place_of
from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.retry_policy import RetryPolicy
from quartet.engine.errors import one_line
from quartet.engine.failures.isolation import isolate
from quartet.engine.failures.outage_retry import OutageRetry
from quartet.engine.finisher import Finisher
from quartet.engine.handler_runner import HandlerRunner
from quartet.engine.ports import DeadLetter, DeadLetters, Message, Now, Publisher, RecordStore, Sleep
from quartet.engine.received import cause_of_death, read_batch
from quartet.engine.records.record import Record, RecordLimits
from quartet.engine.records.recorder import Recorder
from quartet.engine.safe_log import safe
from quartet.engine.saga_update import SagaUpdate, Step
from quartet.engine.settler import Settler
from quartet.engine.step_log import StepLog
from quartet.engine.telemetry.port import UNOBSERVED, Observer
from quartet.events import Event

S = TypeVar("S")
OnRedrive: TypeAlias = Callable[[str, Event[RedriveRequested]], Awaitable[None]]

RUNTIME_FAILED: Final = "runtime_failed"
# A batch waits this long for its handlers; slower ones continue beside the next batches.
_TOGETHER_SECONDS: Final = 2.0
# At most this many sagas may continue beside the batches of one process: each holds the checkpoint back.
_SLOW_SAGAS: Final = 500
# Partitions that are opened within this time of each other are opened together.
_PREPARED: Final = timedelta(seconds=5)


class Engine(Generic[S]):
    """Processes batches for one participant, also of several partitions at the same time."""

    def __init__(
        self,
        participant: Participant[S, Any],
        *,
        ports: object,
        store: RecordStore[S],
        publisher: Publisher,
        dead_letters: DeadLetters,
        buckets: int,
        now: Now,
        sleep: Sleep = asyncio.sleep,
        retry: RetryPolicy | None = None,
        limits: RecordLimits | None = None,
        rng: random.Random | None = None,
        log: FilteringBoundLogger | None = None,
        look_first: bool = False,
        together_seconds: float | None = _TOGETHER_SECONDS,
        on_redrive: OnRedrive | None = None,
        hubs: Hubs | None = None,
        recording: bool = False,
        observer: Observer = UNOBSERVED,
    ) -> None:
        """An engine of `participant` on these ports.

        With `look_first` it also loads the record of a saga that an event is expected to open. That costs a request
        and is never wrong: for redriving, where the saga is known. `together_seconds` is how long a batch waits for
        all of its handlers before the partition continues without the slow ones; None: without a limit. `on_redrive`
        answers requests to redrive; without it, they are ignored. `hubs` are those of the deployment; without them,
        all events are on one. With `recording`, each record also keeps what the ports answered; see ADR 31.
        `observer` sees what the engine does.
        """
        self.participant = participant
        self._observer = observer
        self._now = now
        self._sleep = sleep
        self._retry = retry or participant.retry
        self._rng = rng or random.Random()  # noqa: S311 -- jitter, not a secret
        self._limits = limits or RecordLimits()
        self.stats: Counter[str] = Counter()
        self._log = safe(log or structlog.get_logger(service=participant.name), self.stats)
        self._hubs = hubs or Hubs(participant.events, participants=(participant.name,))
        self._together = together_seconds
        self._on_redrive = on_redrive
        self._dead_letters = dead_letters
        self._outages = OutageRetry(self._retry.outage_backoff, sleep, self._rng, self._log, now)
        self._recorder: Recorder[S] = Recorder(
            store, self._outages, buckets=buckets, opens=participant.opens, look_first=look_first
        )
        self._step_log = StepLog(self._log, self.stats)
        self._finisher: Finisher[S] = Finisher(
            publisher=publisher,
            dead_letters=dead_letters,
            outages=self._outages,
            step_log=self._step_log,
            now=now,
            log=self._log,
            observer=observer,
        )
        runner = HandlerRunner(
            participant,
            ports,
            retry=self._retry,
            limits=self._limits,
            outages=self._outages,
            now=now,
            sleep=sleep,
            rng=self._rng,
            log=self._log,
            stats=self.stats,
            recording=recording,
            observer=observer,
        )
        self._settler = Settler(self._recorder, runner, self._finisher, sleep, self.stats, observer=observer)
        self._batches: set[Batch] = set()
        self._prepared: asyncio.Task[None] | None = None
        self._prepared_at = now()

    @property
    def finished(self) -> int:
        """How many events it has finished, with whichever outcome; also those that were delivered again."""
        return self._step_log.events

    async def prepare(self) -> None:
        """Get ready for a partition that may deliver old events again.

        An event that opens a saga is handled without a look at the store. One that an operator has discarded must not
        have an effect even so: its saga is looked at. Partitions that are opened together share one query.
        """
        if self._prepared is None or self._now() - self._prepared_at >= _PREPARED:
            self._prepared, self._prepared_at = asyncio.create_task(self._find_discarded()), self._now()
        await asyncio.shield(self._prepared)

    async def _find_discarded(self) -> None:
        try:
            discarded = await self._outages.retry("load discarded sagas", self._dead_letters.discarded_sagas)
        except Exception as error:  # noqa: BLE001 -- to look at every saga costs requests, and is always right
            self._log.error("discarded sagas are not known; loading every saga", error=one_line(error))
            self._recorder.look_at(None)
        else:
            self._recorder.look_at(discarded)

    async def process(self, partition: str, messages: Sequence[Message]) -> Batch:
        """Handle a batch. Returns when it is finished, or when all that is not finished waits for slow ports.

        The checkpoint must stay before `first_unfinished` of what is returned. Cancelling ends the work on it.
        """
        while sum(len(batch.open_sagas) for batch in self._batches if batch.quick.is_set()) >= _SLOW_SAGAS:
            self._settler.released.clear()
            await self._settler.released.wait()
        return await self._begin(partition, messages, self._together)

    async def redeliver(self, partition: str, message: Message) -> Step | DeadLetter | None:
        """Handle one message as `process` does, and return its outcome.

        Returns:
            Its step; if it cannot be read, its dead letter; None if it is for other participants, or was discarded.
        """
        batch = await self._begin(partition, [message], None)
        return next(iter(batch.became), None)

    async def discard(self, saga_id: str, letter_id: str, partition: str, message: Message | None = None) -> None:
        """Unblock the saga. The dead letter, and its event if `message` has one, never have an effect."""
        key = cause_of_death(message, "", "").key if message is not None else None
        await self._change(saga_id, partition, lambda run: run.discard(letter_id, key))

    async def strike(self, saga_id: str, letter_id: str, partition: str) -> None:
        """Unblock the saga: its dead letter has been settled otherwise."""
        await self._change(saga_id, partition, lambda run: run.strike(letter_id))

    async def line_up(self, record: Record[S], letter_ids: Sequence[str], partition: str) -> bool:
        """Put these dead letters of a saga into its queue, in place of those for which the record had no room.

        Returns:
            Whether that was done. Not if the saga has changed since the record was read: another operator may have
            redriven one of them meanwhile, and no event may ever wait behind a closed dead letter.
        """
        run = SagaUpdate(record, partition, self._now, self._limits)
        run.line_up(letter_ids)
        return not await self._recorder.commit([run])

    async def record(self, saga_id: str) -> Record[S]:
        """The record of a saga; an empty one if nothing is stored."""
        return (await self._recorder.load([saga_id]))[saga_id]

    def standing(self, seconds: float) -> list[Standing]:
        """The events that have been handled for longer than this many seconds: the first one of each batch, and why."""
        now = self._now()
        waits = sorted({f"{outage.doing}: {outage.error}" for outage in self._outages.outages})
        why = "; ".join(waits) or "a handler that has not returned"
        late = [batch for batch in self._batches if now - batch.began >= timedelta(seconds=seconds)]
        return sorted(
            (batch.standing(now, why) for batch in late), key=lambda one: (one.partition, one.sequence_number)
        )

    def ages(self) -> dict[str, float]:
        """How long ago the hub took in the oldest event that is not handled yet, in seconds, by partition.

        May be called from any thread. A partition of which all events are handled that have come in has no entry.
        """
        now, ages = self._now(), dict[str, float]()
        for batch in list(self._batches):
            oldest = batch.oldest_unfinished
            if oldest is not None and oldest.enqueued_at is not None:
                place = place_of(oldest.hub, batch.partition)
                ages[place] = max(ages.get(place, 0.0), (now - oldest.enqueued_at).total_seconds())
        return ages

    def outage_seconds(self) -> dict[str, float]:
        """For how long each step has waited for a server that was away, in total. May be called from any thread."""
        return self._outages.seconds()

    @property
    def needs_a_person(self) -> list[str]:
        """What waits for a person to change the configuration: one line each."""
        return sorted(f"{outage.doing}: {outage.error}" for outage in self._outages.outages if outage.needs_a_person)

    async def _change(self, saga_id: str, partition: str, change: Callable[[SagaUpdate[S]], None]) -> None:
        while True:
            run = SagaUpdate(await self.record(saga_id), partition, self._now, self._limits)
            change(run)
            if not await self._recorder.commit([run]):
                return

    def _read(self, partition: str, messages: Sequence[Message]) -> Batch:
        received = read_batch(
            messages,
            self.participant,
            self._hubs,
            partition=partition,
            now=self._now(),
        )
        return Batch(partition, messages, received, self._now())

    async def _begin(self, partition: str, messages: Sequence[Message], together: float | None) -> Batch:
        """Handle messages until the quick ones are finished."""
        batch = self._read(partition, messages)
        self._observer.received(batch)
        if batch.received.is_empty:
            # Most small batches are for other participants.
            batch.close()
            return batch
        self._batches.add(batch)
        batch.task = asyncio.create_task(self._work(batch, together))
        try:
            await batch.quick.wait()
        except asyncio.CancelledError:
            batch.task.cancel()
            await asyncio.wait([batch.task])
            raise
        return batch

    async def _work(self, batch: Batch, together: float | None) -> None:
        """Handle a batch to its end. It never raises."""
        self._observer.begins(batch)
        try:
            try:
                await self._settler.settle(batch, together)
            except Exception:  # noqa: BLE001 -- whatever it is, one event must not stop the partition
                self._log.exception("batch failed, looking for the event at fault", partition=batch.partition)
                await self._take_apart(batch)
            await self._answer_requests(batch)
            batch.close()
        finally:
            self._observer.ends(batch)
            self._batches.discard(batch)
            batch.quick.set()
            # A batch that waits until there are fewer slow sagas must see that these have ended, too.
            self._settler.released.set()

    async def _answer_requests(self, batch: Batch) -> None:
        """Redrive on request, while the partition continues. The checkpoint stays before an open request."""
        if self._on_redrive is None or not batch.requests:
            return
        batch.go_slow()
        while batch.requests:
            event = batch.requests[0].event
            try:
                await self._outages.retry("redrive dead letters", partial(self._on_redrive, batch.partition, event))
            except Exception:  # noqa: BLE001 -- the operator sees that there is no answer; nothing else may stall
                self._log.exception("request to redrive failed", saga=event.saga_id)
            del batch.requests[0]

    async def _take_apart(self, batch: Batch) -> None:
        """Handle a batch again that has failed as a whole, in halves, down to the event at fault."""
        batch.became.clear()

        async def attempt(some: Sequence[Message]) -> None:
            part = self._read(batch.partition, some)
            await self._settler.settle(part, None)
            batch.became += part.became

        async def isolated(message: Message, error: Exception) -> None:
            cause = cause_of_death(message, RUNTIME_FAILED, one_line(error))
            letter = cause.letter(message, batch.partition, self._now())
            await self._finisher.keep([letter])
            batch.became.append(letter)

        # An event that cannot be stored as a dead letter must not be skipped. The partition stalls, with a log line.
        for delay in self._retry.outage_backoff.delays(self._rng):
            try:
                await isolate(batch.messages, attempt, isolated)
            except Exception:  # noqa: BLE001 -- it must not be skipped, whatever it is
                self._log.exception("event cannot be kept, trying again", partition=batch.partition)
                await self._sleep(delay)
            else:
                return
