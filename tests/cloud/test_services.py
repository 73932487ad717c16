"""Four service processes that live on tokens which expire again and again, under load: nothing is lost."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, producer_client
from quartet.engine.failures.timeouts import stretched
from quartet.local.supervisor import Supervisor
from tests.cloud.conftest import Cloud
from tests.cloud.managed_identity import EVENT_HUBS
from tests.saga.shop import Logs, Shop, order, services

LIFETIME = stretched(3.0)  # seconds; to fetch a token and to use it must take less
LIFETIMES = 4


@pytest.fixture
async def shop(cloud: Cloud, tmp_path: Path) -> AsyncIterator[Shop]:
    """The services with the identity; the customer with the keys."""
    cloud.identity.lifetime = LIFETIME
    logs = Logs()
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(Supervisor(logs))
        await supervisor.start(*services(cloud.environment, 1))
        credentials = await stack.enter_async_context(Credentials())
        client = await stack.enter_async_context(cosmos_client(cloud.administrator, credentials, "customer"))
        producer = await stack.enter_async_context(producer_client(cloud.settings, credentials, "customer"))
        running = Shop(tmp_path, supervisor, logs, cloud.environment, client, HubPublisher(producer))
        await logs.until_shared_out(replicas=1)
        yield running


async def test_orders_complete_across_several_lifetimes_of_every_token(cloud: Cloud, shop: Shop) -> None:
    await shop.stock(rosin=1000)
    placed: list[str] = []
    end = time.monotonic() + LIFETIME * LIFETIMES
    while time.monotonic() < end:
        some = [order(f"ord-{len(placed) + n}", {"rosin": 1}) for n in range(5)]
        await shop.publish(*some)
        placed += [one.saga_id for one in some]
        await asyncio.sleep(0.2)  # the customers' pace
    for order_id in placed:
        await shop.until(order_id, "COMPLETED")
    assert await shop.shelf("rosin") == (1000 - len(placed), 0, len(placed))
    # Each of the four services and the customer has needed a token of the hub for each lifetime.
    assert cloud.identity.issued[EVENT_HUBS] > (LIFETIMES - 1) * 5


async def test_a_service_without_an_identity_ends_with_one_line(cloud: Cloud) -> None:
    cloud.identity.is_away = True
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.payment"),
        env={**os.environ, **cloud.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(), timeout=stretched(60))
    assert process.returncode == 2
    (line,) = err.decode().splitlines()
    assert line.startswith("payment: Cosmos DB: no identity: DefaultAzureCredential failed")
