"""A run as data: what is ordered, when, and what goes wrong. The same plan gives the same run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

from shared.events import OrderCancellationRequested, OrderCreated, bucket_of, encode, new_event, to_json
from tests.simulation.faults import BLOB, COSMOS, HUB, ON_RECEIVE, ON_REQUEST, TIMED, Fault
from tests.simulation.replica import EPOCH

SERVICES = ("order", "inventory", "payment", "shipping")
BUCKETS = 4
_PRICES = {"lamp": "24.50", "teacup": "3.10", "kettle": "39.00", "spoon": "1.25", "tray": "12.00", "unicorn": "999.99"}


@dataclass(frozen=True, slots=True)
class Publication:
    """Something that a customer, or somebody who knows no better, sends to the hub.

    Attributes:
        at: seconds.
        what: `order`, `duplicate`, `conflict`, `cancellation` or `garbage`.
        order_id: whom it is about.
        key: the partition key.
        body: the bytes.
    """

    at: float
    what: str
    order_id: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        seed: decides everything that the plan does not: delays, order, sizes of batches.
        publications: what is sent.
        faults: what goes wrong.
        stock: pieces of each product.
        replicas: of each service.
        skews: seconds by which clocks are ahead, by replica.
        until: seconds after which nothing goes wrong any more.
        deadline: seconds that an order may take.
        room: events that fit into one send.
        pace: how many times slower than usual everything is that is done at intervals.
    """

    seed: int
    publications: tuple[Publication, ...]
    faults: tuple[Fault, ...] = ()
    stock: Mapping[str, int] = field(default_factory=dict)
    replicas: int = 2
    partitions: int = 3
    skews: Mapping[str, float] = field(default_factory=dict)
    until: float = 60.0
    deadline: float = 90.0
    room: int = 1000
    pace: float = 1.0

    @property
    def order_ids(self) -> list[str]:
        """Every order id, in order of first mention."""
        return list(dict.fromkeys(one.order_id for one in self.publications))

    def names(self) -> list[str]:
        """The replicas."""
        return [f"{service}-{number}" for service in SERVICES for number in range(1, self.replicas + 1)]


