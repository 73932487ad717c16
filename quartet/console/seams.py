"""What the console shows besides the projection. Each part may be absent: it is then unknown, with a reason."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from quartet.console.records import Reading, StoredRecord
from quartet.console.views import (
    FindingView,
    LagView,
    LetterRow,
    OwedView,
    PartView,
    SaidView,
    StateView,
    Unknown,
)

ABSENT: Final = "this part of the console is not running"


class Records(Protocol):
    """What the participants have stored of a saga."""

    async def of(self, saga_id: str) -> Mapping[str, StoredRecord] | Unknown:
        """By participant: one request to each."""


class SeenStates(Protocol):
    """What was seen in the participants' stores."""

    async def of(self, saga_id: str, events: Sequence[SaidView]) -> tuple[StateView, ...] | Unknown:
        """The writes of one saga, in order; `events` are its events."""


class States(Protocol):
    """What each event changed in the participants' states."""

    async def of(self, saga_id: str, events: Sequence[SaidView], records: Reading) -> tuple[StateView, ...] | Unknown:
        """The writes of one saga, in order; `events` are its events, and `records` what is stored of it."""


class Audit(Protocol):
    """The rules that hold for all sagas, looked at continuously."""

    async def of(self, saga_id: str) -> tuple[FindingView, ...] | Unknown:
        """The rules that one saga broke."""

    def broken(self) -> int | Unknown:
        """How many rules are broken now."""

    def sagas(self) -> AbstractSet[str]:
        """The sagas that break a rule now, as far as is known."""


class Letters(Protocol):
    """Dead letters."""

    async def of(self, saga_id: str) -> tuple[LetterRow, ...] | Unknown:
        """Those of one saga."""

    def counts(self) -> Mapping[str, int] | Unknown:
        """How many are open, by participant."""

    def sagas(self) -> AbstractSet[str]:
        """The sagas that have any, as far as is known."""


class Parts(Protocol):
    """What the participants have stored of a saga, and what is missing."""

    async def of(
        self, events: Sequence[SaidView], records: Reading, now: int
    ) -> tuple[tuple[PartView, ...] | Unknown, tuple[OwedView, ...] | Unknown]:
        """The state of each participant, and the events that they have not handled. `now` is in ms since 1970."""


class Lags(Protocol):
    """How far each participant is behind."""

    def now(self) -> tuple[LagView, ...] | Unknown:
        """As it was when it was looked at last, a few seconds ago."""
