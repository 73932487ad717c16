"""Two orchestrators of the shop, on emulators and a scheduler in this process, and the audit that judges them."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from azure.cosmos.exceptions import CosmosResourceNotFoundError
from durabletask.azuremanaged.client import AsyncDurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.client import OrchestrationState
from durabletask.task import ActivityContext
from quartet_emulators.durable_tasks.server import DurableTasksEmulator

from quartet.azure.cosmos.port_record import record_ports
from quartet.azure.event_hubs.client import HubPublisher
from quartet.cli.audit.finding import Violation
from quartet.cli.reading.connection import open_cosmos
from quartet.engine.failures.timeouts import stretched
from quartet.engine.records.record import Json
from quartet.events import Event, bucket_of, format_time, to_json
from quartet.process.service_context import ServiceContext
from services.operations.audit.running import run_audit
from services.operations.participants import INVENTORY, ORDER
from services.operations.publish.catalogue import Product
from services.operations.seed.seeding import provision, seed
from services.orchestrator.activities import SERVICES, open_participants, steps
from services.orchestrator.saga import RETRY, order_saga
from services.orchestrator.scheduler import Worker
from services.orchestrator.settings import OrchestratorSettings
from services.payment.service import simulated_gateway
from services.shipping.service import simulated_carrier
from shared.events import OrderCreated
from tests.both_styles.naive import NaiveActivities, naive_saga, order_in
from tests.runtime.fakes import QUIET
from tests.stack_fixture import Servers, running_stack

HUB: Final = "default"
_AGENT: Final = "quartet-tests"

Step = Callable[[Any], Coroutine[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class Twin:
    """An orchestrator that runs.

    Attributes:
        saga: the name of its orchestration.
        first: makes the input of an orchestration from the event that begins it.
    """

    servers: Servers
    client: AsyncDurableTaskSchedulerClient
    saga: str
    first: Callable[[Event[Any]], Json]

    async def begin(self, *orders: Event[Any]) -> None:
        """Begin a saga with each event, all at the same time."""
        begun = (
            self.client.schedule_new_orchestration(self.saga, input=self.first(order), instance_id=order.saga_id)
            for order in orders
        )
        await asyncio.gather(*begun)

    async def begin_late(self, event: Event[Any]) -> None:
        """Begin a saga whose deadline has passed."""
        first = {**self.first(event), "deadline": format_time(event.time)}
        await self.client.schedule_new_orchestration(self.saga, input=first, instance_id=event.saga_id)

    async def say(self, name: str, event: Event[Any]) -> None:
        """Let a running saga hear an event."""
        await self.client.raise_orchestration_event(event.saga_id, name, data=self.first(event))

    async def ended(self, *order_ids: str) -> list[OrchestrationState]:
        """How the sagas have ended."""
        wait = self.client.wait_for_orchestration_completion
        waits = (wait(order_id, timeout=round(stretched(60))) for order_id in order_ids)
        return [state for state in await asyncio.gather(*waits) if state is not None]

    async def status(self, order_id: str) -> str:
        """What the orchestration says of itself, as soon as it says that something failed."""
        async with asyncio.timeout(stretched(60)):
            while True:
                state = await self.client.get_orchestration_state(order_id)
                said = str(state.get_custom_status()) if state is not None else ""
                if "failed" in said:
                    return said
                await asyncio.sleep(0.02)  # a pause between two looks at a condition

    async def shelf(self, product: str) -> tuple[int, int, int]:
        """Available, reserved, shipped."""
        items = self.servers.cosmos.get_database_client(INVENTORY.database).get_container_client("items")
        stock = await items.read_item(product, product)
        return stock["available_quantity"], stock["reserved_quantity"], stock["shipped_quantity"]

    async def until_shelf(self, product: str, pieces: tuple[int, int, int]) -> None:
        """Wait until the shelf looks like this."""
        async with asyncio.timeout(stretched(60)):
            while True:
                if await self.shelf(product) == pieces:
                    return
                await asyncio.sleep(0.05)  # a pause between two looks at a condition

    async def ledger(self, order_id: str) -> list[str]:
        """What the outside world has done for an order: `charged`, `refunded`, `booked`, …"""
        outcomes: list[str] = []
        for database, name in (("payments", "gateway-ledger"), ("shipping", "carrier-ledger")):
            rows = (
                self.servers.cosmos.get_database_client(database)
                .get_container_client(name)
                .query_items(
                    "SELECT c.outcome FROM c WHERE c.order_id = @order",
                    parameters=[{"name": "@order", "value": order_id}],
                )
            )
            outcomes += [row["outcome"] async for row in rows]
        return sorted(outcomes)

    async def order(self, order_id: str) -> Json:
        """The order's own record."""
        orders = self.servers.cosmos.get_database_client(ORDER.database).get_container_client(ORDER.container)
        return dict(await orders.read_item(order_id, bucket_of(order_id, self.servers.settings.buckets)))

    async def until_status(self, order_id: str, status: str) -> None:
        """Wait until the order's own record says so."""
        async with asyncio.timeout(stretched(60)):
            while True:
                with contextlib.suppress(CosmosResourceNotFoundError):
                    if (await self.order(order_id))["status"] == status:
                        return
                await asyncio.sleep(0.05)  # a pause between two looks at a condition

    async def have_a_word(self, order_id: str) -> None:
        """Let the bank refund the order, and tell the saga that a person has helped."""
        await simulated_gateway(_context(self.servers, "payments")).allow_refund(order_id)
        await self.client.raise_orchestration_event(order_id, RETRY)

    async def broken(self) -> list[Violation]:
        """What the audit finds: nothing, if all is well."""
        async with open_cosmos(self.servers.settings) as cosmos:
            findings = await run_audit(cosmos, grace=timedelta(seconds=60), settle=timedelta(seconds=0.1))
        return [violation for finding in findings for violation in finding.violations]