def make_plan(seed: int) -> Plan:
    """The plan of this seed: some orders, and some faults for each of them."""
    random = Random(seed)
    orders = random.choice((3, 10, 20, 30, 40))
    intensity = random.choice((0.5, 1.0, 1.5, 2.0, 4.0))
    long = random.random() < 0.04
    until = random.uniform(3, 5) * 3600 if long else random.uniform(20, 60)
    placed = 60.0 if long else 0.7 * until
    plan = Plan(
        seed=seed,
        publications=tuple(
            one for number in range(orders) for one in _order(random, f"o{seed}-{number}", random.uniform(0.5, placed))
        ),
        stock=dict.fromkeys(_PRICES, 6 * orders) | {"kettle": random.randint(0, orders), "unicorn": 1},
        replicas=random.choice((1, 2, 2, 3)),
        partitions=random.choice((1, 2, 4)),
        until=until,
        room=random.choice((1, 2, 5, 1000)),
        pace=60.0 if long else random.choice((1.0, 2.0)),
    )
    faults = _faults(random, plan, max(1, round(intensity * orders)), 80.0 if long else 0.9 * until)
    if long:
        # Somebody is stopped for hours, in the middle of something, and then goes on as if nothing had happened.
        stopped = [Fault("pause after", name, COSMOS, at=random.uniform(0, 40), seconds=9000) for name in plan.names()]
        faults += tuple(random.sample(stopped, max(1, len(stopped) // 3)))
    return replace(plan, faults=faults, skews={name: random.uniform(-3, 3) for name in plan.names()})


def _order(random: Random, order_id: str, at: float) -> list[Publication]:
    """An order, and what else is sent about it."""
    key = bucket_of(order_id, BUCKETS) if random.random() < 0.7 else order_id
    data = _order_data(random, order_id, at)
    sent = [publication(at, "order", key, data, f"{order_id}-created")]
    if random.random() < 0.1:
        later = at + random.expovariate(0.3)
        other_key = key if random.random() < 0.5 else order_id
        sent.append(publication(later, "duplicate", other_key, data, f"{order_id}-again"))
    if random.random() < 0.12:
        other = OrderCreated.model_validate(data.model_dump() | {"items": _items(random)})
        if other != data:
            sent.append(
                publication(
                    at + random.expovariate(0.3), "conflict", random.choice((key, order_id)), other, f"{order_id}-other"
                )
            )
    for number in range(random.choice((0, 0, 0, 0, 1, 1, 2))):
        # Most of them while the order is on its way, some before it was placed and some when it has long ended.
        when = max(0.1, at + random.choice((random.uniform(0, 0.6), random.uniform(-1, 5))))
        other_key = key if random.random() < 0.6 else order_id
        request = OrderCancellationRequested(order_id=order_id, reason="customer")
        sent.append(publication(when, "cancellation", other_key, request, f"{order_id}-cancel-{number}"))
    if random.random() < 0.06:
        sent.append(Publication(at, "garbage", order_id, key, _garbage(random, sent[0].body)))
    return sent


def publication(
    at: float, what: str, key: str, data: OrderCreated | OrderCancellationRequested, event_id: str
) -> Publication:
    """An event, ready to be sent."""
    event = new_event(data, source="/shop", time=EPOCH, id=event_id)
    return Publication(at, what, data.order_id, key, encode(to_json(event)))


def _order_data(random: Random, order_id: str, at: float) -> OrderCreated:
    method = random.choices(("tok_visa", "tok_declined", "tok_flaky", "tok_refund_fails"), (70, 10, 12, 8))[0]
    fields: dict[str, object] = {
        "order_id": order_id,
        "customer_id": "jane",
        "currency": "GBP",
        "items": _items(random),
        "payment_method": method,
        "shipping_address": {
            "recipient": "Jane Marple",
            "street": "Danemead, High Street",
            "city": "St Mary Mead",
            "postal_code": "SM1 1MM",
            "country": "AQ" if random.random() < 0.15 else "GB",
        },
    }
    if random.random() < 0.1:
        fields["complete_by"] = EPOCH + timedelta(seconds=at + random.uniform(0, 15))
    return OrderCreated.model_validate(fields)


def _items(random: Random) -> tuple[Any, ...]:
    products = random.sample(sorted(_PRICES), random.choice((1, 1, 2, 3)))
    lines = [{"product_id": name, "quantity": random.randint(1, 3), "unit_price": _PRICES[name]} for name in products]
    return tuple(lines)


def _garbage(random: Random, body: bytes) -> bytes:
    event = json.loads(body)
    event["id"] += "-garbage"
    match random.choice(("not json", "no envelope", "unknown type", "invalid data")):
        case "not json":
            return b"\xff\x00 no json at all"
        case "no envelope":
            return json.dumps(event["data"]).encode()
        case "unknown type":
            event["type"] = "OrderTeleported.v1"
        case _:
            event["data"]["items"] = []
    return json.dumps(event).encode()


def _faults(random: Random, plan: Plan, count: int, until: float) -> tuple[Fault, ...]:
    return tuple(_fault(random, plan, random.uniform(0, until)) for _ in range(count))


def _fault(random: Random, plan: Plan, at: float) -> Fault:
    who = random.choice(plan.names())
    seconds = random.choice((0.2, 1.0, 4.0, 12.0, 30.0))
    amount = random.randint(1, 20)
    sort = random.choices((COSMOS, HUB, BLOB, "receive", "timed"), (40, 20, 6, 15, 19))[0]
    if sort == "receive":
        return Fault(random.choice(ON_RECEIVE), who, at=at, amount=amount)
    if sort == "timed":
        return Fault(random.choice(TIMED), who, at=at, seconds=seconds, amount=random.randint(1, 12))
    return Fault(random.choice(ON_REQUEST[sort]), who, sort, at=at, seconds=seconds, amount=amount)
