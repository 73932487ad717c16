"""The parts of the console that are not about the hub alone: states, the audit, dead letters. Made and wired here."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from fastapi import APIRouter
from structlog.typing import FilteringBoundLogger

from quartet.azure.settings import Settings
from quartet.choreography import Choreography
from quartet.cli.reading.hubs import hubs_of
from quartet.console.auditing.running import Pages, RunningAudit
from quartet.console.door import Door
from quartet.console.letters.desk import LettersDesk
from quartet.console.projection.facts import Place
from quartet.console.settings import ConsoleSettings
from quartet.console.states.following import StateFollower
from quartet.console.states.store import StateStore
from quartet.console.web.audit import audit_routes
from quartet.console.web.letters import letter_routes
from quartet.engine.ports import Message

Work = Callable[[], Coroutine[Any, Any, None]]

_STATES: Final = "states.sqlite"


class Plugs:
    """A context manager that closes the files of the parts.

    Attributes:
        tell: gets the sagas that have news besides events: another stored state.
        routers: the routes of the parts; `works` is what runs as long as the console does.
    """

    def __init__(
        self, app: Choreography, settings: Settings, own: ConsoleSettings, door: Door, log: FilteringBoundLogger
    ) -> None:
        """Their files lie in `CONSOLE_DATA`, wherever the projection is kept: they can be made again."""
        own.data.mkdir(parents=True, exist_ok=True)
        self.tell: Callable[[Iterable[str]], None] = lambda _: None
        self._store = StateStore(own.data / _STATES)
        self.audit = RunningAudit(app, hubs_of(settings), log, pages=Pages(own.data), every=own.audit_every)
        self.states = StateFollower(door.cosmos, app, self._store, news=self._changed, log=log)
        self.letters = LettersDesk(app, settings, door, log)
        self.routers: tuple[APIRouter, ...] = (
            audit_routes(self.audit),
            letter_routes(self.letters, app.names, can_act=own.actions == "on"),
        )
        self.works: tuple[Work, ...] = (partial(self.audit.run, settings), self.states.run, self.letters.run)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.audit.close()
        self._store.close()

    def heard(self, place: Place, before: int, messages: Sequence[Message]) -> None:
        """See `Taking.heard`."""
        self.audit.hear(place.hub, place.partition, before, messages)
        self.states.stir()

    def forget(self, saga_ids: Collection[str]) -> None:
        """Forget the states of these sagas. What the audit keeps has a bound of its own."""
        self._store.forget_sagas(saga_ids)

    def _changed(self, saga_ids: Iterable[str]) -> None:
        changed = tuple(saga_ids)
        self.audit.news(changed)
        self.tell(changed)
