"""All sagas together."""

from collections.abc import Mapping

from quartet.console.views.base import Unknown, View
from quartet.console.views.search import SagaRow


class FlowView(View):
    """The events of one type that came from one sayer, per second, over the last ten seconds."""

    event: str
    sayer: str
    per_second: float


class MinuteView(View):
    """One minute: how many sagas began and ended (by end type), and how many were open and compensating at its end."""

    at: str
    began: int
    ended: Mapping[str, int]
    open: int
    compensating: int


class StepView(View):
    """A step: from an event that a participant hears to its answer; in ms by the hub's clock, last 15 minutes."""

    cause: str
    answer: str
    participant: str
    count: int
    p50: float
    p95: float
    p99: float


class LagView(View):
    """How far a participant is behind in one partition.

    Attributes:
        waiting: events that it has not finished.
        oldest_seconds: how long the oldest of them has waited; 0 if none waits.
        is_owned: whether a replica has the partition.
        standing: why it is stalled, in words; empty if it moves.
    """

    participant: str
    hub: str
    partition: str
    waiting: int
    oldest_seconds: float
    is_owned: bool
    standing: str = ""


class OverviewView(View):
    """All sagas: `GET /api/overview`, and the SSE event `overview`, at most one a second.

    Attributes:
        behind_seconds: how far the projection is behind the hub; `following` is false while it cannot read the hub, and
            `problem` says why.
        open, compensating, stuck: how many sagas are; `ended`: how many have ended, by the type of the end.
        history: the last 60 minutes, the oldest first; minutes without sagas are there, too.
        letters: open dead letters by participant.
        findings: how many rules are broken now.
    """

    at: str
    following: bool
    behind_events: int
    behind_seconds: float
    problem: str
    sagas: int
    open: int
    compensating: int
    stuck: int
    ended: Mapping[str, int]
    flow: tuple[FlowView, ...]
    history: tuple[MinuteView, ...]
    steps: tuple[StepView, ...]
    lag: tuple[LagView, ...] | Unknown
    letters: Mapping[str, int] | Unknown
    stuck_sagas: tuple[SagaRow, ...]
    recent: tuple[SagaRow, ...]
    findings: int | Unknown
