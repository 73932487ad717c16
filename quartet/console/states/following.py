"""Following the change feeds: one poll for each container and second at most, and fewer while nothing happens.

A change feed has the latest version of each record, in the order of the last changes. Versions that were replaced
before they were read are not in it, nor are records that were deleted.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from azure.cosmos.exceptions import CosmosHttpResponseError
from structlog.typing import FilteringBoundLogger

from quartet.choreography import Choreography
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import looking_into
from quartet.console.auditing.findings import rfc3339
from quartet.console.states.store import StateStore
from quartet.console.states.version import Change, Reader, Version
from quartet.console.views import SaidView, StateView
from quartet.engine.errors import ConfigurationError, OutageError, one_line
from quartet.engine.failures.timeouts import stretched
from quartet.engine.records.record import Json
from quartet.events import event_key
from quartet.terminal.user_error import UserError

SHORTEST: Final = 1.0
"""Seconds between two polls of a container, while something happens."""
LONGEST: Final = 15.0
"""Seconds between two polls of a container, while nothing happens."""
_PAGE: Final = 500
_MOST_PAGES: Final = 8
_SECONDS: Final = 20
_LOST: Final = frozenset({400, 404, 410})  # a continuation that is not of this container

News = Callable[[Iterable[str]], None]


class StateFollower:
    """Keeps what each event changed.

    Attributes:
        requests: how many pages were asked for; `charge` is what Cosmos DB has charged for them, in request units.
    """

    def __init__(
        self,
        cosmos: Callable[[], Awaitable[Cosmos]],
        app: Choreography,
        store: StateStore,
        *,
        news: News,
        log: FilteringBoundLogger,
        page: int = _PAGE,
    ) -> None:
        """Begin where the store says.

        Args:
            cosmos: gives the open account.
            app: whose states they are.
            store: where to keep them.
            news: gets the sagas whose states have changed.
            log: says when a container cannot be followed.
            page: how many records a page has at most.
        """
        self._cosmos = cosmos
        self._readers = {participant.name: Reader(participant) for participant in app}
        self._store = store
        self._news = news
        self._log = log
        self._page = page
        self._stirred = {name: asyncio.Event() for name in self._readers}
        self.problems: dict[str, str] = dict.fromkeys(self._readers, "not looked at yet")
        self.requests = 0
        self.charge = 0.0

    def stir(self) -> None:
        """Something happens: an event was said. States may follow."""
        for stirred in self._stirred.values():
            stirred.set()

    async def run(self) -> None:
        """Follow until this is cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._readers:
                group.create_task(self._follow(name))

    async def _follow(self, name: str) -> None:
        pause = SHORTEST
        while True:
            self._stirred[name].clear()
            pause = SHORTEST if await self.poll(name) else min(2 * pause, LONGEST)
            await asyncio.sleep(SHORTEST)
            try:
                async with asyncio.timeout(max(0.0, pause - SHORTEST)):
                    await self._stirred[name].wait()
            except TimeoutError:
                continue

    async def poll(self, name: str) -> bool:
        """Read what is new in the container of a participant. Returns whether anything was."""
        try:
            found = await self._poll(name)
        except (OutageError, ConfigurationError, UserError) as error:
            if self.problems[name] != str(error):
                self._log.warning("states cannot be followed", participant=name, error=one_line(error))
            self.problems[name] = str(error)
            return False
        self.problems[name] = ""
        return found

    async def _poll(self, name: str) -> bool:
        participant = self._readers[name].participant
        found = False
        with looking_into(f"{participant.database}/{participant.container}"):
            for _ in range(_MOST_PAGES):
                try:
                    documents, continuation = await self._next(name)
                except CosmosHttpResponseError as error:
                    if error.status_code not in _LOST or self._store.continuation(name) is None:
                        raise
                    self._log.warning(
                        "container was recreated; reading its states from the beginning", participant=name
                    )
                    self._store.forget(name)
                    continue
                self._take(name, documents, continuation)
                if not documents:
                    if not self._store.began(name):
                        self._store.note_began(name)
                    break
                found = True
        return found

    async def _next(self, name: str) -> tuple[list[Json], str]:
        """The next page of the feed, and where to continue."""
        before = self._store.continuation(name)
        start: dict[str, Any] = {"start_time": "Beginning"} if before is None else {"continuation": before}
        answers: list[Mapping[str, Any]] = []
        container = (await self._cosmos()).container(self._readers[name].participant)
        async with asyncio.timeout(stretched(_SECONDS)):
            pages = container.query_items_change_feed(
                max_item_count=self._page, response_hook=lambda headers, _: answers.append(headers), **start
            ).by_page()
            documents: list[Json] = []
            async for page in pages:
                documents = [dict(document) async for document in page]
                break
        self.requests += len(answers)
        self.charge += sum(float(headers.get("x-ms-request-charge") or 0) for headers in answers)
        # The SDK puts the places in all partitions of the container together, into the headers of the last answer.
        return documents, str(answers[-1]["etag"])

    def _take(self, name: str, documents: Sequence[Json], continuation: str) -> None:
        reader, is_first_look = self._readers[name], not self._store.began(name)
        versions = [reader.version(document) for document in documents]
        known = dict(self._store.versions(name, {version.saga_id for version in versions}))
        seen: dict[str, tuple[Version, list[Change]]] = {}
        for version in versions:
            change = reader.change(known.get(version.saga_id), version, is_first_look=is_first_look)
            _, changes = seen.get(version.saga_id, (version, []))
            seen[version.saga_id] = (version, [*changes, change] if change is not None else changes)
            known[version.saga_id] = version
        self._store.keep(name, seen, continuation)
        self._news([saga_id for saga_id, (_, changes) in seen.items() if changes])

    async def of(self, saga_id: str, events: Sequence[SaidView]) -> tuple[StateView, ...]:
        """See `SeenStates.of`. A participant whose container cannot be followed now has an entry that says so."""
        numbers = {event_key(one.source, one.event_id): one.number for one in reversed(events) if not one.problem}
        numbers |= {one.event_id: one.number for one in reversed(events) if not one.problem}  # of older releases
        views = [_view(change, numbers) for change in self._store.changes(saga_id)]
        now = rfc3339(time.time())
        blind = [
            StateView(participant=name, at=now, events=(), changes=(), note=f"what follows is not known: {problem}")
            for name, problem in self.problems.items()
            if problem
        ]
        return (*views, *blind)

    def handled(self, saga_id: str) -> Mapping[str, frozenset[str]]:
        """By participant, the keys of the events that its record has as handled, as far as they were seen."""
        found = {name: self._store.versions(name, (saga_id,)).get(saga_id) for name in self._readers}
        return {name: frozenset(version.handled) if version else frozenset() for name, version in found.items()}


def _view(change: Change, numbers: Mapping[str, int]) -> StateView:
    known = [numbers[key] for key in change.keys if key in numbers]
    unseen = len(change.keys) - len(known)
    notes = [change.note] if change.note else []
    if unseen:
        notes.append(f"{unseen} of the events are not in the timeline")
    return StateView(
        participant=change.participant,
        at=rfc3339(change.at),
        events=tuple(sorted(known)),
        changes=change.changes,
        is_merged=change.is_merged,
        note="; ".join(notes),
    )
