"""The heart of a participant: a received batch in, few requests, a batch of answers out.

The order of the steps is the guarantee. State and answers are written together, then the answers are published,
and only when `process` has returned may the checkpoint pass the batch. A crash anywhere in between leaves the batch
uncheckpointed: it comes again, and whatever was written is found and published again under the same ids.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

import structlog
from structlog.typing import FilteringBoundLogger

from shared.events import answer, bucket_of, to_json
from shared.runtime.cache import RecordCache
from shared.runtime.errors import TransientError
from shared.runtime.event_log import EventLog
from shared.runtime.intake import Heard, Item, Unread, read_batch
from shared.runtime.outcome import Decided, Ignored, Outcome
from shared.runtime.participant import Handler, Participant
from shared.runtime.patience import Patience
from shared.runtime.ports import DeadLetter, DeadLetters, Message, Now, Publisher, RecordStore, Sleep
from shared.runtime.record import Json, Record
from shared.runtime.retry import RetryPolicy
from shared.runtime.saga_run import SagaRun, Step

S = TypeVar("S")


class RetriesUsedUpError(Exception):
    """A handler, and the participant's way of giving up, kept failing."""


class Engine(Generic[S]):
    """Processes batches for one participant. Several partitions may be processed at once."""

    def __init__(
        self,
        participant: Participant[S],
        *,
        ports: object,
        store: RecordStore[S],
        publisher: Publisher,
        dead_letters: DeadLetters,
        buckets: int,
        now: Now,
        sleep: Sleep = asyncio.sleep,
        retry: RetryPolicy | None = None,
        rng: random.Random | None = None,
        log: FilteringBoundLogger | None = None,
        look_first: bool = False,
    ) -> None:
        """An engine of `participant` on these ports.

        With `look_first` it also loads the record of an order that an event is expected to open. That costs a request
        and is never wrong: for redriving, where the order is known.
        """
        self.participant = participant
        self._ports = ports
        self._store = store
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._buckets = buckets
        self._now = now
        self._sleep = sleep
        self._retry = retry or RetryPolicy()
        self._rng = rng or random.Random()  # noqa: S311 -- jitter, not a secret
        self._log: FilteringBoundLogger = log or structlog.get_logger(service=participant.name)
        self._patience = Patience(self._retry.outage_backoff, sleep, self._rng, self._log)
        self._cache: RecordCache[S] = RecordCache()
        self._hears = participant.hears
        self._opens = frozenset(data.type for data in participant.opens)
        self._look_first = look_first
        self.stats: Counter[str] = Counter()
        self._event_log = EventLog(self._log, self.stats)

    async def process(self, partition: str, messages: Sequence[Message]) -> None:
        """Handle a batch completely: when this returns, its events may be checkpointed."""
        await self._process(partition, messages)

    async def redeliver(self, partition: str, message: Message) -> Step | DeadLetter | None:
        """Handle one message as `process` does, and tell what became of it.

        Returns:
            Its step; if it cannot be read, its dead letter; None if it is for other participants.
        """
        return next(iter(await self._process(partition, [message])), None)

    async def discard(self, order_id: str, letter_id: str, partition: str) -> None:
        """Let nobody wait for a dead letter any more, and owe nothing because of it. Its event has no effect."""
        while True:
            run = SagaRun((await self._load([order_id]))[order_id], partition, self._now)
            run.strike(letter_id)
            if not await self._commit([run]):
                return

    async def record(self, order_id: str) -> Record[S]:
        """What is stored of an order now; an empty record if nothing is."""
        return (await self._load([order_id]))[order_id]

    async def _process(self, partition: str, messages: Sequence[Message]) -> list[Step | DeadLetter]:
        intake = read_batch(messages, partition=partition, hears=self._hears, opens=self._opens, now=self._now())
        runs = await self._settle(partition, intake.sagas)
        letters = [*intake.letters, *(letter for run in runs for letter in run.letters())]
        if letters:
            await self._patience.outlast("keep dead letters", lambda: self._dead_letters.put(letters))
        steps = sorted(
            (step for run in runs for step in run.steps), key=lambda step: step.heard.message.sequence_number
        )
        answers = [said for step in steps for said in step.answers]
        if answers:
            await self._patience.outlast("publish answers", lambda: self._publisher.publish(partition, answers))
        unread = [*intake.letters, *(letter for run in runs for letter in run.unread)]
        self._event_log.tell(partition, steps, unread)
        return [*steps, *unread]

    async def _settle(self, partition: str, sagas: Mapping[str, Sequence[Item]]) -> list[SagaRun[S]]:
        """Run and commit every saga of the batch; those that lose to another writer start again."""
        settled: list[SagaRun[S]] = []
        records = await self._recall(sagas)
        while sagas:
            runs = await asyncio.gather(
                *(self._run(records[order_id], heard, partition) for order_id, heard in sagas.items())
            )
            lost = await self._commit(runs)
            won = [run for run in runs if run.record.order_id not in lost]
            settled += won
            rest = {run.record.order_id: run.rest for run in won if run.rest}
            sagas = {order_id: heard for order_id, heard in sagas.items() if order_id in lost}
            self.stats["conflicts"] += len(lost)
            records = await self._load(sagas) | await self._recall(rest)
            sagas |= rest
        return settled

    async def _recall(self, sagas: Mapping[str, Sequence[Item]]) -> dict[str, Record[S]]:
        """The records to start from: cached, taken as absent where the saga opens here, or loaded together."""
        records: dict[str, Record[S]] = {}
        to_load: list[str] = []
        for order_id, heard in sagas.items():
            cached = self._cache.get(order_id)
            if cached is not None:
                records[order_id] = cached
            elif self._may_be_taken_as_absent(heard):
                records[order_id] = self._absent(order_id)
            else:
                to_load.append(order_id)
        return records | await self._load(to_load)

    def _may_be_taken_as_absent(self, heard: Sequence[Item]) -> bool:
        """Whether the first event opens the saga: if there is a record after all, the create fails.

        What cannot be read parks only an order that is known, so that wants a look.
        """
        first = heard[0]
        return (
            not self._look_first
            and isinstance(first, Heard)
            and first.event.type in self._opens
            and not any(isinstance(item, Unread) for item in heard)
        )

    async def _load(self, order_ids: Collection[str]) -> dict[str, Record[S]]:
        if not order_ids:
            return {}
        found = await self._patience.outlast("load state", lambda: self._store.load(order_ids))
        return {order_id: found.get(order_id) or self._absent(order_id) for order_id in order_ids}

    def _absent(self, order_id: str) -> Record[S]:
        return Record(order_id=order_id, pk=bucket_of(order_id, self._buckets))

    async def _commit(self, runs: Sequence[SagaRun[S]]) -> set[str]:
        """Write what changed, as few requests as the store can make of it. Returns the orders that lost."""
        changed = [run.record for run in runs if run.changed]
        if not changed:
            return set()
        etags = await self._patience.outlast("commit state", lambda: self._store.commit(changed))
        lost: set[str] = set()
        for record in changed:
            etag = etags.get(record.order_id)
            if etag is None:
                lost.add(record.order_id)
            # An operator may redrive an order with dead letters at any moment: every event looks anew.
            if etag is None or record.has_dead_letters:
                self._cache.drop(record.order_id)
            else:
                self._cache.put(replace(record, etag=etag))
        return lost

    async def _run(self, record: Record[S], events: Sequence[Item], partition: str) -> SagaRun[S]:
        """One order's events, one after the other, each on the state that the one before has left."""
        run = SagaRun(record, partition, self._now)
        for position, heard in enumerate(events):
            if not run.admit(heard):
                continue
            if run.changed and self.participant.acts_outside:
                run.rest = events[position:]
                break
            began = time.perf_counter()
            try:
                outcome = await self._handle(heard, run.record.state)
                if isinstance(outcome, Decided):
                    run.decide(heard, outcome, self._answers(heard, outcome), began)
                elif isinstance(outcome, Ignored):
                    run.ignore(heard, outcome, began)
                else:
                    run.reject(heard, outcome, began)
            except RetriesUsedUpError as used_up:
                run.fail(heard, "retries_used_up", str(used_up), self._retry.attempts, began)
            except Exception as bug:  # noqa: BLE001 -- whatever a handler raises, the partition must go on
                self._log.exception("handler failed", type=heard.event.type, order=heard.event.order_id)
                run.fail(heard, "handler_failed", _one_line(bug), 1, began)
        return run

    async def _handle(self, heard: Heard, state: S | None) -> Outcome[S]:
        """Run the handler with its retries; when they are used up, the participant's way of giving up."""
        data = type(heard.event.data)
        handler, give_up = self.participant.handlers[data], self.participant.give_up.get(data)
        try:
            return await self._attempt(handler, heard, state)
        except RetriesUsedUpError:
            if give_up is None:
                raise
            return await self._attempt(give_up, heard, state)

    async def _attempt(self, handler: Handler[S], heard: Heard, state: S | None) -> Outcome[S]:
        delays = self._retry.backoff.delays(self._rng)
        for attempt in range(1, self._retry.attempts + 1):
            try:
                return await self._patience.outlast("run a handler", lambda: handler(heard.event, state, self._ports))
            except TransientError as error:
                self.stats["retries"] += 1
                if attempt == self._retry.attempts:
                    raise RetriesUsedUpError(_one_line(error)) from error
                await self._sleep(next(delays))
        raise AssertionError("a policy has at least one attempt")

    def _answers(self, heard: Heard, decided: Decided[S]) -> list[Json]:
        said: list[Json] = []
        for data in decided.answers:
            if type(data) not in self.participant.says:
                raise TypeError(f"{self.participant.name} does not say {data.type}: add it to SAYS, or do not say it")
            said.append(to_json(answer(heard.event, data, source=self.participant.source, time=self._now())))
        return said


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:500]
