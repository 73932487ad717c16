"""Running handlers: one saga's events, one after the other, with retries, time limits and a way to give up."""

import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from structlog.typing import FilteringBoundLogger

from quartet.engine.declaration.outcome import Decided, Ignored, Outcome
from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.retry_policy import RetryPolicy
from quartet.engine.errors import Kind, classify, one_line
from quartet.engine.failures.outage_retry import OutageRetry
from quartet.engine.failures.time_limit import with_time_limit
from quartet.engine.ports import Now, Sleep
from quartet.engine.received import Delivered, Delivery
from quartet.engine.recording.tape import Tape, Tapes
from quartet.engine.records.record import Json, Record, RecordLimits
from quartet.engine.saga_update import SagaUpdate
from quartet.engine.telemetry.port import UNOBSERVED, Observer
from quartet.events import Event, answer, to_json

S = TypeVar("S")
_Handler: TypeAlias = Callable[[Event[Any], S | None, Any], Awaitable[Outcome[S]]]
_Call: TypeAlias = Callable[[_Handler[S]], Awaitable[Outcome[S]]]


class RetriesUsedUpError(Exception):
    """A handler, and its fallback if it has one, kept failing."""


class HandlerRunner(Generic[S]):
    """Runs a participant's handlers on its ports."""

    def __init__(
        self,
        participant: Participant[S, Any],
        ports: object,
        *,
        retry: RetryPolicy,
        limits: RecordLimits,
        outages: OutageRetry,
        now: Now,
        sleep: Sleep,
        rng: random.Random,
        log: FilteringBoundLogger,
        stats: Counter[str],
        recording: bool = False,
        observer: Observer = UNOBSERVED,
    ) -> None:
        """With `recording`, what the ports answer is kept in the record; see `Tape`."""
        self._observer = observer
        self._participant = participant
        self._ports = with_time_limit(ports, retry.call_seconds)
        self._tapes = Tapes(self._ports) if recording else None
        self._retry = retry
        self._limits = limits
        self._outages = outages
        self._now = now
        self._sleep = sleep
        self._rng = rng
        self._log = log
        self._stats = stats

    async def run(self, record: Record[S], items: Sequence[Delivered], partition: str) -> SagaUpdate[S]:
        """One saga's events, each on the state that the one before has left.

        A participant that acts outside handles an event only on a state that is committed; what follows waits in
        `rest`. So does what would add more answers than a record keeps.
        """
        run = SagaUpdate(record, partition, self._now, self._limits)
        for position, item in enumerate(items):
            if (run.new_state and self._participant.acts_outside) or run.is_full:
                run.rest = items[position:]
                break
            if run.admit(item):
                await self._handle(run, item)
        return run

    async def _handle(self, run: SagaUpdate[S], delivery: Delivery) -> None:
        began, before, steps = time.perf_counter(), run.record, len(run.steps)
        tape, ports = self._tapes.new() if self._tapes is not None else (None, self._ports)
        handling = self._observer.handling(delivery)
        if handling is not None:
            ports = handling.observe(ports)
        try:
            outcome = await self._decide(delivery, run.record.state, ports, tape)
            if isinstance(outcome, Decided):
                run.decide(delivery, outcome, self._answers(delivery, outcome), began, tape)
            elif isinstance(outcome, Ignored):
                run.ignore(delivery, outcome, began, tape)
            else:
                run.reject(delivery, outcome, began, tape)
        except RetriesUsedUpError as used_up:
            run.fail(delivery, "retries_used_up", str(used_up), self._retry.attempts, began, tape=tape)
        except Exception as bug:  # noqa: BLE001 -- whatever a handler raises, the partition must continue
            self._log.exception("handler failed", type=delivery.event.type, saga=delivery.event.saga_id)
            run.record = before
            del run.steps[steps:]
            run.fail(delivery, "handler_failed", one_line(bug), 1, began, tape=tape)
        finally:
            if handling is not None:
                handling.close()
        if handling is not None:
            run.observed(handling)

    async def _decide(self, delivery: Delivery, state: S | None, ports: object, tape: Tape | None) -> Outcome[S]:
        """Run the handler with its retries; when they are used up, its fallback."""
        reaction = self._participant.reaction_to(type(delivery.event.data))

        def call(handler: _Handler[S]) -> Awaitable[Outcome[S]]:
            if tape is None:
                return handler(delivery.event, state, ports)
            return tape.attempt(lambda: handler(delivery.event, state, ports))

        try:
            return await self._attempt(reaction.handler, delivery, call, tape)
        except RetriesUsedUpError:
            if reaction.fallback is None:
                raise
            return await self._attempt(reaction.fallback, delivery, call, tape)

    async def _attempt(self, handler: _Handler[S], delivery: Delivery, call: _Call[S], tape: Tape | None) -> Outcome[S]:
        delays = self._retry.backoff.delays(self._rng)
        for attempt in range(1, self._retry.attempts + 1):
            try:
                return await self._outages.retry(f"run {_name(handler)}", lambda: call(handler))
            except Exception as error:
                if classify(error) is not Kind.TRANSIENT:
                    raise
                if tape is not None:
                    tape.attempts = self._retry.attempts
                self._note_retry(handler, delivery, attempt, error)
                if attempt == self._retry.attempts:
                    raise RetriesUsedUpError(one_line(error)) from error
                await self._sleep(next(delays))
        raise AssertionError("a policy has at least one attempt")

    def _note_retry(self, handler: _Handler[S], delivery: Delivery, attempt: int, error: Exception) -> None:
        self._stats["retries"] += 1
        self._log.warning(
            "handler will be retried" if attempt < self._retry.attempts else "retries used up",
            handler=_name(handler),
            type=delivery.event.type,
            saga=delivery.event.saga_id,
            attempt=attempt,
            of=self._retry.attempts,
            error=one_line(error),
        )

    def _answers(self, delivery: Delivery, decided: Decided[S]) -> list[Json]:
        said: list[Json] = []
        for data in decided.answers:
            if type(data) not in self._participant.reaction_to(type(delivery.event.data)).says:
                raise TypeError(
                    f"{self._participant.name} does not say {data.type} about {delivery.event.type}: "
                    "add it to what the reaction says"
                )
            said.append(to_json(answer(delivery.event, data, source=self._participant.source, time=self._now())))
        return said


def _name(handler: object) -> str:
    return getattr(handler, "__name__", type(handler).__name__)
