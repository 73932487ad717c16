"""The deadline watch: who runs when the deadline has passed says so, on the order's partition, until it is heard."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from quartet.azure.cosmos.records import CosmosRecords
from quartet.azure.event_hubs.client import HubPublisher
from quartet.engine.errors import OutageError
from quartet.engine.records.record import Json, Record
from quartet.events import bucket_of, from_json, new_event
from quartet.process.service import ServiceContext
from services.order.deadline import SAY_AGAIN, DeadlineWatch
from services.order.domain import Fact, Order, OrderPolicy, place
from services.order.settings import OrderSettings
from shared.events import REGISTRY, OrderCancellationRequested
from tests.cosmos_fixture import Cosmos, running_cosmos
from tests.domain.shop import NOON, order_created
from tests.runtime.fakes import QUIET

DEADLINE = timedelta(minutes=15)
LATE = NOON + DEADLINE + timedelta(seconds=3)


@dataclass
class FakeHub:
    """Keeps what is said, by partition; loses everything while it is away."""

    said: list[tuple[str, Json]] = field(default_factory=list)
    is_away: bool = False

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        if self.is_away:
            raise OutageError("the hub is away")
        self.said += [(partition, event) for event in events]


@dataclass
class Bench:
    """Orders in a real container, and a clock that the test moves."""

    cosmos: Cosmos
    orders: ContainerProxy
    hub: FakeHub = field(default_factory=FakeHub)
    now: datetime = NOON

    def watch(self, *owned: str, ahead: timedelta = timedelta()) -> DeadlineWatch:
        """A new replica, which receives these partitions; its clock may be `ahead` of the others."""
        context = ServiceContext(
            self.cosmos.settings,
            cast(DatabaseProxy, None),
            cast(HubPublisher, self.hub),
            set(owned),
            lambda: self.now + ahead,
            QUIET,
            own_settings=OrderSettings(),
        )
        return DeadlineWatch(self.orders, context)

    async def store(self, order: Order, partition: str = "2") -> None:
        record = Record(order.order_id, bucket_of(order.order_id, 16), order, {}, partition)
        await CosmosRecords(self.orders, Order, 16).commit([record])

    def asked_for(self) -> list[tuple[str, str]]:
        """The partition and the order of each request."""
        return [(partition, event["subject"]) for partition, event in self.hub.said]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with running_cosmos(tmp_path) as cosmos:
        yield Bench(cosmos, await cosmos.container("orders"))


def placed(order_id: str) -> Order:
    event = new_event(order_created(order_id), source="/shop", time=NOON)
    return place(None, event, OrderPolicy(deadline=DEADLINE)).state


async def test_nothing_is_said_before_the_deadline_and_a_request_after_it(bench: Bench) -> None:
    await bench.store(placed("o-1"))
    watch = bench.watch("2")
    await watch.look()
    assert bench.hub.said == []

    bench.now = LATE
    await watch.look()
    [(partition, said)] = bench.hub.said
    event = from_json(said, REGISTRY)
    assert isinstance(event.data, OrderCancellationRequested)
    assert (partition, event.saga_id, event.data.reason) == ("2", "o-1", "deadline")


async def test_a_replica_that_was_down_at_the_deadline_makes_up_for_it(bench: Bench) -> None:
    await bench.store(placed("o-1"))
    bench.now = LATE + timedelta(days=2)
    await bench.watch("2").look()
    assert bench.asked_for() == [("2", "o-1")]


@pytest.mark.parametrize(
    "damage", [{"deadline": "1999"}, {"partition": {}}, {"partition": None}, {"id": "not an order id"}]
)
async def test_a_document_that_cannot_be_read_costs_no_other_order_its_deadline(
    bench: Bench, damage: dict[str, object]
) -> None:
    await bench.store(placed("o-1"))
    broken = {"id": "o-0", "pk": "0", "status": "PENDING", "deadline": "2026-07-01T12:00:00Z", "partition": "2"}
    await bench.orders.create_item({**broken, **damage})
    bench.now = LATE
    await bench.watch("2").look()
    assert bench.asked_for() == [("2", "o-1")]


async def test_the_replica_that_receives_the_partition_says_it(bench: Bench) -> None:
    await bench.store(placed("o-1"), "2")
    await bench.store(placed("o-2"), "3")
    bench.now = LATE
    for watch in (bench.watch("0", "2"), bench.watch("1", "3")):
        await watch.look()
    assert bench.asked_for() == [("2", "o-1"), ("3", "o-2")]


async def test_two_that_both_think_so_say_the_same_event_also_if_their_clocks_differ(bench: Bench) -> None:
    await bench.store(placed("o-1"))
    bench.now = LATE
    for ahead in (0, 7, -2):
        await bench.watch("2", ahead=timedelta(seconds=ahead)).look()
    assert len(bench.hub.said) == 3
    assert len({event["id"] for _, event in bench.hub.said}) == 1


async def test_it_is_said_again_with_growing_pauses_until_the_order_moves(bench: Bench) -> None:
    await bench.store(placed("o-1"))
    watch = bench.watch("2")
    times = []
    for seconds in range(0, 1000, 10):
        bench.now = LATE + timedelta(seconds=seconds)
        before = len(bench.hub.said)
        await watch.look()
        times += [seconds] if len(bench.hub.said) > before else []
    first = round(SAY_AGAIN.total_seconds())
    assert times == [0, first, 3 * first, 7 * first, 15 * first]
    assert len({event["id"] for _, event in bench.hub.said}) == 1


async def test_a_request_that_the_hub_did_not_accept_is_repeated_at_the_next_look(bench: Bench) -> None:
    await bench.store(placed("o-1"))
    watch = bench.watch("2")
    bench.now, bench.hub.is_away = LATE, True
    with pytest.raises(OutageError):
        await watch.look()
    bench.hub.is_away = False
    await watch.look()
    assert bench.asked_for() == [("2", "o-1")]


@pytest.mark.parametrize("fact", [Fact.SHIPPED, Fact.NOT_SHIPPED, Fact.NOT_PAID, Fact.NOT_RESERVED])
async def test_an_order_that_has_ended_or_is_on_its_way_back_is_left_alone(bench: Bench, fact: Fact) -> None:
    order = placed("o-1")
    await bench.store(order.learn(fact, new_event(order_created("o-1"), source="/shop", time=NOON)))
    bench.now = LATE
    await bench.watch("2").look()
    assert bench.hub.said == []


async def test_an_order_that_could_not_be_opened_has_no_deadline(bench: Bench) -> None:
    """Its document has no state: only its dead letter tells of it."""
    record: Record[Order] = Record("o-1", bucket_of("o-1", 16), partition="2", parked=("2-0-abc",))
    await CosmosRecords(bench.orders, Order, 16).commit([record])
    bench.now = LATE
    await bench.watch("2").look()
    assert bench.hub.said == []
    stored = await CosmosRecords(bench.orders, Order, 16).load(["o-1"])
    assert (stored["o-1"].state, stored["o-1"].parked) == (None, ("2-0-abc",))
