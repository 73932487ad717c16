"""What is published: orders of every kind, with what may become of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from quartet.cli.publish.outgoing import Outgoing, event_of
from quartet.events import partition_of
from services.operations.publish.catalogue import Product
from services.operations.publish.generator import generate_orders
from services.operations.publish.orders import cancellation_event
from services.order.domain import OrderStatus
from shared.events import OrderCreated
from tests.hubs import SHOP_PARTITIONS

CATALOGUE: Final = [
    Product(product_id=f"product-{number}", name=f"Product {number}", quantity=100_000) for number in range(20)
]
SOLD_OUT: Final = Product(product_id="sold-out", name="Sold out", quantity=0)
SCARCE: Final = Product(product_id="scarce", name="Scarce", quantity=60)

_EITHER: Final = frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED})
_COMPLETED: Final = frozenset({OrderStatus.COMPLETED})
_CANCELLED: Final = frozenset({OrderStatus.CANCELLED})
_LONGEST_CHANGE_OF_MIND: Final = 3.0  # seconds
_LONGEST_DEADLINE: Final = 4.0  # seconds


@dataclass(frozen=True, slots=True)
class Sending:
    """Something to publish.

    Attributes:
        due: seconds after the start.
    """

    due: float
    event: Outgoing


@dataclass(frozen=True, slots=True)
class Expected:
    """How an order may end, and why."""

    kind: str
    ends: frozenset[OrderStatus]


@dataclass(frozen=True, slots=True)
class Workload:
    """All that is published, by time, and what is to come of it, by order id."""

    sendings: Sequence[Sending]
    expected: dict[str, Expected]


# What can be wrong with an order, how many in a hundred are so, and how it then may end. The rest is plain.
_KINDS: Final[Sequence[tuple[str, int, frozenset[OrderStatus]]]] = (
    ("sold out", 5, _CANCELLED),
    ("scarce", 3, _EITHER),
    ("declined", 4, _CANCELLED),
    ("flaky payment", 3, _COMPLETED),
    ("not served", 3, _CANCELLED),
    ("cancelled", 5, _EITHER),
    ("cancelled before", 1, _CANCELLED),
    ("tight deadline", 3, _EITHER),
    ("published twice", 3, _COMPLETED),
)


def make_workload(orders: int, seconds: float, seed: int) -> Workload:
    """This many orders spread over this many seconds; the same ones for the same seed, except for their times."""
    random = Random(seed)
    start = datetime.now(UTC)
    sendings: list[Sending] = []
    expected: dict[str, Expected] = {}
    for order in generate_orders(CATALOGUE, orders, seed):
        kind, ends = _draw(random)
        due = random.uniform(0, seconds)
        sendings += _sendings(_spoilt(order, kind, start + timedelta(seconds=due), random), kind, due, random)
        expected[order.order_id] = Expected(kind, ends)
    return Workload(sorted(sendings, key=lambda sending: sending.due), expected)


def probes(round_: int, seed: int) -> list[OrderCreated]:
    """Plain orders, one for each partition of the hub."""
    found: dict[str, OrderCreated] = {}
    (order,) = generate_orders(CATALOGUE, 1, seed)
    for number in range(1_000):
        order_id = f"probe-{seed}-{round_}-{number}"
        partition = partition_of(order_id, SHOP_PARTITIONS)
        found.setdefault(partition, order.model_copy(update={"order_id": order_id}))
        if len(found) == len(SHOP_PARTITIONS):
            return list(found.values())
    raise AssertionError("a thousand orders do not reach all partitions")


def _draw(random: Random) -> tuple[str, frozenset[OrderStatus]]:
    point = random.uniform(0, 100)
    for kind, share, ends in _KINDS:
        if point < share:
            return kind, ends
        point -= share
    return "plain", _COMPLETED


def _spoilt(order: OrderCreated, kind: str, due: datetime, random: Random) -> OrderCreated:
    changes: dict[str, object] = {}
    if kind in ("sold out", "scarce"):
        product = SOLD_OUT if kind == "sold out" else SCARCE
        changes["items"] = (*order.items, product.item(1))
    elif kind == "declined":
        changes["payment_method"] = "tok_declined"
    elif kind == "flaky payment":
        changes["payment_method"] = "tok_flaky"
    elif kind == "not served":
        changes["shipping_address"] = order.shipping_address.model_copy(update={"country": "AQ"})
    elif kind == "tight deadline":
        changes["complete_by"] = due + timedelta(seconds=random.uniform(0, _LONGEST_DEADLINE))
    return OrderCreated.model_validate(order.model_dump() | changes)


def _sendings(order: OrderCreated, kind: str, due: float, random: Random) -> Iterator[Sending]:
    now = datetime.now(UTC)
    event = event_of(order, now)
    yield Sending(due, event)
    later = due + random.uniform(0, _LONGEST_CHANGE_OF_MIND)
    if kind == "cancelled":
        yield Sending(later, cancellation_event(order.order_id, "changed my mind", now))
    elif kind == "cancelled before":
        yield Sending(due - 0.001, cancellation_event(order.order_id, "changed my mind", now))
    elif kind == "published twice":
        yield Sending(later, event)
