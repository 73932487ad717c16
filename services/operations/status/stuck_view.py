"""Orders that do not end, for people and for programs."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group

from quartet.cli.lag.lag import Standstill, standstill_json, standstill_lines
from quartet.cli.reading.stored import unparsed_json
from quartet.events import format_time
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing, Unbroken
from services.operations.status.stuck import Stuck, owed_by
from services.operations.status.stuck_reading import StuckReport


def stuck_view(report: StuckReport, standstill: Standstill) -> Group:
    """For people: what is stalled, and one row per event that an order waits for."""
    parts: list[Listing | Unbroken] = [Unbroken(cell(line, style="red")) for line in standstill_lines(standstill)]
    if report.orders:
        parts.append(_listing(report.orders))
    elif standstill.is_well and not report.unparsed:
        parts.append(Unbroken("every order has ended, or has time left"))
    if report.other_letters:
        parts.append(
            Unbroken(f"{report.other_letters} open dead letters belong to no order: see quartet dead-letters list")
        )
    return Group(*parts)


def _listing(orders: Sequence[Stuck]) -> Listing:
    listing = Listing(
        "order", "status", "deadline", "because", "owed by", "event", title="Orders that make no progress"
    )
    for order in orders:
        status = f"{order.status or 'not opened'}" + (f" ({order.reason})" if order.reason else "")
        deadline = format_time(order.deadline) if order.deadline else ""
        first = (cell(order.order_id), cell(status), cell(deadline), cell(*order.because))
        owed = [
            (f"{owes.service}: {owes.why}", " or ".join(one.type for one in owes.events)) for owes in owed_by(order)
        ]
        for who, events in owed or [("", "")]:
            listing.add(*first, who, events)
            first = (cell(), cell(), cell(), cell())
    return listing


def stuck_json(report: StuckReport, standstill: Standstill | None) -> dict[str, Any]:
    """For programs; what is not known of the partitions and services is null."""
    known = standstill_json(standstill) if standstill is not None else {"partitions": None, "not_running": None}
    return {
        "orders": [_order_json(order) for order in report.orders],
        **known,
        "other_dead_letters": report.other_letters,
        "unreadable": unparsed_json(report.unparsed),
    }


def _order_json(order: Stuck) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "status": order.status,
        "reason": order.reason,
        "deadline": format_time(order.deadline) if order.deadline else None,
        "because": list(order.because),
        "owes": [
            {
                "service": owes.service,
                "events": [event.type for event in owes.events],
                "why": owes.why,
                "dead_letters": [{"id": letter.id, "reason": letter.reason} for letter in owes.letters],
            }
            for owes in owed_by(order)
        ],
    }
