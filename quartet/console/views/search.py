"""Sagas in a list."""

from collections.abc import Mapping

from quartet.console.views.base import Phase, View


class SagaRow(View):
    """A saga in a list.

    Attributes:
        status: for people: the label of its end; or `open`, `compensating`, `stuck`, `compensation-failed`.
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


class SagasView(View):
    """A page of a search: `GET /api/sagas?q=&cursor=&limit=`. `next` is the cursor of the page after it."""

    sagas: tuple[SagaRow, ...]
    next: str | None
    took_ms: float
