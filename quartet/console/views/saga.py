"""One saga, whole."""

from collections.abc import Mapping
from typing import Any

from quartet.console.views.audit import FindingView
from quartet.console.views.base import Kind, Unknown, View
from quartet.console.views.letters import LetterRow
from quartet.console.views.search import SagaRow


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
