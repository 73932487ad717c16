"""What the page is shown: the JSON of `/api`, as models.

Times are RFC 3339 in UTC. Durations are seconds unless a name says otherwise.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["input", "step", "compensation", "end", "failed_end", "unknown"]
"""What an event is in its choreography: `compensation` is news of a failure, or of work that was undone."""

Phase = Literal["open", "compensating", "ended", "failed"]
"""Where a saga is: `failed` has ended with an event of `Choreography.failed_ends`."""


class View(BaseModel):
    """Base of all views: immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class SagaRow(View):
    """A saga in a list.

    Attributes:
        status: for people: the label of its end; or `open`, `compensating`, `stuck`.
        last: the type of its last event.
        reason: why it failed, as its events say; empty if it did not.
        terms: what it can be searched by: `{"customer_id": ["c-1"]}`.
    """

    id: str
    phase: Phase
    status: str
    opened_at: str
    updated_at: str
    ended_at: str | None
    seconds: float
    events: int
    last: str
    reason: str
    is_stuck: bool
    has_letters: bool
    has_findings: bool
    terms: Mapping[str, tuple[str, ...]]


class Unknown(View):
    """What could not be looked at, and why. It stands in place of what would otherwise look like an all-clear."""

    problem: str


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


class SagasView(View):
    """A page of a search: `GET /api/sagas?q=&cursor=&limit=`. `next` is the cursor of the page after it."""

    sagas: tuple[SagaRow, ...]
    next: str | None
    took_ms: float


class ChangeView(View):
    """One value that an event changed in a participant's state; `path` is `items/0/quantity`. None: there was none."""

    path: str
    before: Any
    after: Any


class StateView(View):
    """What a participant wrote in one step, because of one event or of several.

    Attributes:
        events: the numbers of the events that it handled in this write. Several if it wrote once for all of them, or if
            the page saw only the result of several writes.
        is_merged: whether the page saw only the result of several writes, for example because it began later.
        note: for people: why nothing is shown.
    """

    participant: str
    at: str
    events: tuple[int, ...]
    changes: tuple[ChangeView, ...]
    is_merged: bool = False
    note: str = ""


class SaidView(View):
    """An event of a saga.

    Attributes:
        number: its place in the timeline, from 1.
        cause: the number of the event that it answers; `repeats`: of the event that it is a repeat of.
        sayer: the participant that said it, or `(outside)`, or empty if no known one did.
        problem: why it has no effect; empty if it has.
    """

    number: int
    at: str
    ms: int
    type: str
    kind: Kind
    sayer: str
    source: str
    event_id: str
    cause: int | None
    repeats: int | None
    remark: str
    problem: str
    hub: str
    partition: str
    sequence_number: int
    heard_by: tuple[str, ...]


class OwedView(View):
    """What is still to come: a participant has not handled an event of this saga yet.

    Attributes:
        event: the number of the event in the timeline; `type` its type.
        expected: the types of events that it may answer with; empty if it only notes it.
        since_seconds: since the hub took the event in.
        why: for people: `has not read it yet`, `dead letter: …`, `does not run`.
    """

    participant: str
    event: int
    type: str
    expected: tuple[str, ...]
    since_seconds: float
    why: str


class PartView(View):
    """The state that a participant has stored now."""

    participant: str
    state: Mapping[str, Any] | None
    problem: str = ""


class LetterRow(View):
    """A dead letter in a list."""

    id: str
    participant: str
    saga: str | None
    type: str
    reason: str
    detail: str
    at: str
    waits: bool


class FindingView(View):
    """A rule that is, or was, broken: by which saga (or other subject), how, and since when.

    Attributes:
        resolved_at: when it no longer was; None while it is.
    """

    rule: str
    subject: str
    what: str
    at: str
    resolved_at: str | None


class SagaView(View):
    """A saga, whole: `GET /api/sagas/{id}`; the SSE event `saga` names ids that have news.

    Attributes:
        states: what each event changed; Unknown if the stores could not be followed.
        owed: what is still to come, and from whom.
        story: for people, in a sentence or a few: how it stands, why it failed, and which compensations ran.
        trace_id: of its trace.
    """

    row: SagaRow
    story: str
    trace_id: str
    events: tuple[SaidView, ...]
    states: tuple[StateView, ...] | Unknown
    owed: tuple[OwedView, ...] | Unknown
    parts: tuple[PartView, ...] | Unknown
    letters: tuple[LetterRow, ...] | Unknown
    findings: tuple[FindingView, ...] | Unknown


class RawView(View):
    """An event as the hub has it: `GET /api/sagas/{id}/events/{number}`.

    Attributes:
        body: text, or hexadecimal digits if it `is_text` not; only its beginning if it `is_whole` not.
        size: how many bytes it has on the hub.
    """

    content_type: str
    body: str
    is_text: bool
    size: int
    is_whole: bool
    properties: Mapping[str, Any]


class LetterGroup(View):
    """Dead letters of one participant with one reason, the newest first; `letters` holds at most 100 of them."""

    participant: str
    reason: str
    count: int
    oldest_at: str
    newest_at: str
    letters: tuple[LetterRow, ...]


class LettersView(View):
    """`GET /api/dead-letters`; `unread`: documents that this release cannot read."""

    groups: tuple[LetterGroup, ...]
    unread: tuple[str, ...]


class LetterView(View):
    """`GET /api/dead-letters/{participant}/{id}`."""

    row: LetterRow
    error: str
    body: str
    content_type: str
    properties: Mapping[str, Any]
    facts: Mapping[str, str]


class Choice(View):
    """The body of `POST /api/dead-letters/redrive` (with `dry_run`) and `/discard`."""

    participant: str
    ids: tuple[str, ...]
    dry_run: bool = False


class ActedView(View):
    """The result for one dead letter. `is_open`: whether it is a dead letter still."""

    id: str
    participant: str
    saga: str | None
    became: str
    detail: str
    said: tuple[str, ...]
    is_open: bool


class ActionView(View):
    """The answer to an action: results, or for a dry run the plan in order. `problem`: what was not answered."""

    results: tuple[ActedView, ...]
    problem: str = ""


class RuleView(View):
    """A rule of the audit. `holds` is None as long as it could not be looked at, and `problem` says why."""

    number: int
    rule: str
    scope: Literal["saga", "everything", "hub"]
    holds: bool | None
    checked_at: str | None
    figures: Mapping[str, Any]
    problem: str = ""


class AuditView(View):
    """The audit that runs continuously: `GET /api/audit`. `findings`: the open ones first, then the newest 200."""

    rules: tuple[RuleView, ...]
    findings: tuple[FindingView, ...]
    judged: int
    behind_sagas: int
