"""A whole stack in real processes, and what a test wants to know of it."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, producer_client
from quartet.azure.event_hubs.deployed_hubs import settings_on
from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import Layout
from quartet.engine.failures.timeouts import stretched
from quartet.engine.records.record import Json
from quartet.events import Event, EventData, bucket_of, new_event, partition_of, to_json
from quartet.local.hub_config import hubs_config, readers_of
from quartet.local.stack import settings_flags
from quartet.local.supervisor import Process, Supervisor
from services.operations.participants import SIMULATED_PORTS
from services.shop import SHOP
from shared.events import OrderCancellationRequested, OrderCreated
from tests.hubs import SHOP_HUB, SHOP_PARTITIONS

SERVICES = ("order", "inventory", "payment", "shipping")
MAIN_CONTAINERS = {
    "orders": "orders",
    "inventory": "reservations",
    "payments": "payments",
    "shipping": "shipments",
}
# How long anything may take here before a test calls it lost. Nothing waits this long when all is well.
LIMIT = stretched(60.0)


def _is_ready(service: str, who: str, line: str) -> bool:
    return who.split("-", maxsplit=1)[0] == service and "ready" in line


@dataclass(slots=True)
class Logs:
    """What the processes have said, line by line."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def of(self, name: str) -> list[str]:
        """The lines of one service, all its replicas."""
        return [line for who, line in self.lines if who.split("-")[0] == name]

    def owners(self) -> dict[tuple[str, str, str], set[str]]:
        """The replicas that receive now, by service, hub (empty for the main one) and partition."""
        found: dict[tuple[str, str, str], set[str]] = {}
        for who, line in self.lines:
            if re.search('"event": "partition (opened|closed)"', line):
                told = json.loads(line)
                replicas = found.setdefault((told["service"], told.get("hub", ""), told["partition"]), set())
                (replicas.add if told["event"] == "partition opened" else replicas.discard)(who)
        return found

    async def until_shared_out(self, services: int = 4, partitions: int = 4, replicas: int = 2) -> None:
        """Every partition has one owner, and each replica of a service its share of those of each hub.

        With several hubs, a service counts once for each that it reads. Before that, a partition that changes its owner
        may be read twice: events are said again.
        """
        deadline = time.monotonic() + LIMIT
        while True:
            owners = self.owners()
            sizes = Counter((who, hub) for (_, hub, _), found in owners.items() for who in found)
            all_owned_once = len(owners) == sizes.total() == partitions * services
            if all_owned_once and set(sizes.values()) == {partitions // replicas}:
                return
            assert time.monotonic() < deadline, owners
            await asyncio.sleep(0.1)  # a pause between two looks at a condition

    async def until_ready(self) -> None:
        """Each service has said that it is ready."""
        for service in SERVICES:
            await self.until(partial(_is_ready, service))

    async def until(self, condition: Callable[[str, str], bool]) -> tuple[str, str]:
        """The first line that fulfils the condition, also one that was said before."""
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            for name, line in list(self.lines):
                if condition(name, line):
                    return name, line
            await asyncio.sleep(0.05)  # a pause between two looks at a condition
        tail = "\n".join(f"{name}: {line}" for name, line in self.lines[-80:])
        raise AssertionError(f"waited {LIMIT:.0f} s for a log line\n{tail}")


@dataclass(slots=True)
class Shop:
    """A running stack with two replicas of each service."""

    data_dir: Path
    supervisor: Supervisor
    logs: Logs
    environment: dict[str, str]
    client: CosmosClient
    publisher: HubPublisher

    def container(self, database: str, name: str | None = None) -> ContainerProxy:
        """A container; without a name, the one with the service's orders."""
        return self.client.get_database_client(database).get_container_client(name or MAIN_CONTAINERS[database])

    async def stock(self, **products: int) -> None:
        """Put products on the shelf."""
        for product, quantity in products.items():
            await self.container("inventory", "items").upsert_item(  # a create that is repeated would find itself
                {
                    "id": product,
                    "product_id": product,
                    "seeded_quantity": quantity,
                    "available_quantity": quantity,
                    "reserved_quantity": 0,
                    "shipped_quantity": 0,
                }
            )

    async def shelf(self, product: str) -> tuple[int, int, int]:
        """Available, reserved, shipped."""
        document = await self.container("inventory", "items").read_item(product, product)
        return document["available_quantity"], document["reserved_quantity"], document["shipped_quantity"]

    async def publish(self, *events: Event[EventData]) -> None:
        """Publish, each order's events to its partition, in the order given."""
        for event in events:
            await self.publish_for(event.saga_id, to_json(event))

    async def publish_for(self, order_id: str, document: Json) -> None:
        """Publish anything to the partition of an order."""
        await self.publisher.publish(partition_of(order_id, SHOP_PARTITIONS), [document])

    async def document(self, database: str, order_id: str, container: str | None = None) -> Json | None:
        """What a service has stored about an order."""
        try:
            found = await self.container(database, container).read_item(order_id, bucket_of(order_id, 16))
        except CosmosResourceNotFoundError:
            return None
        return dict(found)

    async def until(self, order_id: str, status: str) -> Json:
        """The order's document, as soon as it has this status."""
        return await self._wait(
            f"order {order_id} to be {status}",
            lambda document: document is not None and document.get("status") == status,
            "orders",
            order_id,
        )

    async def until_stored(self, database: str, order_id: str, condition: Callable[[Json], bool]) -> Json:
        """A service's document of an order, as soon as it fulfils the condition."""
        return await self._wait(
            f"{database} to store {order_id} as expected",
            lambda document: document is not None and condition(document),
            database,
            order_id,
        )

    async def until_letters(self, database: str, condition: Callable[[Json], bool], count: int = 1) -> list[Json]:
        """The dead letters of a service that fulfil the condition, as soon as there are this many.

        That an order which came after them has ended proves nothing: on a busy machine, a batch that waits for the
        store lets the partition continue.
        """
        deadline = time.monotonic() + LIMIT
        while True:
            rows = [dict(row) async for row in self.container(database, "dead-letters").read_all_items()]
            found = [row for row in rows if condition(row)]
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, f"{database} has {len(found)} of {count} dead letters: {rows}"
            await asyncio.sleep(0.05)  # a pause between two looks at a condition

    async def _wait(self, what: str, condition: Callable[[Json | None], bool], database: str, order_id: str) -> Json:
        deadline = time.monotonic() + LIMIT
        while True:
            document = await self.document(database, order_id)
            if condition(document):
                assert document is not None
                return document
            if time.monotonic() > deadline:
                tail = "\n".join(f"{name}: {line}" for name, line in self.logs.lines if order_id in line)
                raise AssertionError(f"waited {LIMIT:.0f} s for {what}; it is {document}\n{tail}")
            await asyncio.sleep(0.05)  # a pause between two looks at a condition

    async def until_logged(self, condition: Callable[[str, str], bool]) -> tuple[str, str]:
        """The first line that fulfils the condition, also one that was said before."""
        return await self.logs.until(condition)

    async def rows(self, database: str, container: str, order_id: str) -> list[Json]:
        """Every document of a container that is about an order."""
        query = self.container(database, container).query_items(
            "SELECT * FROM c WHERE c.order_id = @order OR c.saga_id = @order",
            parameters=[{"name": "@order", "value": order_id}],
        )
        return [dict(row) async for row in query]

    async def ledger(self, order_id: str) -> list[str]:
        """What the outside world has done for an order: `charged`, `refunded`, `booked`, …"""
        entries = await self.rows("payments", "gateway-ledger", order_id)
        entries += await self.rows("shipping", "carrier-ledger", order_id)
        return sorted(str(entry["outcome"]) for entry in entries)


def emulators(data_dir: Path, *hub: str, **settings: str) -> Process:
    """The three emulators in one process, on free ports, with the flags for their hub; without, the shop's.

    Their file of settings has further `settings`.
    """
    ports = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
    flags = settings_flags({**SIMULATED_PORTS, **settings})
    return Process("emulators", "quartet_emulators", ("--data-dir", str(data_dir), *(hub or SHOP_HUB), *ports, *flags))


def read_environment(data_dir: Path) -> dict[str, str]:
    """The settings that the emulators left."""
    lines = (data_dir / ".env").read_text().splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines if "=" in line)}


