"""The rules, and what breaks them."""

from collections.abc import Mapping
from typing import Any, Literal

from quartet.console.views.base import View


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
