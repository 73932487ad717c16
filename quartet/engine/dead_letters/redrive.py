"""Redriving: giving stored dead letters to an engine again, in the order of their sagas.

The engine keeps the rules (`saga_update`): only the first event is handled, and recorded answers repeat.
The loser of a race with the running service or with another operator loads the record again.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from quartet.engine.dead_letters.store import DISCARDED, DeadLetterStore, Settled, StoredLetter
from quartet.engine.declaration.hubs import REFUSED
from quartet.engine.engine import Engine
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import DeadLetter, Now
from quartet.engine.records.record import Record
from quartet.engine.saga_update import WAITING, Step

S = TypeVar("S")

# A handler may call a slow port a few times. What takes longer waits for a server that is away.
_SECONDS_PER_LETTER: Final = 60


class Verdict(StrEnum):
    """The result of a redrive for a dead letter."""

    HANDLED = "handled"
    """Its event has had its effect, now or before."""
    FAILING = "still failing"
    """It is a dead letter as before, for the reason given."""
    UNREADABLE = "still unreadable"
    """It cannot be read by this version either."""
    WAITING = "waiting"
    """Another dead letter of the saga comes first."""
    NOT_OURS = "for others"
    """It can be read now, and is nothing that this service acts on."""
    SETTLED = "settled before"
    """It was redriven or discarded before."""
    DISCARDED = "discarded"
    """Its event is never applied, and nothing waits behind it."""

    @property
    def is_open(self) -> bool:
        """Whether it is a dead letter still."""
        return self in {Verdict.FAILING, Verdict.UNREADABLE, Verdict.WAITING}


@dataclass(frozen=True, slots=True)
class Report:
    """The result for one dead letter.

    Attributes:
        detail: the reason why it is dead still, or what its handler has decided.
        said: the types of the events that were said because of it.
    """

    letter: DeadLetter
    verdict: Verdict
    detail: str = ""
    said: tuple[str, ...] = ()


class Redrive(Generic[S]):
    """Redrives dead letters of one participant. Two redrives, also at the same time, have one effect."""

    def __init__(self, engine: Engine[S], box: DeadLetterStore, now: Now) -> None:
        """Work with an engine that looks first (`look_first`) and keeps its dead letters in `box`."""
        self._engine = engine
        self._box = box
        self._now = now

    async def plan(self, chosen: Sequence[StoredLetter]) -> list[StoredLetter]:
        """The dead letters that `run` would give to the engine, in order.

        For each saga: the open compensations, then the queue from its first dead letter up to one that was not chosen.
        Dead letters that only wait are chosen with those that they wait for. Then those that are in no queue.

        Raises:
            OutageError: the store cannot be reached.
        """
        plan = [stored for stored in chosen if stored.letter.saga_id is None and stored.settled is None]
        for saga_id, letters in _by_saga(chosen).items():
            record = await self._engine.record(saga_id)
            known = {stored.id: stored for stored in await self._box.find(saga_id=saga_id)}
            plan += _saga_plan(record, known, {stored.id for stored in letters})
        return plan

    async def run(self, chosen: Sequence[StoredLetter]) -> AsyncIterator[Report]:
        """Redrive these dead letters and those that wait for them; yields the result of each.

        Raises:
            OutageError: a server did not answer. What was reported before is done.
        """
        for stored in chosen:
            if stored.settled is not None:
                yield Report(stored.letter, Verdict.SETTLED, stored.settled.outcome)
            elif stored.letter.saga_id is None:
                yield await self._redrive(stored)
        for letters in _by_saga(chosen).values():
            async for report in self._run_saga(letters):
                yield report

    async def _run_saga(self, chosen: Sequence[StoredLetter]) -> AsyncIterator[Report]:
        told: set[str] = set()
        held_up = False
        await self._line_up(chosen[0].letter.saga_id or "", chosen[0].letter.partition)
        # While we work, the running service may put more events of the saga into the queue.
        while not held_up and (fresh := [stored for stored in await self.plan(chosen) if stored.id not in told]):
            for stored in fresh:
                report = await self._redrive(stored)
                told.add(stored.id)
                held_up = held_up or report.verdict.is_open
                yield report
            await self._line_up(fresh[0].letter.saga_id or "", fresh[0].letter.partition)
        for stored in chosen:
            if stored.id not in told:
                yield await self._why_not(stored)

    async def discard(self, stored: StoredLetter) -> Report:
        """Discard a dead letter: its event is never applied, and later events of its saga are unblocked.

        The saga is unblocked first, and the dead letter closed last: a crash in between leaves an open dead letter that
        can be discarded again. One that was discarded before is unblocked again, in case its saga still waits.

        Raises:
            OutageError: the store cannot be reached.
        """
        if stored.settled is not None and stored.settled.outcome != DISCARDED:
            return Report(stored.letter, Verdict.SETTLED, stored.settled.outcome)
        letter = stored.letter
        if letter.saga_id is not None:
            # What a forged event says of its id is not believed: it may be that of a true one.
            message = None if letter.reason in REFUSED else letter.message
            await self._engine.discard(letter.saga_id, letter.id, letter.partition, message)
            await self._line_up(letter.saga_id, letter.partition)
        if stored.settled is not None:
            return Report(stored.letter, Verdict.SETTLED, stored.settled.outcome)
        return await self._settle(stored, Report(letter, Verdict.DISCARDED), DISCARDED)

    async def _redrive(self, stored: StoredLetter) -> Report:
        letter = stored.letter
        if letter.message.digest:
            return Report(
                letter, Verdict.UNREADABLE, "its event was too large to keep: publish it again, or discard it"
            )
        try:
            async with asyncio.timeout(stretched(_SECONDS_PER_LETTER)):
                became = await self._engine.redeliver(letter.partition, letter.message)
        except TimeoutError as error:
            raise OutageError(
                f"{letter.id} of {self._engine.participant.name} took more than {stretched(_SECONDS_PER_LETTER):g} s: "
                "is Cosmos DB, or the hub, away?"
            ) from error
        if became is None:
            await self._strike(letter)
            return await self._settle(stored, Report(letter, Verdict.NOT_OURS), Verdict.NOT_OURS)
        if isinstance(became, DeadLetter):
            return Report(became, Verdict.UNREADABLE, f"{became.reason}: {became.detail}")
        return await self._judge(stored, became)

    async def _judge(self, stored: StoredLetter, step: Step) -> Report:
        said = tuple(str(said["type"]) for said in step.answers)
        if step.letter is None:
            return await self._settle(stored, Report(stored.letter, Verdict.HANDLED, step.outcome, said), step.outcome)
        verdict = Verdict.WAITING if step.letter.reason == WAITING else Verdict.FAILING
        return Report(step.letter, verdict, step.detail or "", said)

    async def _line_up(self, saga_id: str, partition: str) -> None:
        """Remove the queue's first entry if it was never stored; fill an empty queue with those that had no room.

        A process that dies between parking an event and storing its dead letter leaves a place that nothing fills, if
        the event was below the checkpoint: it had been handled before, and was only delivered again.
        """
        while True:
            record = await self._engine.record(saga_id)
            if record.parked and await self._box.get(record.parked[0]) is None:
                # If its process is merely slow, the letter comes later, and is redriven like one that is in no line.
                await self._engine.strike(saga_id, record.parked[0], partition)
                continue
            if not record.parked_beyond or record.parked:
                return
            waiting = [stored for stored in await self._box.find(saga_id=saga_id) if stored.letter.reason == WAITING]
            in_order = sorted(waiting, key=lambda stored: stored.letter.message.sequence_number)
            if await self._engine.line_up(record, [stored.id for stored in in_order], partition):
                return

    async def _strike(self, letter: DeadLetter) -> None:
        if letter.saga_id is not None:
            await self._engine.strike(letter.saga_id, letter.id, letter.partition)

    async def _settle(self, stored: StoredLetter, report: Report, outcome: str) -> Report:
        if await self._box.settle(stored, Settled(self._now(), outcome)):
            return report
        # Another writer was first. Its write counts, and the engine has seen it.
        current = await self._box.get(stored.id)
        if current is None or current.settled is not None:
            return report
        return Report(current.letter, Verdict.FAILING, f"{current.letter.reason}: {current.letter.detail}")

    async def _why_not(self, stored: StoredLetter) -> Report:
        """Why a chosen dead letter was not given to the engine."""
        current = await self._box.get(stored.id)
        if current is not None and current.settled is not None:
            return Report(current.letter, Verdict.SETTLED, current.settled.outcome)
        record = await self._engine.record(stored.letter.saga_id or "")
        behind = f"behind {record.parked[0]}" if record.parked else "run it again"
        return Report(stored.letter, Verdict.WAITING, behind)


def _by_saga(chosen: Sequence[StoredLetter]) -> dict[str, list[StoredLetter]]:
    sagas: dict[str, list[StoredLetter]] = {}
    for stored in chosen:
        if stored.letter.saga_id is not None and stored.settled is None:
            sagas.setdefault(stored.letter.saga_id, []).append(stored)
    return sagas


def _saga_plan(record: Record[S], known: dict[str, StoredLetter], chosen: Collection[str]) -> list[StoredLetter]:
    owed = [known[letter_id] for letter_id in record.owed if letter_id in chosen and letter_id in known]
    line: list[StoredLetter] = []
    for letter_id in record.parked:
        stored = known.get(letter_id)
        # A dead letter that cannot be found was parked a moment ago, and will be stored next.
        if stored is None or (letter_id not in chosen and stored.letter.reason != WAITING):
            break
        line.append(stored)
    free = [
        stored
        for stored in known.values()
        if stored.id in chosen
        and stored.id not in record.owed
        and stored.id not in record.parked
        and not (record.parked_beyond and stored.letter.reason == WAITING)
    ]
    return [*owed, *line, *free]
