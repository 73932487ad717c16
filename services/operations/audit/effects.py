"""What really happened to stock and money, order by order."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.inventory.cosmos_stock import HELD, SHIPPED
from services.operations.audit.amounts import exact_sum
from services.operations.audit.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Effects:
    """What really happened, per order.

    Attributes:
        kept: money that we have, per currency; charges less refunds.
        charges, refunds, parcels: how many there were.
        held, shipped: pieces, per product.
    """

    kept: Mapping[str, Mapping[str, Decimal]]
    charges: Counter[str]
    refunds: Counter[str]
    parcels: Counter[str]
    held: Mapping[str, Counter[str]]
    shipped: Mapping[str, Counter[str]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Effects":
        """Count them."""
        kept: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for sign, movements in ((1, snapshot.charges), (-1, snapshot.refunds)):
            for movement in movements:
                of_order = kept[movement.order_id]
                of_order[movement.currency] = exact_sum((of_order[movement.currency], sign * movement.amount))
        held: defaultdict[str, Counter[str]] = defaultdict(Counter)
        shipped: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for allocation in snapshot.allocations:
            if allocation.state in {HELD, SHIPPED}:
                pieces = held if allocation.state == HELD else shipped
                pieces[allocation.order_id][allocation.product_id] += allocation.quantity
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

    def held_for(self, order_id: str) -> int:
        """How many pieces an order holds, of all products together."""
        return self.held.get(order_id, Counter()).total()

    def shipped_to(self, order_id: str) -> Counter[str]:
        """How many pieces of each product have left the warehouse for an order."""
        return self.shipped.get(order_id, Counter())

    def orders(self) -> Iterator[str]:
        """Every order for which something is held, kept or sent."""
        kept = (order_id for order_id in self.kept if self.kept_for(order_id))
        yield from dict.fromkeys([*self.held, *self.shipped, *kept, *self.parcels])
