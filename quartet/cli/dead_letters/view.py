"""Dead letters, and the results of a redrive, for people and for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Group

from quartet.cli.dead_letters.asking import Became
from quartet.cli.dead_letters.dead_letters import Found
from quartet.cli.lag.lag import in_words
from quartet.engine.dead_letters.redrive import Verdict
from quartet.engine.dead_letters.store import StoredLetter
from quartet.events import format_time
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing, Unbroken


def letters_listing(found: Sequence[Found], *, with_end: bool) -> Listing:
    """One row per dead letter; with how it has ended and when it expires, if that is asked for."""
    ends = ("became", "expires") if with_end else ()
    listing = Listing("id", "service", "died", "age", "event", "saga", "reason", "detail", *ends, title="Dead letters")
    now = datetime.now(UTC)
    for one in found:
        letter = one.stored.letter
        listing.add(
            one.stored.id,
            one.service,
            format_time(letter.dead_at),
            in_words(now - letter.dead_at),
            letter.event_type or "",
            letter.saga_id or "",
            letter.reason,
            letter.detail,
            *(_end(one.stored) if with_end else ()),
        )
    return listing


def _end(stored: StoredLetter) -> tuple[str, str]:
    """How it has ended, and when it expires."""
    return (
        stored.settled.outcome if stored.settled else "",
        format_time(stored.expires_at) if stored.expires_at else "",
    )


def letter_json(one: Found) -> dict[str, Any]:
    """A dead letter for programs. `text` is the body as far as it is text."""
    letter, settled = one.stored.letter, one.stored.settled
    return {
        "id": one.stored.id,
        "service": one.service,
        "saga_id": letter.saga_id,
        "event_id": letter.event_id,
        "event_type": letter.event_type,
        "reason": letter.reason,
        "detail": letter.detail,
        "attempts": letter.attempts,
        "dead_at": format_time(letter.dead_at),
        "age_seconds": round((datetime.now(UTC) - letter.dead_at).total_seconds()),
        "hub": letter.message.hub,
        "partition": letter.partition,
        "sequence_number": letter.message.sequence_number,
        "offset": letter.message.offset,
        "content_type": letter.message.content_type,
        "properties": dict(letter.message.properties),
        "text": letter.message.body.decode("utf-8", "backslashreplace"),
        "settled": {"at": format_time(settled.at), "outcome": settled.outcome} if settled else None,
        "expires_at": format_time(one.stored.expires_at) if one.stored.expires_at else None,
    }


def letter_view(one: Found) -> Group:
    """A dead letter for people: everything that is known of it."""
    parts = [Unbroken(cell(f"Dead letter {one.stored.id} of {one.service}", style="bold"))]
    for name, value in letter_json(one).items():
        if value is not None and name not in {"id", "service"}:
            parts.append(Unbroken(cell(f"{name}: ", style="dim") + cell(value), indent=2))
    if one.stored.settled is not None and one.stored.letter.message.digest:
        parts.append(Unbroken(cell("its content has expired, or was too large to keep", style="dim"), indent=2))
    return Group(*parts)


def reports_listing(became: Sequence[Became]) -> Listing:
    """The result for each dead letter, in the order in which the services handled them."""
    listing = Listing("id", "service", "event", "saga", "became", "detail")
    for one in became:
        report, verdict = one.report, Verdict(one.report.became)
        colour = "yellow" if verdict is Verdict.WAITING else "red" if verdict.is_open else "green"
        said = f", said {' '.join(report.said)}" if report.said and not verdict.is_open else ""
        listing.add(
            report.id,
            one.service,
            report.event_type or "",
            one.saga_id or "",
            cell(verdict, style=colour),
            report.detail + said,
        )
    return listing


def reports_json(became: Sequence[Became]) -> list[dict[str, Any]]:
    """The result for each dead letter, for programs."""
    return [
        {
            "id": one.report.id,
            "service": one.service,
            "saga_id": one.saga_id,
            "event_type": one.report.event_type,
            "became": one.report.became,
            "open": Verdict(one.report.became).is_open,
            "detail": one.report.detail,
            "said": list(one.report.said),
        }
        for one in became
    ]
