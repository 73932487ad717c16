"""A saga in short, folded from its events. The fold does not depend on the order in which they are read.

Two partitions are read side by side, so the events of a saga on two hubs come in any order. Each part of a summary is a
count, the earliest or the latest of something, or a set.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, TypeAlias

from quartet.console.projection.facts import MOST_TERMS, Fact, Key, Term
from quartet.console.views import Phase

MINUTE: Final = 60_000
"""Milliseconds."""

TOTAL: Final = -1
"""In place of a minute: what is true now."""

BEGAN: Final = "began"
ENDED: Final = "ended:"
"""Followed by the type of the end."""
COMPENSATED: Final = "compensated"
"""A saga began to compensate."""
COMPENSATION_ENDED: Final = "compensation ended"
SAGAS: Final = "sagas"
OPEN: Final = "open"
COMPENSATING: Final = "compensating"

Marks: TypeAlias = Counter[tuple[int, str]]
"""What a saga adds to the figures of all: by minute since 1970 (or `TOTAL`) and name."""

WITHOUT_EFFECT: Final = "without effect"
"""The status of a saga of which no event has an effect."""

COMPENSATION_FAILED: Final = "compensation-failed"
"""The status of a saga that has not ended and needs a person. One word, so that it can be searched for."""

MOST_ANSWERS: Final = 20
"""How many compensations of one saga are kept. A saga has about one for each participant."""


class Answer(NamedTuple):
    """What a participant says about an event, however often: `cause` is the id of that event."""

    sayer: str
    cause: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a saga: the first event that ends it."""

    key: Key
    type: str
    label: str
    is_failed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """Something that an event says, and its place."""

    key: Key
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A saga in short.

    Attributes:
        first: its first event that counts (`Fact.counts`), or the first at all while none does.
        last: its last event, likewise, and the type of it.
        newest: when the last event of any kind came, in ms since 1970.
        events: how many there are, with repeats and with those that have no effect.
        counted: how many of them count.
        ended: its end; None while there is none.
        compensating: the first event that is news of a failure, or of work that was undone.
        reason: the first reason that an event gives.
        problem: why the first event without effect has none.
        trace: the id of its trace.
        terms: what it can be found by; its own id is not among them.
        compensations: the last answer of each participant to each failure, and its kind: whether work was undone.
    """

    id: str
    first: Key
    last: Said
    newest: int = 0
    events: int = 0
    counted: int = 0
    ended: Ended | None = None
    compensating: Key | None = None
    reason: Said | None = None
    problem: Said | None = None
    trace: Said | None = None
    terms: frozenset[Term] = frozenset()
    compensations: Mapping[Answer, Said] = field(default_factory=dict)

    @property
    def needs_person(self) -> bool:
        """Whether a compensation could not be done, and was not done later."""
        return any(said.text == "failed_compensation" for said in self.compensations.values())

    @property
    def phase(self) -> Phase:
        """Where it is. One of which no event has an effect counts as failed: it never began."""
        if self.ended is not None:
            return "failed" if self.ended.is_failed else "ended"
        if not self.counted:
            return "failed"
        return "compensating" if self.compensating is not None else "open"

    @property
    def status(self) -> str:
        """The label of its end, or its phase, or that a compensation failed."""
        if self.ended is not None:
            return self.ended.label
        if not self.counted:
            return WITHOUT_EFFECT
        return COMPENSATION_FAILED if self.needs_person else self.phase

    @property
    def why(self) -> str:
        """Why it failed, or is about to; empty if it did not."""
        if self.ended is not None:
            if not self.ended.is_failed:
                return ""
            return self.ended.reason or (self.reason.text if self.reason else "")
        if not self.counted:
            return self.problem.text if self.problem else ""
        return self.reason.text if self.reason else ""

    def marks(self) -> Marks:
        """What it adds to the figures of all sagas. The difference of two summaries is what an event has changed."""
        if not self.counted:
            return Counter({(TOTAL, SAGAS): 1})
        began = self.first.at // MINUTE
        marks: Marks = Counter({(TOTAL, SAGAS): 1, (began, BEGAN): 1})
        does_compensate = self.compensating is not None and (self.ended is None or self.compensating < self.ended.key)
        if does_compensate and self.compensating is not None:
            marks[self.compensating.at // MINUTE, COMPENSATED] += 1
        if self.ended is None:
            marks[TOTAL, COMPENSATING if does_compensate else OPEN] += 1
            return marks
        marks[TOTAL, ENDED + self.ended.type] += 1
        marks[self.ended.key.at // MINUTE, ENDED + self.ended.type] += 1
        if does_compensate:
            marks[self.ended.key.at // MINUTE, COMPENSATION_ENDED] += 1
        return marks


def fold(before: Summary | None, facts: Iterable[Fact]) -> Summary:
    """The summary after these events, of one saga. None of them was folded before.

    Raises:
        ValueError: there is no summary, and no event.
    """
    summary = before
    for fact in facts:
        summary = _with(summary, fact)
    if summary is None:
        raise ValueError("a saga without events")
    return summary


def _with(summary: Summary | None, fact: Fact) -> Summary:
    said = Said(fact.key, fact.type)
    if summary is None:
        summary = Summary(fact.saga, fact.key, said)
    summary = replace(summary, newest=max(summary.newest, fact.key.at))
    if not fact.counts:
        summary = replace(summary, problem=_earliest(summary.problem, fact.key, fact.problem))
        if summary.counted:
            return replace(summary, events=summary.events + 1)
    # The first event that counts takes the place of all that do not.
    begins = fact.counts and not summary.counted
    terms = summary.terms
    if len(terms) < MOST_TERMS and not terms.issuperset(fact.terms):
        terms = frozenset((*terms, *fact.terms[: MOST_TERMS - len(terms)]))
    return replace(
        summary,
        first=fact.key if begins else min(summary.first, fact.key),
        last=said if begins or fact.key > summary.last.key else summary.last,
        events=summary.events + 1,
        counted=summary.counted + fact.counts,
        ended=_end(summary.ended, fact),
        compensating=_compensating(summary.compensating, fact),
        reason=_earliest(summary.reason, fact.key, fact.reason if fact.counts else ""),
        trace=_earliest(summary.trace, fact.key, fact.trace_id if fact.counts else ""),
        terms=terms,
        compensations=_compensations(summary.compensations, fact),
    )


def _compensations(before: Mapping[Answer, Said], fact: Fact) -> Mapping[Answer, Said]:
    answer = Answer(fact.sayer, fact.causation_id or "")
    known = before.get(answer)
    if not fact.counts or fact.kind not in {"compensation", "failed_compensation"}:
        return before
    if len(before) >= MOST_ANSWERS if known is None else known.key > fact.key:
        return before
    return {**before, answer: Said(fact.key, fact.kind)}


def _end(before: Ended | None, fact: Fact) -> Ended | None:
    if not fact.counts or fact.kind not in {"end", "failed_end"} or (before is not None and before.key <= fact.key):
        return before
    return Ended(fact.key, fact.type, fact.label, fact.kind == "failed_end", fact.reason)


def _compensating(before: Key | None, fact: Fact) -> Key | None:
    if not fact.counts or fact.kind not in {"compensation", "failed_compensation"}:
        return before
    return fact.key if before is None else min(before, fact.key)


def _earliest(before: Said | None, key: Key, text: str) -> Said | None:
    if not text or (before is not None and before.key <= key):
        return before
    return Said(key, text)
