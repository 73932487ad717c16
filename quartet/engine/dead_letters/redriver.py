"""Redriving on request, in the service's own process: with its ports, its settings and its identity."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from structlog.typing import FilteringBoundLogger

from quartet.engine.dead_letters.redrive import Redrive, Report
from quartet.engine.dead_letters.requests import (
    MOST_LETTERS,
    NO_SAGA,
    LetterReport,
    RedriveReported,
    RedriveRequested,
)
from quartet.engine.dead_letters.store import DeadLetterStore, StoredLetter
from quartet.engine.ports import Now, Publisher
from quartet.events import Event, answer, service_source, to_json


class Redriver:
    """Answers `RedriveRequested` for one participant.

    The request is an event of a partition: its owner acts on it, the checkpoint stays before it until it is answered,
    and a process that dies meanwhile has it delivered again. Two redrives have one effect.
    """

    def __init__(
        self,
        redrive: Redrive[Any],
        letters: DeadLetterStore,
        publisher: Publisher,
        *,
        participant: str,
        now: Now,
        log: FilteringBoundLogger,
    ) -> None:
        self._redrive = redrive
        self._letters = letters
        self._publisher = publisher
        self._participant = participant
        self._now = now
        self._log = log

    async def answer(self, partition: str, request: Event[RedriveRequested]) -> None:
        """Redrive the dead letters of a request, and publish the results on the same partition.

        Raises:
            OutageError: a server did not answer. Events handled before stay handled; ask again.
        """
        wanted = request.data
        chosen = await self._find(wanted)
        reports = [report async for report in self._redrive.run(chosen)]
        self._log.info(
            "dead letters redriven",
            saga=wanted.saga,
            asked_for=len(wanted.letters),
            still_dead=sum(report.verdict.is_open for report in reports),
        )
        said = [
            answer(request, data, source=service_source(self._participant), time=self._now())
            for data in _answers(wanted, [letter_report(report) for report in reports])
        ]
        await self._publisher.publish(partition, [to_json(event) for event in said])

    async def _find(self, wanted: RedriveRequested) -> list[StoredLetter]:
        """The requested dead letters that exist, in the order in which they failed."""
        if wanted.saga != NO_SAGA:
            known = await self._letters.find(saga_id=wanted.saga, settled=True)
            return [stored for stored in known if stored.id in wanted.letters]
        found = [await self._letters.get(letter_id) for letter_id in wanted.letters]
        return [stored for stored in found if stored is not None]


def letter_report(report: Report) -> LetterReport:
    """The result for a dead letter, as it is reported."""
    letter = report.letter
    return LetterReport(
        id=letter.id,
        event_type=letter.event_type or None,
        became=report.verdict.value,
        # An error's text may hold what UTF-8 cannot carry, and the answer must not fail because of it.
        detail=report.detail.encode("utf-8", "backslashreplace").decode(),
        said=report.said[:MOST_LETTERS],
    )


def _answers(wanted: RedriveRequested, reports: Sequence[LetterReport]) -> Iterator[RedriveReported]:
    """One answer, or several if they are too many for one. Runs that end alike say the same events, see `run`."""
    run = blake2b(repr(reports).encode(), digest_size=8).hexdigest()
    chunks = [reports[start : start + MOST_LETTERS] for start in range(0, len(reports), MOST_LETTERS)] or [()]
    for number, chunk in enumerate(chunks, 1):
        yield RedriveReported(
            saga=wanted.saga,
            participant=wanted.participant,
            reports=tuple(chunk),
            number=number,
            is_last=number == len(chunks),
            run=run,
        )
