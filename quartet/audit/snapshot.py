"""What the invariants speak of: a few fields of every document, and nothing else."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from services.inventory.domain import ReservationStatus
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
class OrderRow:
    """An order as the order service sees it.

    Attributes:
        placed: whether its OrderCreated has been heard; without it, the saga cannot have ended.
        pieces: how many pieces were ordered, of all products together.
    """

    status: OrderStatus
    placed: bool
    total: Decimal = Decimal(0)
    currency: str = ""
    pieces: int = 0
    deadline: datetime | None = None


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
        parcels: the orders of the carrier's bookings; an order that was booked twice stands there twice.
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
