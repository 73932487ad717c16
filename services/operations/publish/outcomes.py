"""How orders have ended, for people and for programs."""

from collections import Counter
from collections.abc import Iterable, Mapping

from quartet.printable import printable
from quartet.terminal.listing import Listing
from services.operations.publish.waiting import Outcome


def outcome_listing(known: Mapping[str, Outcome]) -> Listing:
    """One row per order."""
    listing = Listing("order", "status", "because of")
    for order_id, outcome in sorted(known.items()):
        listing.add(order_id, outcome.status, outcome.reason)
    return listing


def outcome_counts(outcomes: Iterable[Outcome]) -> str:
    """How many ended how: `40 COMPLETED, 3 CANCELLED (out_of_stock)`."""
    counts = outcomes if isinstance(outcomes, Counter) else Counter(outcomes)
    return ", ".join(
        f"{count} {outcome.status}" + (f" ({printable(outcome.reason)})" if outcome.reason else "")
        for outcome, count in sorted(counts.items(), key=lambda item: (item[0].status, item[0].reason))
    )


def outcomes_json(known: Mapping[str, Outcome]) -> dict[str, dict[str, str]]:
    """By order id."""
    return {
        order_id: {"status": outcome.status.value, "reason": outcome.reason}
        for order_id, outcome in sorted(known.items())
    }
