"""One saga, told: its events with their causes, and how it stands in a few sentences."""

from collections.abc import Sequence
from typing import Final

from quartet.console.projection.facts import KEPT_EVENTS, Fact
from quartet.console.projection.port import Saga
from quartet.console.rows import Listing, is_open, moment
from quartet.console.views import OwedView, SaidView, Unknown
from quartet.console.vocabulary import Vocabulary
from quartet.events import OUTSIDE
from quartet.events.trace import first_traceparent

_MOST_NAMED: Final = 6


def said_views(facts: Sequence[Fact], vocabulary: Vocabulary) -> tuple[SaidView, ...]:
    """The events of one saga in order, numbered from 1."""
    first: dict[str, int] = {}
    known: dict[tuple[str, str], int] = {}
    views = []
    for number, fact in enumerate(facts, 1):
        identity = (fact.source, fact.event_id)
        views.append(
            SaidView(
                number=number,
                at=moment(fact.key.at),
                ms=fact.key.at - facts[0].key.at,
                type=fact.type,
                kind=fact.kind,
                sayer=fact.sayer,
                source=fact.source,
                event_id=fact.event_id,
                cause=first.get(fact.causation_id or ""),
                repeats=known.get(identity) if not fact.problem else None,
                remark=fact.remark,
                problem=fact.problem,
                hub=fact.key.hub,
                partition=fact.key.partition,
                sequence_number=fact.key.sequence_number,
                heard_by=vocabulary.hearers(fact.type) if not fact.problem else (),
            )
        )
        if not fact.problem:  # what a forged event says of its id means nothing
            first.setdefault(fact.event_id, number)
            known.setdefault(identity, number)
    return tuple(views)


def trace_id(saga: Saga) -> str:
    """The trace of a saga: the one that its events carry, or else the one that is derived from its id."""
    if saga.summary.trace is not None:
        return saga.summary.trace.text
    return first_traceparent(saga.summary.id, "").split("-")[1]


def story(
    saga: Saga,
    events: Sequence[SaidView],
    owed: tuple[OwedView, ...] | Unknown,
    *,
    vocabulary: Vocabulary,
    listing: Listing,
) -> str:
    """How a saga stands, why it failed, which compensations ran, and which failed and need a person."""
    row = listing.row(saga.summary)
    sentences = []
    if not saga.summary.counted:
        sentences.append(f"No event of it has an effect: {saga.summary.why}.")
    elif not is_open(saga.summary):
        sentences.append(f"It ended as {row.status} after {in_seconds(row.seconds)}.")
    else:
        begun = "It is compensating" if row.phase == "compensating" else "It is open"
        silent = max(0, listing.now - saga.summary.last.key.at) / 1000
        sentences.append(f"{begun}; its last event came {in_seconds(silent)} ago.")
    if row.phase in {"failed", "compensating"} and saga.summary.counted:
        sentences += _failure(events, row.reason, vocabulary)
    if is_open(saga.summary):
        sentences.append(_missing(owed))
    if saga.summary.events > len(events):
        sentences.append(f"Only {KEPT_EVENTS} of its {saga.summary.events} events are kept and shown.")
    return " ".join(filter(None, sentences))


def _failure(events: Sequence[SaidView], reason: str, vocabulary: Vocabulary) -> list[str]:
    """Why it failed, and what was undone."""
    valid = [one for one in events if not one.problem and one.repeats is None and one.kind != "unknown"]
    asked = [one for one in valid[1:] if one.kind == "input"]
    undone = [one for one in valid if vocabulary.is_undone(one.type)]
    failed = next((one for one in valid if one.kind == "compensation" and one not in undone), None)
    if failed is None:
        failed = _cause_of_the_end(valid)
    sentences = []
    if failed is not None:
        why = f" ({failed.remark})" if failed.remark else ""
        sentences.append(f"It failed because {_who(failed)} said {vocabulary.label(failed.type)}{why}.")
    elif reason:
        sentences.append(f"The reason is {reason}.")
    if asked and failed is not None and asked[0].number < failed.number:
        sentences.append(f"Before, {_who(asked[0])} said {vocabulary.label(asked[0].type)}.")
    refused = _not_undone(valid)
    if refused:
        named = [_named(one, vocabulary) + (f" ({one.remark})" if one.remark else "") for one in refused]
        sentences.append(f"Compensations that failed and need a person: {_listed(named)}.")
    if undone:
        sentences.append(f"Compensations: {_listed([_named(one, vocabulary) for one in undone])}.")
    elif failed is not None and not refused:
        sentences.append("There was nothing to compensate.")
    return sentences


def _not_undone(valid: Sequence[SaidView]) -> list[SaidView]:
    """The failed compensations that were not done later: the last answer of a participant counts."""
    last = {(one.sayer, one.cause): one for one in valid if one.kind in {"compensation", "failed_compensation"}}
    return [one for one in last.values() if one.kind == "failed_compensation"]


def _named(event: SaidView, vocabulary: Vocabulary) -> str:
    return f"{vocabulary.label(event.type)} by {_who(event)}"


def _cause_of_the_end(valid: Sequence[SaidView]) -> SaidView | None:
    end = next((one for one in valid if one.kind == "failed_end"), None)
    if end is None:
        return None
    return next((one for one in valid if one.number == end.cause and one.kind != "input"), None)


def _missing(owed: tuple[OwedView, ...] | Unknown) -> str:
    if isinstance(owed, Unknown):
        return f"What is missing is not known: {owed.problem}."
    if not owed:
        return "No participant has an event of it to handle: it waits for something from outside, or for its deadline."
    named = [f"{one.participant} has not handled event {one.event}, {one.type} ({one.why})" for one in owed]
    return f"Missing: {_listed(named)}."


def _listed(named: Sequence[str]) -> str:
    more = len(named) - _MOST_NAMED
    return ", ".join(named[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _who(event: SaidView) -> str:
    return "someone outside" if event.sayer == OUTSIDE else event.sayer or event.source


def in_seconds(seconds: float) -> str:
    """A duration for people: `0.48 s`, `12 s`, `5 min`, `3 h`."""
    if seconds < 10:  # noqa: PLR2004 -- seconds
        return f"{seconds:.2f} s"
    if seconds < 120:  # noqa: PLR2004 -- two minutes
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004 -- two hours
