"""What events change in the figures: marks of their sagas, and the time that answers took."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from quartet.console.projection.cosmos.documents import Kept, Saying, digest
from quartet.console.projection.facts import KEPT_EVENTS, Fact
from quartet.console.projection.latency import bucket_of
from quartet.console.projection.summary import MINUTE, Marks, Summary

Steps = Counter[tuple[int, str, str, str, int]]
"""By minute: cause, answer, participant and bucket of the duration."""


def difference(before: Summary | None, after: Summary) -> Marks:
    """What a saga adds to the figures now."""
    marks: Marks = Counter(after.marks())
    if before is not None:
        marks.subtract(before.marks())
    return marks


def count_steps(kept: Kept, facts: Sequence[Fact]) -> Steps:
    """Count how long the answers among these events of a saga took, and note the events in `kept.said`.

    A repeat of an answer does not count.
    """
    said = {(one[0], one[1]) for one in kept.said}
    known: dict[str, Saying] = {}
    for one in kept.said:
        known.setdefault(one[0], one)
    steps: Steps = Counter()
    for fact in facts:
        saying = (digest(fact.event_id), digest(fact.source), fact.key.at, fact.type)
        if not fact.counts or saying[:2] in said:
            continue
        said.add(saying[:2])
        known.setdefault(saying[0], saying)
        if len(kept.said) < KEPT_EVENTS:
            kept.said.append(saying)
        cause = known.get(digest(fact.causation_id)) if fact.causation_id else None
        if cause is not None:
            took = bucket_of(fact.key.at - cause[2])
            steps[fact.key.at // MINUTE, cause[3], fact.type, fact.sayer, took] += 1
    return steps


def added(document: Mapping[str, Any] | None, marks: Mapping[str, int], steps: Mapping[Any, int]) -> tuple[Any, Any]:
    """The marks and steps of a minute, with these added."""
    all_marks: Counter[str] = Counter(document["marks"] if document is not None else {})
    all_marks.update(marks)
    all_steps: Counter[tuple[Any, ...]] = Counter()
    for *step, count in document["steps"] if document is not None else ():
        all_steps[tuple(step)] += count
    all_steps.update(steps)
    return all_marks, [[*step, count] for step, count in all_steps.items() if count]
