"""A run as data: what is ordered, when, and what goes wrong. The same plan gives the same run."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from quartet.engine.declaration.hubs import LAYOUTS, Layout
from quartet.events import bucket_of
from quartet.testing.cluster.plan.faults import COSMOS, ProcessFault
from quartet.testing.cluster.plan.plan import BUCKETS, EPOCH, ClusterPlan
from quartet.testing.cluster.plan.scale import SCALES
from quartet.testing.cluster.proof.drawing import draw_faults
from tests.simulation import content
from tests.simulation.content import PRICES, Json, Wire, cloud_event
from tests.simulation.forgery import forged
from tests.simulation.garbage import ALL, garbage
from tests.simulation.publication import Publication
from tests.simulation.saga import SERVICES


@dataclass(frozen=True, slots=True)
class Plan(ClusterPlan):
    """One run of the shop.

    Attributes:
        publications: what is sent.
        stock: pieces of each product.
        deadline: seconds that an order may take.
    """

    publications: Sequence[Publication] = ()
    stock: Mapping[str, int] = field(default_factory=dict)
    deadline: float = 90.0

    @property
    def order_ids(self) -> list[str]:
        """Every order id, in order of first mention."""
        return list(dict.fromkeys(one.order_id for one in self.publications))

    def names(self) -> list[str]:
        """The replicas."""
        return self.processes_of(SERVICES)


def make_plan(seed: int) -> Plan:
    """The plan of this seed: some orders, and some faults for each of them."""
    random = Random(seed)
    orders = random.choice((3, 10, 20, 30, 40))
    intensity = random.choice((0.5, 1.0, 1.5, 2.0, 4.0))
    long = random.random() < 0.04
    until = random.uniform(3, 5) * 3600 if long else random.uniform(20, 60)
    placed = 60.0 if long else 0.7 * until
    shops = Shops(random)
    layout = LAYOUTS[seed % len(LAYOUTS)]
    plan = Plan(
        seed=seed,
        publications=tuple(
            one
            for number in range(orders)
            for one in _order(random, shops, layout, _order_id(random, seed, number), random.uniform(0.5, placed))
        ),
        stock=dict.fromkeys((*PRICES, "Lamp"), 6 * orders) | {"kettle": random.randint(0, orders), "unicorn": 1},
        replicas=random.choice((1, 2, 2, 3)),
        partitions=random.choice((1, 2, 4)),
        until=until,
        room=random.choice((1, 2, 5, 1000)),
        pace=60.0 if long else random.choice((1.0, 2.0)),
        scale=random.choice(SCALES),
        layout=layout,
    )
    count = max(1, round(intensity * orders))
    faults = draw_faults(random, plan.names(), count, 80.0 if long else 0.9 * until)
    if long:
        # Somebody is stopped for hours, in the middle of something, and then goes on as if nothing had happened.
        stopped = [
            ProcessFault("pause after", name, COSMOS, at=random.uniform(0, 40), seconds=9000) for name in plan.names()
        ]
        faults += tuple(random.sample(stopped, max(1, len(stopped) // 3)))
    return replace(plan, faults=faults, skews={name: random.uniform(-3, 3) for name in plan.names()})


def _order_id(random: Random, seed: int, number: int) -> str:
    """Some differ from another one only by capitals."""
    return f"O{seed}-{number - 1}" if number and random.random() < 0.05 else f"o{seed}-{number}"


class Shops:
    """Those who publish. Each counts its events from 1, so an id alone says nothing."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._events: Counter[str] = Counter()

    def choose(self) -> str:
        """A shop for one order and all that is sent about it."""
        return content.source(self._random)

    def event(self, kind: str, data: Json, source: str) -> Json:
        """The next event of a shop."""
        self._events[source] += 1
        return event_of(kind, data, source, str(self._events[source]))


def _order(random: Random, shops: Shops, layout: Layout, order_id: str, at: float) -> list[Publication]:
    """An order, and what else is sent about it."""
    key = bucket_of(order_id, BUCKETS) if random.random() < 0.7 else order_id
    data = content.order_data(random, order_id)
    if random.random() < 0.1:
        data["complete_by"] = (EPOCH + timedelta(seconds=at + random.uniform(0, 15))).isoformat()
    shop = shops.choose()

    def send(when: float, what: str, to: str, kind: str, body: Json) -> Publication:
        return publication(when, what, to, shops.event(kind, body, shop), lambda event: content.wire(random, event))

    def other_key() -> str:
        return random.choice((key, order_id))

    placed: Json = shops.event("OrderCreated.v1", data, shop)
    sent = [publication(at, "order", key, placed, lambda event: content.wire(random, event))]
    if random.random() < 0.1:
        sent.append(send(at + random.expovariate(0.3), "duplicate", other_key(), "OrderCreated.v1", data))
    if random.random() < 0.12:
        other = data | {"items": content.items(random, data["currency"])}
        if not content.is_same_order(other, data):
            sent.append(send(at + random.expovariate(0.3), "conflict", other_key(), "OrderCreated.v1", other))
    for _ in range(random.choice((0, 0, 0, 0, 1, 1, 2))):
        # Most of them while the order is on its way, some before it was placed and some when it has long ended.
        when = max(0.1, at + random.choice((random.uniform(0, 0.6), random.uniform(-1, 5))))
        request = {"order_id": order_id, "reason": "customer"}
        sent.append(send(when, "cancellation", other_key(), "OrderCancellationRequested.v1", request))
        if random.random() < 0.3:
            # Somebody else numbers events, too: this one has the id of the order's.
            event = event_of("OrderCancellationRequested.v1", request, f"/callcentre/{shop}", placed["id"])
            sent.append(publication(when + 0.1, "cancellation", other_key(), event))
    for _ in range(random.choices((0, 1, 2), (85, 10, 5))[0]):
        (body, content_type, properties), odd, kept_by = garbage(
            random, layout, shops.event("OrderCreated.v1", data, shop)
        )
        when = max(0.1, at + random.uniform(-0.5, 1.5))
        sent.append(Publication(when, "garbage", order_id, other_key(), body, content_type, properties, odd, kept_by))
    if random.random() < 0.2:
        when = max(0.1, at + random.uniform(-0.5, 5))
        event = forged(random, layout, placed)
        sent.append(replace(publication(when, "forgery", other_key(), event), kept_by=ALL))
    return sent


def event_of(kind: str, data: Json, source: str, event_id: str) -> Json:
    """An event of a customer."""
    return cloud_event(kind, data, source=source, event_id=event_id, time=EPOCH.isoformat())


def publication(
    at: float, what: str, key: str, event: Json, write: Callable[[Json], Wire] = content.structured
) -> Publication:
    """An event, ready to be sent."""
    body, content_type, properties = write(event)
    return Publication(at, what, event["subject"], key, body, content_type, properties, event)
