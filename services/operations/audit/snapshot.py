"""The input of the invariants: a few fields of every document, and nothing else."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from quartet.cli.reading.stored import Unparsed
from services.inventory.domain import ReservationStatus
from services.operations.audit.amounts import exact_sum, times
from services.order.domain import OrderStatus
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus


@dataclass(frozen=True, slots=True)
class Stock:
    """A product's stock document, in pieces. `seeded` is all that ever came in."""

    available: int
    reserved: int
    shipped: int
    seeded: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one order has of one product; `state` is held, refused, released or shipped."""

    product_id: str
    order_id: str
    quantity: int
    state: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line: a product, its quantity and its price. A product may be in several lines."""

    product_id: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as the order service sees it.

    Attributes:
        placed: whether its OrderCreated has been heard; without it, the saga cannot have ended.
        total: the total in the order service's record; None if it has none.
        lines: the order's lines.
    """

    status: OrderStatus
    placed: bool
    total: Decimal | None = None
    currency: str = ""
    lines: tuple[OrderLine, ...] = ()
    deadline: datetime | None = None

    @property
    def cost(self) -> Decimal:
        """The exact cost of the lines. The audit trusts no stored total."""
        return exact_sum(times(line.quantity, line.unit_price) for line in self.lines)

    @property
    def pieces(self) -> int:
        """How many pieces were ordered, of all products together."""
        return self.by_product.total()

    @property
    def by_product(self) -> Counter[str]:
        """How many pieces of each product were ordered."""
        ordered: Counter[str] = Counter()
        for line in self.lines:
            ordered[line.product_id] += line.quantity
        return ordered


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that the gateway has really moved, once."""

    order_id: str
    amount: Decimal
    currency: str


@dataclass(slots=True)
class Snapshot:
    """All that the audit looks at. Mappings are by order id, `stock` is by product id.

    Attributes:
        at: when it was taken.
        charges, refunds: the gateway's ledger.
        parcels: the orders of the carrier's bookings; an order that was booked twice is listed twice.
        unparsed: every stored document that could not be read.
        unread: by service, the orders whose record cannot be read.
    """

    at: datetime
    stock: dict[str, Stock] = field(default_factory=dict)
    allocations: list[Allocation] = field(default_factory=list)
    orders: dict[str, OrderRow] = field(default_factory=dict)
    reservations: dict[str, ReservationStatus] = field(default_factory=dict)
    payments: dict[str, PaymentStatus] = field(default_factory=dict)
    shipments: dict[str, ShipmentStatus] = field(default_factory=dict)
    charges: list[Movement] = field(default_factory=list)
    refunds: list[Movement] = field(default_factory=list)
    parcels: list[str] = field(default_factory=list)
    unparsed: tuple[Unparsed, ...] = ()
    unread: dict[str, frozenset[str]] = field(default_factory=dict)

    def is_unread(self, service: str, order_id: str) -> bool:
        """Whether a service's record of an order is unreadable."""
        return order_id in self.unread.get(service, ())
