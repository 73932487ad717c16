"""Running the auditor beside the follower: opened, kept going, and answering what the page asks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from structlog.typing import FilteringBoundLogger

from quartet.azure.settings import Settings
from quartet.choreography import Choreography
from quartet.cli.audit.watch import Watch, open_watch
from quartet.cli.lag.reading import LagReader, open_lag_reader
from quartet.cli.reading.connection import open_cosmos
from quartet.console.auditing.auditor import Auditor, Pace
from quartet.console.auditing.findings import Findings
from quartet.console.auditing.heard import Heard, heard
from quartet.console.auditing.log import HeardLog, Place
from quartet.console.auditing.rules import SCOPES, RuleBook
from quartet.console.auditing.settled import Finished
from quartet.console.door import AGENT
from quartet.console.views import AuditView, FindingView
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.errors import one_line
from quartet.engine.ports import Message

_EVERY: Final = 600.0
_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_REPORT_SECONDS: Final = 60.0
_PROGRESS_SECONDS: Final = 1.0
_MOST_FINDINGS: Final = 200


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the auditor keeps what it knows. None: in memory, for as long as it runs."""

    directory: Path | None = None

    def file(self, name: str) -> Path | None:
        """The file of this name."""
        return self.directory / name if self.directory is not None else None


class RunningAudit:
    """The auditor of one console: hears what is read from the hub, and shows what it finds."""

    def __init__(
        self,
        app: Choreography,
        hubs: Hubs,
        log: FilteringBoundLogger,
        *,
        pages: Pages | None = None,
        pace: Pace | None = None,
        every: float = _EVERY,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`every`: seconds between two looks at everything; 0 for none."""
        pages = pages or Pages()
        if pages.directory is not None:
            pages.directory.mkdir(parents=True, exist_ok=True)
        self._app = app
        self._hubs = hubs
        self._log = log
        self._pace = pace
        self._every = every
        self._now = now
        self._heard = HeardLog(pages.file("heard.sqlite"))
        self._findings = Findings(pages.file("findings.sqlite"), log)
        self._rules = RuleBook(has_everything=every > 0)
        self._auditor: Auditor | None = None

    def close(self) -> None:
        """Close its files."""
        self._heard.close()
        self._findings.close()

    # What it hears

    def hear(self, hub: str, partition: str, before: int, messages: Sequence[Message]) -> None:
        """These messages were read from a partition. `before`: the number of the message before them, -1 if none was.

        What was not read, because the hub no longer has it or the process died, is a gap: then no cause is missed.
        """
        if not messages:
            return
        events: list[tuple[str, int, Heard]] = []
        for message in messages:
            found = heard(message, self._hubs, self._app.models)
            if found is not None:
                events.append((found[0], message.sequence_number, found[1]))
        first, last = messages[0].sequence_number, messages[-1].sequence_number
        now = self._now()
        self._heard.take(Place(hub, partition, last), first if before < 0 else before + 1, events, now)
        if self._auditor is not None:
            self._auditor.news(dict.fromkeys(saga for saga, _, _ in events), now)

    def news(self, saga_ids: Iterable[str]) -> None:
        """Another state of these sagas was stored."""
        changed, now = tuple(saga_ids), self._now()
        self._heard.touch(changed, now)
        if self._auditor is not None:
            self._auditor.news(changed, now)

    # What it does

    async def run(self, settings: Settings) -> None:
        """Judge until this is cancelled. Whatever goes wrong is shown, and tried again."""
        pause, said = _PAUSE, ""
        while True:
            try:
                async with self._opened(settings) as auditor:
                    pause, said = _PAUSE, ""
                    await self._work(auditor)
            except Exception as error:  # noqa: BLE001 -- a rule is application code; the audit continues
                for scope in SCOPES:
                    self._rules.could_not_look(scope, one_line(error))
                if one_line(error) != said:
                    said = one_line(error)
                    self._log.warning("audit interrupted", error=said)
            finally:
                self._auditor = None
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @asynccontextmanager
    async def _opened(self, settings: Settings) -> AsyncIterator[Auditor]:
        async with AsyncExitStack() as stack:
            cosmos = await stack.enter_async_context(open_cosmos(settings, AGENT))
            watch = await stack.enter_async_context(open_watch(cosmos, self._app))
            reader = await stack.enter_async_context(open_lag_reader(settings))
            yield self.auditor(watch, Checkpoints(reader, self._app.names, self._now))

    def auditor(self, watch: Watch, progress: Callable[[], Awaitable[Finished]]) -> Auditor:
        """The auditor on these servers, from now on."""
        self._auditor = Auditor(
            self._app,
            self._heard,
            self._findings,
            self._rules,
            watch=watch,
            progress=progress,
            pace=self._pace,
        )
        return self._auditor

    async def _work(self, auditor: Auditor) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._judge_sagas(auditor))
            group.create_task(self._report(auditor))
            if self._every > 0:
                group.create_task(self._judge_everything(auditor))

    async def _judge_sagas(self, auditor: Auditor) -> None:
        while True:
            if not await auditor.step(self._now()):
                await asyncio.sleep(_PAUSE)

    async def _report(self, auditor: Auditor) -> None:
        """The metric of the audit, as a line that a query can draw: how many rules are broken, and what was judged."""
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            self._log.info("audit", broken=self.broken(), judged=auditor.judged, behind_sagas=auditor.behind)

    async def _judge_everything(self, auditor: Auditor) -> None:
        while True:
            await auditor.look_at_everything(self._now)
            await asyncio.sleep(self._every)

    # What it shows

    async def of(self, saga_id: str) -> tuple[FindingView, ...]:
        """See `Audit.of`."""
        return self._findings.of(saga_id)

    def broken(self) -> int:
        """See `Audit.broken`."""
        return len(self._findings.open)

    def figure(self) -> int | None:
        """As `broken`, for a metric; None while the audit cannot look. Any thread may call it."""
        auditor, problem = self._auditor, self._rules.problem
        if auditor is None or (self._every > 0 and problem("everything")):
            return None
        is_blind = bool(problem("hub") or problem("saga")) and auditor.behind > 0
        return None if is_blind else self.broken()

    def sagas(self) -> AbstractSet[str]:
        """See `Audit.sagas`."""
        return self._findings.subjects()

    def view(self) -> AuditView:
        """The rules and the findings."""
        auditor = self._auditor
        return AuditView(
            rules=self._rules.views(self._findings.open),
            findings=self._findings.newest(_MOST_FINDINGS),
            judged=auditor.judged if auditor else 0,
            behind_sagas=auditor.behind if auditor else len(self._heard.waiting()),
        )


class Checkpoints:
    """How far the participants are, read at most once a second."""

    def __init__(self, reader: LagReader, names: Sequence[str], now: Callable[[], float]) -> None:
        self._reader = reader
        self._names = names
        self._now = now
        self._read_at = 0.0
        self._finished: Finished = {}

    async def __call__(self) -> Finished:
        """As it was at most a second ago. Raises as `LagReader.finished` does."""
        if self._now() - self._read_at >= _PROGRESS_SECONDS:
            self._finished = await self._reader.finished(self._names)
            self._read_at = self._now()
        return self._finished
