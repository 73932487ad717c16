"""Sagas as the page lists them."""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime

from quartet.console.projection.summary import Summary
from quartet.console.views import SagaRow
from quartet.events import format_time


@dataclass(frozen=True, slots=True)
class Listing:
    """What a row needs besides its saga.

    Attributes:
        now: in ms since 1970.
        stuck_before: in ms since 1970; an open saga without news since then is stuck.
        letters, findings: the sagas that have any.
    """

    now: int
    stuck_before: int
    letters: AbstractSet[str] = field(default_factory=frozenset)
    findings: AbstractSet[str] = field(default_factory=frozenset)

    def row(self, summary: Summary) -> SagaRow:
        """A saga in a list."""
        is_stuck = is_open(summary) and summary.last.key.at < self.stuck_before
        terms: defaultdict[str, list[str]] = defaultdict(list)
        for term in sorted(summary.terms):
            terms[term.field].append(term.value)
        ended = summary.ended.key.at if summary.ended is not None else None
        return SagaRow(
            id=summary.id,
            phase=summary.phase,
            status="stuck" if is_stuck and not summary.needs_person else summary.status,
            opened_at=moment(summary.first.at),
            updated_at=moment(summary.last.key.at),
            ended_at=None if ended is None else moment(ended),
            seconds=max(0, (self.now if ended is None else ended) - summary.first.at) / 1000,
            events=summary.events,
            last=summary.last.text,
            reason=summary.why,
            is_stuck=is_stuck,
            has_letters=summary.id in self.letters,
            has_findings=summary.id in self.findings,
            terms={name: tuple(values) for name, values in terms.items()},
        )


def is_open(summary: Summary) -> bool:
    """Whether a saga has begun and has not ended."""
    return summary.phase in {"open", "compensating"}


def moment(at: int) -> str:
    """A time in ms since 1970, as RFC 3339."""
    return format_time(datetime.fromtimestamp(at / 1000, UTC))