def services(environment: dict[str, str], replicas: int, log_format: str = "json") -> list[Process]:
    """All services; the deadline watch looks often, so that tests do not wait for it."""
    quick = {
        "DEADLINE_SCAN_SECONDS": "0.3",
        "LOAD_BALANCING_SECONDS": "1",
        "OWNERSHIP_EXPIRES_SECONDS": str(stretched(6.0)),
    }
    env = {**quick, **environment, "LOG_FORMAT": log_format}
    return [process for name in SERVICES for process in Process(name, f"services.{name}", env=env).replicas(replicas)]


def emulators_with(data_dir: Path, layout: Layout) -> Process:
    """The emulators with the hubs of this layout."""
    if layout == "one":
        return emulators(data_dir)
    config = data_dir / "hubs.json"
    config.write_text(json.dumps(hubs_config(readers_of(SHOP, layout))), encoding="utf-8")
    return emulators(data_dir, "--event-hubs-config", str(config), HUB_LAYOUT=layout, INBOUND_HUB_NAME=SHOP.inbound_hub)


@asynccontextmanager
async def running_shop(
    data_dir: Path,
    layout: Layout = "one",
    /,
    *,
    replicas: int,
    log_format: str = "json",
    **settings_of_services: str,
) -> AsyncIterator[Shop]:
    """Start everything, wait until every replica receives its share, and stop everything.

    With log lines for people it waits until each service is ready.
    """
    logs = Logs()
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(Supervisor(logs))
        await supervisor.start(emulators_with(data_dir, layout), ready_line="ready")
        environment = read_environment(data_dir)
        await supervisor.start(*services(environment | settings_of_services, replicas, log_format))
        settings = Settings(
            event_hubs_connection_string=environment["EVENT_HUBS_CONNECTION_STRING"],
            blob_connection_string=environment["BLOB_CONNECTION_STRING"],
            cosmos_connection_string=environment["COSMOS_CONNECTION_STRING"],
        )
        readings = sum(len(readers) for readers in readers_of(SHOP, layout).values())
        credentials = await stack.enter_async_context(Credentials())
        client = await stack.enter_async_context(cosmos_client(settings, credentials, "quartet-tests"))
        outside = settings_on(settings, SHOP.hubs(layout).of_outside)
        producer = await stack.enter_async_context(producer_client(outside, credentials, "quartet-tests"))
        shop = Shop(data_dir, supervisor, logs, environment, client, HubPublisher(producer))
        if log_format == "json":
            await logs.until_shared_out(readings, replicas=replicas)
        else:
            await logs.until_ready()
        yield shop


def order(order_id: str, items: dict[str, int], **changes: object) -> Event[OrderCreated]:
    """An order at ten euros a piece."""
    data: dict[str, Any] = {
        "order_id": order_id,
        "customer_id": "ada",
        "currency": "EUR",
        "items": [{"product_id": product, "quantity": n, "unit_price": "10.00"} for product, n in items.items()],
        "payment_method": "tok_visa",
        "shipping_address": address("GB"),
        **changes,
    }
    return new_event(OrderCreated.model_validate(data), source="/tests", time=datetime.now(UTC))


def address(country: str) -> dict[str, str]:
    """Ada's house, wherever it is."""
    return {"recipient": "Ada", "street": "1 Engine Row", "city": "Town", "postal_code": "1", "country": country}


def cancellation(order_id: str) -> Event[OrderCancellationRequested]:
    """The customer has changed their mind."""
    data = OrderCancellationRequested(order_id=order_id, reason="customer")
    return new_event(data, source="/tests", time=datetime.now(UTC))


def notes(document: Json) -> Sequence[str]:
    """The types of event in an order's history."""
    return [entry["type"] for entry in document["history"]]
