"""Settling a batch: run, commit and finish its sagas, together where they are quick, alone where they are slow."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from quartet.engine.batch import Batch
from quartet.engine.finisher import Finisher
from quartet.engine.handler_runner import HandlerRunner
from quartet.engine.ports import Sleep
from quartet.engine.received import Delivered
from quartet.engine.records.record import Record
from quartet.engine.records.recorder import STATE_NOT_STORED, Recorder
from quartet.engine.saga_update import SagaUpdate
from quartet.engine.telemetry.port import UNOBSERVED, Observer

S = TypeVar("S")

# A conflict is over as soon as the winner's write can be read. After this many rounds in a row it is an error.
_CONFLICTS: Final = 20
_QUICK_CONFLICTS: Final = 3
_PAUSE_SECONDS: Final = 0.5


class Settler(Generic[S]):
    """Settles the batches of one participant. Events of one saga are handled in turn, also over several batches."""

    def __init__(
        self,
        recorder: Recorder[S],
        runner: HandlerRunner[S],
        finisher: Finisher[S],
        sleep: Sleep,
        stats: Counter[str],
        *,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self.observer = observer
        self.recorder = recorder
        self.runner = runner
        self.finisher = finisher
        self.sleep = sleep
        self.stats = stats
        self._at_work: dict[str, asyncio.Event] = {}
        self.released = asyncio.Event()
        """Set whenever a saga is finished; the waiting task clears it."""

    async def settle(self, batch: Batch, together: float | None) -> None:
        """Settle every saga of the batch. After `together` seconds the partition may continue without the slow ones.

        Until then the batch is one commit, as far as its sagas do not conflict, and one send. None means that it is
        one in any case.
        """
        ends = {saga_id: asyncio.Event() for saga_id in batch.open_sagas}
        before = {saga_id: self._at_work[saga_id] for saga_id in ends if saga_id in self._at_work}
        self._at_work |= ends
        settlement = _Settlement(self, batch)
        try:
            await settlement.start(before)
            await settlement.run_together(together)
            self._release(ends, settlement.release())
            batch.go_slow()
            while settlement.running:
                await settlement.run_one()
                self._release(ends, settlement.release())
        finally:
            settlement.cancel()
            self._release(ends, list(ends))

    def _release(self, ends: dict[str, asyncio.Event], saga_ids: Sequence[str]) -> None:
        """Let the next batch continue with these sagas."""
        for saga_id in saga_ids:
            end = ends.pop(saga_id)
            end.set()
            self.released.set()
            if self._at_work.get(saga_id) is end:
                del self._at_work[saga_id]


@dataclass(slots=True)
class _Settlement(Generic[S]):
    """The work on one batch.

    Attributes:
        running: the running handlers, by their saga.
        todo: the events that they work on.
    """

    settler: Settler[S]
    batch: Batch
    running: dict[str, asyncio.Task[SagaUpdate[S]]] = field(default_factory=dict)
    todo: dict[str, Sequence[Delivered]] = field(default_factory=dict)

    async def start(self, before: Mapping[str, asyncio.Event]) -> None:
        """Start every saga; one that an earlier batch works on starts when that is done."""
        self.todo = dict(self.batch.open_sagas)
        for saga_id, end in before.items():
            self.running[saga_id] = asyncio.create_task(self._run_in_turn(end, saga_id))
        free = {saga_id: items for saga_id, items in self.todo.items() if saga_id not in before}
        self._run(await self.settler.recorder.recall(free))

    async def run_together(self, seconds: float | None) -> None:
        """Work in rounds until no handler runs or the time is up; then finish the settled sagas."""
        loop = asyncio.get_running_loop()
        deadline = None if seconds is None else loop.time() + seconds
        won: list[SagaUpdate[S]] = []
        while self.running and (deadline is None or loop.time() < deadline):
            left = None if deadline is None else deadline - loop.time()
            await asyncio.wait(self.running.values(), timeout=left)
            won += await self._commit_done()
        await self._finish(won, whole=True)

    async def run_one(self) -> None:
        """Wait until a saga is done, and finish it, with those that are done by then."""
        await asyncio.wait(self.running.values(), return_when=asyncio.FIRST_COMPLETED)
        await self._finish(await self._commit_done())

    def release(self) -> list[str]:
        """The sagas that are finished now."""
        done = [saga_id for saga_id in self.batch.open_sagas if saga_id not in self.running]
        self.batch.finished(done)
        return done

    def cancel(self) -> None:
        """Stop what runs."""
        for task in self.running.values():
            task.cancel()

    async def _commit_done(self) -> list[SagaUpdate[S]]:
        """Commit the runs that are done, and repeat those that lost or have more to do. Returns the committed ones."""
        runs = [task.result() for task in self.running.values() if task.done()]
        dropped = [answer for run in runs for answer in run.dropped]
        if dropped:
            await self.settler.finisher.publish(self.batch.partition, dropped)
        lost = await self.settler.recorder.commit(runs)
        self.settler.stats["conflicts"] += len(lost)
        for run in runs:
            del self.running[run.record.saga_id]
        won = [run for run in runs if run.record.saga_id not in lost or self._is_beyond_help(run)]
        self._observe_lost(runs, won)
        await self._run_lost([run.record.saga_id for run in runs if run not in won])
        rest = {run.record.saga_id: run.rest for run in won if run.rest}
        self.todo |= rest
        self._run(await self.settler.recorder.recall(rest))
        return won

    def _observe_lost(self, runs: Sequence[SagaUpdate[S]], won: Sequence[SagaUpdate[S]]) -> None:
        if len(won) < len(runs):
            steps = [step for run in runs if run not in won for step in run.steps]
            self.settler.observer.lost(self.batch.partition, steps)

    async def _finish(self, runs: Sequence[SagaUpdate[S]], *, whole: bool = False) -> None:
        letters = self.batch.received.letters if whole else []
        self.batch.became += await self.settler.finisher.finish(self.batch.partition, runs, letters)

    def _is_beyond_help(self, run: SagaUpdate[S]) -> bool:
        """Whether a run has lost so often that it counts as a permanent error. Its events become dead letters then."""
        saga_id = run.record.saga_id
        self.batch.conflicts[saga_id] += 1
        if self.batch.conflicts[saga_id] < _CONFLICTS:
            return False
        run.refuse(STATE_NOT_STORED, f"lost to another writer {_CONFLICTS} times in a row")
        return True

    async def _run_lost(self, saga_ids: Sequence[str]) -> None:
        """Run again on the winner's record: immediately, or with a pause after several conflicts."""
        quick = [saga_id for saga_id in saga_ids if self.batch.conflicts[saga_id] <= _QUICK_CONFLICTS]
        for saga_id in saga_ids:
            if saga_id not in quick:
                self.running[saga_id] = asyncio.create_task(self._run_later(saga_id))
        self._run(await self.settler.recorder.load(quick))

    def _run(self, records: Mapping[str, Record[S]]) -> None:
        for saga_id, record in records.items():
            run = self.settler.runner.run(record, self.todo[saga_id], self.batch.partition)
            self.running[saga_id] = asyncio.create_task(run)

    async def _run_in_turn(self, end: asyncio.Event, saga_id: str) -> SagaUpdate[S]:
        await end.wait()
        items = self.todo[saga_id]
        records = await self.settler.recorder.recall({saga_id: items})
        return await self.settler.runner.run(records[saga_id], items, self.batch.partition)

    async def _run_later(self, saga_id: str) -> SagaUpdate[S]:
        await self.settler.sleep(_PAUSE_SECONDS)
        records = await self.settler.recorder.load([saga_id])
        return await self.settler.runner.run(records[saga_id], self.todo[saga_id], self.batch.partition)
