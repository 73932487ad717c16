"""The application that the page shows: its participants, its events, and the graph of both."""

from quartet.console.views.base import Kind, View


class ParticipantView(View):
    """A participant, with the types of events that it hears and says."""

    name: str
    hears: tuple[str, ...]
    says: tuple[str, ...]


class EventTypeView(View):
    """A type of event, `RoomBooked.v1`; `label` is its name without the version where no other version is known."""

    type: str
    label: str
    kind: Kind


class ArrowView(View):
    """An arrow of the graph: an event from its sayer to a hearer. `(outside)` and `(end)` are no participants."""

    event: str
    sayer: str
    hearer: str
    compensates: bool


class AppView(View):
    """The application: `GET /api/app`.

    Attributes:
        can_act: whether this page may redrive and discard.
        stuck_after: after how many seconds without news an open saga counts as stuck.
    """

    name: str
    version: str
    participants: tuple[ParticipantView, ...]
    events: tuple[EventTypeView, ...]
    arrows: tuple[ArrowView, ...]
    can_act: bool
    stuck_after: float
