"""How an operator asks a service to redrive dead letters, and what it answers: two events on the application's hub.

They belong to the library, not to an application: every service knows them, and acts on those that name it.
"""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from quartet.events import Detail, EventData, Part, Registry, SagaId
from quartet.events.attributes import LONGEST_ATTRIBUTE

MOST_LETTERS: Final = 100
"""How many dead letters a request or an answer may name."""

NO_SAGA: Final = "no-saga"
"""The name of the saga for dead letters that belong to none."""

LetterId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{1,128}$", description="the id of a dead letter")]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$", description="the name of a participant")]
_Type = Annotated[str, Field(min_length=1, max_length=LONGEST_ATTRIBUTE)]


class _RedriveEvent(EventData):
    """The fields of both events: the participant, and the saga of the dead letters."""

    saga: SagaId
    participant: _Name

    @property
    def saga_id(self) -> str:
        """The saga, or `NO_SAGA`."""
        return self.saga


class RedriveRequested(_RedriveEvent):
    """An operator asks a participant to handle dead letters of one saga again, with those that wait behind them.

    Asking again is harmless: a handled event stays handled.
    """

    type: ClassVar[str] = "RedriveRequested.v1"

    letters: Annotated[tuple[LetterId, ...], Field(min_length=1, max_length=MOST_LETTERS)]

    @property
    def remark(self) -> str:
        """The participant, and the number of dead letters."""
        return f"{self.participant}: {len(self.letters)} dead letters"


class LetterReport(Part):
    """The result for one dead letter.

    Attributes:
        became: the value of a `Verdict`.
        detail: the reason why it is dead still, or what its handler has decided.
        said: the types of the events that were said because of it.
    """

    id: LetterId
    event_type: _Type | None = None
    became: Annotated[str, Field(min_length=1, max_length=40)]
    detail: Detail = ""
    said: Annotated[tuple[_Type, ...], Field(max_length=MOST_LETTERS)] = ()


class RedriveReported(_RedriveEvent):
    """A participant reports the results for the dead letters of a request.

    Attributes:
        number: several answers to one request are numbered from 1.
        is_last: whether no further answer to the request follows.
        run: tells the answers of two runs apart, of a request that was delivered twice, if they are not the same.
    """

    type: ClassVar[str] = "RedriveReported.v1"

    reports: Annotated[tuple[LetterReport, ...], Field(max_length=MOST_LETTERS)]
    number: Annotated[int, Field(ge=1)]
    is_last: bool
    run: Annotated[str, Field(min_length=1, max_length=64)]

    @property
    def discriminator(self) -> str:
        """Which answer to the request it is."""
        return f"{self.run} {self.number}"

    @property
    def remark(self) -> str:
        """How many became what."""
        verdicts = [report.became for report in self.reports]
        return ", ".join(f"{verdicts.count(one)} {one}" for one in sorted(set(verdicts)))


REDRIVE_EVENTS: Final = Registry(RedriveRequested, RedriveReported)
"""The library's own events. No application may have events of these types, in any version."""

_NAMES: Final = frozenset(type_.partition(".")[0] for type_ in REDRIVE_EVENTS)


def is_of_library(type_: str) -> bool:
    """Whether an event of this type is the library's own, also in a version of a later release."""
    return type_.partition(".")[0] in _NAMES
