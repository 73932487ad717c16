"""Dead letters, and what became of them, for people and for programs."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from quartet.dead_letters import Found
from shared.events import format_time
from shared.runtime.redrive import Report, Verdict


def letters_table(found: Sequence[Found], *, with_end: bool) -> Table:
    """One row per dead letter; with how it has ended, if that is asked for."""
    table = Table(title="Dead letters", title_justify="left")
    for heading in ("id", "service", "died", "event", "order", "reason", "detail"):
        table.add_column(heading, overflow="fold")
    if with_end:
        table.add_column("became", overflow="fold")
    for one in found:
        letter = one.stored.letter
        row = (
            one.stored.id,
            one.service,
            format_time(letter.dead_at),
            letter.event_type or "",
            letter.order_id or "",
            letter.reason,
            letter.detail,
        )
        end = (one.stored.settled.outcome if one.stored.settled else "",) if with_end else ()
        table.add_row(*(Text(cell) for cell in (*row, *end)))
    return table


def letter_json(one: Found) -> dict[str, Any]:
    """A dead letter for programs. `text` is the body as far as it is text."""
    letter, settled = one.stored.letter, one.stored.settled
    return {
        "id": one.stored.id,
        "service": one.service,
        "order_id": letter.order_id,
        "event_id": letter.event_id,
        "event_type": letter.event_type,
        "reason": letter.reason,
        "detail": letter.detail,
        "attempts": letter.attempts,
        "dead_at": format_time(letter.dead_at),
        "partition": letter.partition,
        "sequence_number": letter.message.sequence_number,
        "offset": letter.message.offset,
        "content_type": letter.message.content_type,
        "properties": dict(letter.message.properties),
        "text": letter.message.body.decode("utf-8", "backslashreplace"),
        "settled": {"at": format_time(settled.at), "outcome": settled.outcome} if settled else None,
    }


def letter_view(one: Found) -> Table:
    """A dead letter for people: everything that is known of it."""
    table = Table(show_header=False, title=f"Dead letter {one.stored.id} of {one.service}", title_justify="left")
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in letter_json(one).items():
        if value is not None and name not in {"id", "service"}:
            table.add_row(name, Text(str(value)))
    return table


def reports_table(reports: Sequence[tuple[str, Report]]) -> Table:
    """What became of each dead letter, in the order in which they were given to the services."""
    table = Table()
    for heading in ("id", "service", "event", "order", "became", "detail"):
        table.add_column(heading, overflow="fold")
    for service, report in reports:
        letter = report.letter
        cells = (letter.id, service, letter.event_type or "", letter.order_id or "")
        colour = "yellow" if report.verdict is Verdict.WAITING else "red" if report.verdict.is_open else "green"
        said = f", said {' '.join(report.said)}" if report.said and not report.verdict.is_open else ""
        table.add_row(*(Text(cell) for cell in cells), Text(report.verdict, style=colour), Text(report.detail + said))
    return table


def reports_json(reports: Sequence[tuple[str, Report]]) -> list[dict[str, Any]]:
    """What became of each dead letter, for programs."""
    return [
        {
            "id": report.letter.id,
            "service": service,
            "order_id": report.letter.order_id,
            "event_type": report.letter.event_type,
            "became": report.verdict.value,
            "open": report.verdict.is_open,
            "detail": report.detail,
            "said": list(report.said),
        }
        for service, report in reports
    ]
