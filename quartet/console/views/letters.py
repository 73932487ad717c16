"""Dead letters, and what is done about them."""

from collections.abc import Mapping
from typing import Any

from quartet.console.views.base import View


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
