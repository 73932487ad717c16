"""A dead letter as a row, without its content; and whole."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from quartet.azure.cosmos.stored_letters import LEGACY_SAGA_ID, UnreadableLetterError, saga_id_in
from quartet.cli.dead_letters.asking import Became
from quartet.cli.dead_letters.dead_letters import Found
from quartet.console.views import ActedView, LetterGroup, LetterRow, LetterView
from quartet.engine.dead_letters.redrive import Verdict
from quartet.engine.saga_update import WAITING
from quartet.events import format_time

OPEN: Final = "(NOT IS_DEFINED(c.settled) OR IS_NULL(c.settled))"
"""The condition of a query for the dead letters that are open."""

ROWS: Final = (
    f"SELECT c.id, c.saga_id, c.{LEGACY_SAGA_ID}, c.event_type, c.reason, c.detail, c.dead_at FROM c WHERE {OPEN}"  # noqa: S608 -- constants
)
"""Without bodies: there may be many thousands."""

PLANNED: Final = "planned"
"""What a dead letter becomes in a dry run."""

_SHOWN: Final = 100
_LONGEST: Final = 500


def row_in(participant: str, document: Mapping[str, Any]) -> LetterRow:
    """The row in a document of `ROWS`.

    Raises:
        UnreadableLetterError: a field is missing, or is not what it should be.
    """
    values = {name: document.get(name) for name in ("id", "reason", "detail", "dead_at")}
    if wrong := sorted(name for name, value in values.items() if not isinstance(value, str)):
        raise UnreadableLetterError(f"{', '.join(wrong)}: is missing, or no text")
    saga, type_ = saga_id_in(document), document.get("event_type")
    return LetterRow(
        id=str(values["id"]),
        participant=participant,
        saga=saga if isinstance(saga, str) else None,
        type=type_ if isinstance(type_, str) else "",
        reason=str(values["reason"]),
        detail=str(values["detail"])[:_LONGEST],
        at=str(values["dead_at"]),
        waits=values["reason"] == WAITING,
    )


def row_of(one: Found) -> LetterRow:
    """The row of a dead letter that was read whole."""
    letter = one.stored.letter
    return LetterRow(
        id=one.stored.id,
        participant=one.service,
        saga=letter.saga_id,
        type=letter.event_type or "",
        reason=letter.reason,
        detail=letter.detail[:_LONGEST],
        at=format_time(letter.dead_at),
        waits=letter.reason == WAITING,
    )


def grouped(rows: Iterable[LetterRow]) -> tuple[LetterGroup, ...]:
    """By participant and reason, the largest group first; of each, the newest hundred."""
    groups: defaultdict[tuple[str, str], list[LetterRow]] = defaultdict(list)
    for row in rows:
        groups[row.participant, row.reason].append(row)
    made = [
        LetterGroup(
            participant=participant,
            reason=reason,
            count=len(some),
            oldest_at=min(row.at for row in some),
            newest_at=max(row.at for row in some),
            letters=tuple(sorted(some, key=lambda row: (row.at, row.id), reverse=True)[:_SHOWN]),
        )
        for (participant, reason), some in groups.items()
    ]
    return tuple(sorted(made, key=lambda group: (-group.count, group.participant, group.reason)))


def whole(one: Found) -> LetterView:
    """A dead letter with everything that is known of it."""
    letter, settled = one.stored.letter, one.stored.settled
    facts = {
        "event id": letter.event_id or "",
        "attempts": str(letter.attempts),
        "hub": letter.message.hub,
        "partition": letter.partition,
        "sequence number": str(letter.message.sequence_number),
        "offset": letter.message.offset,
        "became": f"{settled.outcome} at {format_time(settled.at)}" if settled else "",
        "expires": format_time(one.stored.expires_at) if one.stored.expires_at else "",
        "content": "has expired, or was too large to keep" if letter.message.digest else "",
    }
    return LetterView(
        row=row_of(one),
        error=letter.detail,
        body=letter.message.body.decode("utf-8", "backslashreplace"),
        content_type=letter.message.content_type or "",
        properties=dict(letter.message.properties),
        facts={name: value for name, value in facts.items() if value},
    )


def acted(one: Became) -> ActedView:
    """The result of an action for one dead letter."""
    return ActedView(
        id=one.report.id,
        participant=one.service,
        saga=one.saga_id,
        became=one.report.became,
        detail=one.report.detail,
        said=tuple(one.report.said),
        is_open=Verdict(one.report.became).is_open,
    )


def planned(plan: Sequence[Found]) -> tuple[ActedView, ...]:
    """What a redrive would handle, in order."""
    return tuple(
        ActedView(
            id=one.stored.id,
            participant=one.service,
            saga=one.stored.letter.saga_id,
            became=PLANNED,
            detail=f"{one.stored.letter.event_type or 'an unknown event'}: {one.stored.letter.reason}",
            said=(),
            is_open=True,
        )
        for one in plan
    )
