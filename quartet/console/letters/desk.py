"""The dead letters of all participants: looked at now and then, and acted on when an operator asks for it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.stored_letters import UnreadableLetterError
from quartet.azure.settings import Settings
from quartet.choreography import Choreography
from quartet.cli.dead_letters.acting import choose, discard, plan, redriven
from quartet.cli.dead_letters.asking import Became
from quartet.cli.dead_letters.dead_letters import find_letters, letters_by_id
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import Stored, looking_into
from quartet.console.door import Door
from quartet.console.letters.row import ROWS, acted, grouped, planned, row_in, row_of, whole
from quartet.console.views import ActionView, Choice, LetterRow, LettersView, LetterView, Unknown
from quartet.engine.declaration.participant import DEAD_LETTERS
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.terminal.user_error import UserError

SHORTEST: Final = 5.0
"""Seconds between two looks; more if a look takes long, because there are very many."""

_TIMES: Final = 20
_ASKED: Final = 15.0
"""For this many seconds after it was asked, it keeps looking. A page that is open asks all the time."""

_OLD: Final = 30.0
_PAGE: Final = 1_000
MOST_ROWS: Final = 20_000
"""Of one participant. If there are more, the oldest of them are not shown, and the page says so."""

_MOST_UNREAD: Final = 100
_ANSWER_SECONDS: Final = 30.0
_FAILURES: Final = (OutageError, ConfigurationError, UserError)


class LettersDesk:
    """Knows the open dead letters as they were a few seconds ago, and acts on them. It looks while a page is open."""

    def __init__(
        self,
        app: Choreography,
        settings: Settings,
        door: Door,
        log: FilteringBoundLogger,
        *,
        clock: Callable[[], float] = time.monotonic,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        """`answer_seconds`: how long an operator waits for a participant to answer."""
        self._app = app
        self._settings = settings
        self._door = door
        self._log = log
        self._clock = clock
        self._seconds = answer_seconds
        self._rows: Mapping[str, Sequence[LetterRow]] = {}
        self._unread: Sequence[str] = ()
        self._problem = "the dead letters have not been looked at yet"
        self._took = 0.0
        self._looked_at = -_TIMES * SHORTEST
        self._asked_at = -_ASKED
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()

    # What the other views show

    def counts(self) -> Mapping[str, int] | Unknown:
        """See `Letters.counts`."""
        self._ask()
        if self._problem:
            return Unknown(problem=self._problem)
        if self._clock() - self._looked_at > max(_OLD, 2 * _TIMES * self._took):
            return Unknown(problem="the dead letters are being looked at")
        return {name: len(rows) for name, rows in self._rows.items()}

    def sagas(self) -> AbstractSet[str]:
        """See `Letters.sagas`."""
        return {row.saga for rows in self._rows.values() for row in rows if row.saga is not None}

    async def of(self, saga_id: str) -> tuple[LetterRow, ...] | Unknown:
        """See `Letters.of`: as it is now."""
        try:
            stored = Stored(await self._door.cosmos())
            found = await find_letters(stored, self._app.names, saga_id=saga_id)
        except _FAILURES as error:
            return Unknown(problem=str(error))
        return tuple(row_of(one) for one in found if one.stored.letter.saga_id == saga_id)

    # Looking

    def _ask(self) -> None:
        self._asked_at = self._clock()
        self._wake.set()

    async def run(self) -> None:
        """Look again and again while it is asked, until this is cancelled."""
        while True:
            await self._wake.wait()
            while self._clock() - self._asked_at <= _ASKED:
                await self.look()
                await asyncio.sleep(max(SHORTEST, _TIMES * self._took))
            self._wake.clear()

    async def look(self) -> None:
        """Look now. What goes wrong is shown in place of counts."""
        async with self._lock:
            began = self._clock()
            try:
                cosmos = await self._door.cosmos()
                found = {one.name: await self._read(cosmos, one.name) for one in self._app}
            except _FAILURES as error:
                self._problem = str(error)
                return
            self._rows = {name: rows for name, (rows, _) in found.items()}
            self._unread = tuple(line for _, lines in found.values() for line in lines)[:_MOST_UNREAD]
            self._problem = ""
            self._looked_at = self._clock()
            self._took = self._looked_at - began

    async def _read(self, cosmos: Cosmos, name: str) -> tuple[list[LetterRow], list[str]]:
        """The open dead letters of one participant, and what is there that cannot be read."""
        participant = self._app.participant(name)
        place = f"{participant.database}/{DEAD_LETTERS.name}"
        rows: list[LetterRow] = []
        unread: list[str] = []
        with looking_into(place):
            async for document in _documents(cosmos, participant.database):
                try:
                    rows.append(row_in(name, document))
                except UnreadableLetterError as error:
                    unread.append(f"{place}/{document.get('id', '?')}: {error}")
                if len(rows) == MOST_ROWS:
                    unread.append(f"{place}: there are more than {MOST_ROWS}; the others are not shown")
                    break
        return rows, unread

    async def groups(self) -> LettersView:
        """All of them, in groups; as they were a few seconds ago.

        Raises:
            OutageError: they could not be looked at.
        """
        if self._problem or self._clock() - self._looked_at > max(SHORTEST, _TIMES * self._took):
            await self.look()
        if self._problem:
            raise OutageError(self._problem)
        return LettersView(groups=grouped(row for rows in self._rows.values() for row in rows), unread=self._unread)

    async def letter(self, participant: str, letter_id: str) -> LetterView:
        """One of them, whole.

        Raises:
            UserError: there is none, or it cannot be read.
            OutageError, ConfigurationError: it could not be looked at.
        """
        stored = Stored(await self._door.cosmos())
        return whole((await letters_by_id(stored, (participant,), [letter_id]))[0])

    # Acting

    async def redrive(self, choice: Choice, who: str) -> ActionView:
        """Ask the participant to handle them again; or only plan that. `who` asks for it, for the log.

        Raises:
            UserError: there is no such dead letter, or the participant's release cannot be asked.
            OutageError, ConfigurationError: a server could not be asked.
        """
        chosen, _ = await choose(self._settings, (choice.participant,), choice.ids)
        if choice.dry_run:
            return ActionView(results=planned(await plan(self._settings, chosen)))
        return await self._act("redrive", redriven(self._settings, chosen, self._seconds), choice, who)

    async def discard(self, choice: Choice, who: str) -> ActionView:
        """Discard them: their events are never applied. Raises as `redrive` does."""
        chosen, _ = await choose(self._settings, (choice.participant,), choice.ids)
        if choice.dry_run:
            return ActionView(results=planned(chosen))
        return await self._act("discard", discard(self._settings, chosen), choice, who)

    async def _act(self, what: str, results: AsyncIterator[Became], choice: Choice, who: str) -> ActionView:
        """What was done counts, even if the rest fails."""
        done, problem = [], ""
        try:
            async for one in results:
                done.append(acted(one))  # noqa: PERF401 -- see above
        except _FAILURES as error:
            problem = str(error)
        self._log.warning(
            f"operator: {what} of dead letters",
            who=who or "not signed in",
            participant=choice.participant,
            letters=list(choice.ids),
            became=dict(Counter(one.became for one in done)),
            problem=problem or None,
        )
        await self.look()
        return ActionView(results=tuple(done), problem=problem)


def _documents(cosmos: Cosmos, database: str) -> AsyncIterator[dict[str, Any]]:
    container = cosmos.client.get_database_client(database).get_container_client(DEAD_LETTERS.name)
    return aiter(container.query_items(ROWS, max_item_count=_PAGE))
