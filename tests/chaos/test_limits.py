"""Limits, through the real stack: many of one thing at the same time, and single things that are very large."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pytest
import pytest_asyncio

from quartet.cli.publish.outgoing import Outgoing, event_of
from quartet.cli.reading.connection import Cosmos, open_cosmos
from quartet.engine.failures.timeouts import stretched
from services.inventory.service import ITEMS
from services.operations.audit.running import run_audit
from services.operations.participants import INVENTORY
from services.operations.publish.catalogue import Product
from services.operations.publish.generator import generate_orders
from services.operations.publish.waiting import Outcome, wait_until_settled
from services.operations.seed.seeding import provision, seed
from services.order.domain import OrderStatus
from tests.chaos.customers import Customers
from tests.chaos.fleet import Fleet, running_fleet
from tests.chaos.verdict import GRACE, SETTLE

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTESTED: Final = Product(product_id="contested", name="Contested", quantity=400)
KINDS: Final = [Product(product_id=f"kind-{n}", name=f"Kind {n}", quantity=1_000) for n in range(50)]
LIMIT: Final = stretched(60.0)  # seconds without any progress


@dataclass(frozen=True, slots=True)
class Stand:
    """A running stack with something to sell."""

    fleet: Fleet
    cosmos: Cosmos

    async def sell(self, events: list[Outgoing]) -> dict[str, Outcome]:
        """Publish all at the same time, and wait until all orders have ended."""
        await Customers(self.fleet.settings).publish(events)
        return dict(await wait_until_settled(self.cosmos, {event.saga_id for event in events}, seconds=LIMIT))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stand(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    async with running_fleet(tmp_path_factory.mktemp("limits")) as fleet, AsyncExitStack() as stack:
        await fleet.start_emulators()
        cosmos = await stack.enter_async_context(open_cosmos(fleet.settings))
        await provision(cosmos)
        await seed(cosmos, [CONTESTED, *KINDS])
        await fleet.start_services()
        yield Stand(fleet, cosmos)


async def test_a_thousand_orders_compete_for_four_hundred_pieces(stand: Stand) -> None:
    now = datetime.now(UTC)
    orders = [
        order.model_copy(update={"items": (CONTESTED.item(1),)})
        for order in generate_orders([CONTESTED], 1_000, seed=1)
    ]
    known = await stand.sell([event_of(order, now) for order in orders])
    ends = [outcome.status for outcome in known.values()]
    assert (ends.count(OrderStatus.COMPLETED), ends.count(OrderStatus.CANCELLED)) == (400, 600)
    findings = await run_audit(stand.cosmos, grace=GRACE, settle=SETTLE)
    assert [violation for finding in findings for violation in finding.violations] == []
    shelf = await stand.cosmos.container(INVENTORY, ITEMS.name).read_item("contested", "contested")
    assert (shelf["available_quantity"], shelf["reserved_quantity"], shelf["shipped_quantity"]) == (0, 0, 400)


async def test_an_order_of_fifty_kinds(stand: Stand) -> None:
    (order,) = generate_orders(KINDS, 1, seed=2)
    large = order.model_copy(update={"items": tuple(product.item(3) for product in KINDS)})
    known = await stand.sell([event_of(large, datetime.now(UTC))])
    assert known[order.order_id].status is OrderStatus.COMPLETED


async def test_an_event_of_nearly_a_megabyte(stand: Stand) -> None:
    (order,) = generate_orders(KINDS, 1, seed=3)
    event = event_of(order, datetime.now(UTC))
    padded = {**event.event, "data": {**event.event["data"], "a_field_that_nobody_knows": "x" * 1_000_000}}
    known = await stand.sell([Outgoing(order.order_id, padded)])
    assert known[order.order_id].status is OrderStatus.COMPLETED
