"""How orders have ended, for people and for programs."""

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.table import Table
from rich.text import Text

from quartet.waiting import Outcome


def outcome_table(known: Mapping[str, Outcome]) -> Table:
    """One row per order."""
    table = Table()
    for heading in ("order", "status", "because of"):
        table.add_column(heading, overflow="fold")
    for order_id, outcome in sorted(known.items()):
        table.add_row(Text(order_id), Text(outcome.status), Text(outcome.reason))
    return table


def outcome_counts(outcomes: Iterable[Outcome]) -> str:
    """How many ended how: `40 COMPLETED, 3 CANCELLED (out_of_stock)`."""
    counts = outcomes if isinstance(outcomes, Counter) else Counter(outcomes)
    return ", ".join(
        f"{count} {outcome.status}" + (f" ({outcome.reason})" if outcome.reason else "")
        for outcome, count in sorted(counts.items(), key=lambda item: (item[0].status, item[0].reason))
    )


def outcomes_json(known: Mapping[str, Outcome]) -> dict[str, dict[str, str]]:
    """By order id."""
    return {
        order_id: {"status": outcome.status.value, "reason": outcome.reason}
        for order_id, outcome in sorted(known.items())
    }