def stock(**products: int) -> list[Product]:
    """Products, with this many pieces of each."""
    return [Product(product_id=name, name=name, quantity=quantity) for name, quantity in products.items()]


@asynccontextmanager
async def naive_twin(data_dir: Path, products: list[Product]) -> AsyncIterator[Twin]:
    """The orchestrator of the tutorials."""
    async with running_stack(data_dir) as servers, scheduler(data_dir) as address:
        await _prepare(servers, products)
        activities = NaiveActivities(
            servers.cosmos,
            simulated_gateway(_context(servers, "payments")),
            simulated_carrier(_context(servers, "shipping")),
            servers.settings.buckets,
        )
        worker = DurableTaskSchedulerWorker(
            host_address=address, taskhub=HUB, token_credential=None, secure_channel=False
        )
        worker.add_orchestrator(naive_saga)  # type: ignore[arg-type]  # the SDK's type knows no result
        for name in (name for name in dir(NaiveActivities) if not name.startswith("_")):
            if asyncio.iscoroutinefunction(step := getattr(activities, name)):
                worker.add_activity(_in_loop(name, step))
        worker.start()  # type: ignore[no-untyped-call]  # the SDK
        try:
            async with client_of(address) as client:
                yield Twin(servers, client, naive_saga.__name__, to_json)
        finally:
            await asyncio.to_thread(worker.stop)


def _in_loop(name: str, step: Step) -> Callable[[ActivityContext, Any], Any]:
    loop = asyncio.get_running_loop()

    def activity(_context: ActivityContext, event: Json) -> Any:  # noqa: ANN401 -- of any activity
        return asyncio.run_coroutine_threadsafe(step(order_in(event)), loop).result()

    activity.__name__ = name
    return activity


@asynccontextmanager
async def right_twin(data_dir: Path, products: list[Product]) -> AsyncIterator[Twin]:
    """Ours, from `services/orchestrator/`."""
    async with running_stack(data_dir) as servers, scheduler(data_dir) as address:
        await _prepare(servers, products)
        settings = OrchestratorSettings(
            durable_task_scheduler_connection_string=f"Endpoint=http://{address};TaskHub={HUB};Authentication=None"
        )
        async with open_participants(_context(servers, "orchestrator")) as participants:
            running = asyncio.create_task(Worker(settings, steps(participants)).run(stretched(10)))
            try:
                async with client_of(address) as client:
                    yield Twin(servers, client, order_saga.__name__, _first)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


def _first(event: Event[Any]) -> Json:
    data = event.data
    deadline = (data.complete_by if isinstance(data, OrderCreated) else None) or event.time + timedelta(minutes=15)
    return {"event": to_json(event), "deadline": format_time(deadline)}


@asynccontextmanager
async def scheduler(data_dir: Path) -> AsyncIterator[str]:
    """A scheduler in this process, and its address."""
    emulator = DurableTasksEmulator(data_dir)
    await emulator.start()
    try:
        yield f"{emulator.host}:{emulator.port}"
    finally:
        await emulator.stop()


@asynccontextmanager
async def client_of(address: str) -> AsyncIterator[AsyncDurableTaskSchedulerClient]:
    """A client of the scheduler."""
    client = AsyncDurableTaskSchedulerClient(
        host_address=address, taskhub=HUB, token_credential=None, secure_channel=False
    )
    try:
        yield client
    finally:
        await client.close()


async def _prepare(servers: Servers, products: list[Product]) -> None:
    async with open_cosmos(servers.settings) as cosmos:
        await provision(cosmos)
        await seed(cosmos, products)
        for service in SERVICES:
            if names := service.port_names(os.environ):
                database = cosmos.client.get_database_client(service.participant.database)
                await record_ports(database, names, QUIET)


def _context(servers: Servers, database: str) -> ServiceContext:
    return ServiceContext(
        servers.settings,
        servers.cosmos.get_database_client(database),
        HubPublisher(servers.hub),
        (),
        lambda: datetime.now(UTC),
        QUIET,
    )
