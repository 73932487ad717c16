"""What really happened to stock and money, order by order."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from quartet.audit.snapshot import Snapshot
from services.inventory.cosmos_stock import HELD, SHIPPED


@dataclass(frozen=True, slots=True)
class Effects:
    """What really happened, per order.

    Attributes:
        kept: money that we have, per currency; charges less refunds.
        charges, refunds, parcels: how many there were.
        held, shipped: pieces.
    """

    kept: Mapping[str, Mapping[str, Decimal]]
    charges: Counter[str]
    refunds: Counter[str]
    parcels: Counter[str]
    held: Counter[str]
    shipped: Counter[str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Effects":
        """Count them."""
        kept: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for charge in snapshot.charges:
            kept[charge.order_id][charge.currency] += charge.amount
        for refund in snapshot.refunds:
            kept[refund.order_id][refund.currency] -= refund.amount
        held: Counter[str] = Counter()
        shipped: Counter[str] = Counter()
        for allocation in snapshot.allocations:
            if allocation.state in {HELD, SHIPPED}:
                (held if allocation.state == HELD else shipped)[allocation.order_id] += allocation.quantity
        return cls(
            kept,
            Counter(movement.order_id for movement in snapshot.charges),
            Counter(movement.order_id for movement in snapshot.refunds),
            Counter(snapshot.parcels),
            held,
            shipped,
        )

    def kept_for(self, order_id: str) -> dict[str, Decimal]:
        """The money that we have for an order, per currency; nothing is left out, not even a negative amount."""
        return {currency: amount for currency, amount in self.kept.get(order_id, {}).items() if amount != 0}

    def orders(self) -> Iterator[str]:
        """Every order for which something is held, kept or sent."""
        kept = (order_id for order_id in self.kept if self.kept_for(order_id))
        yield from dict.fromkeys([*self.held, *self.shipped, *kept, *self.parcels])
