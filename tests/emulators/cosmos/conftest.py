from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from quartet_emulators.cosmos import CosmosEmulator

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counters() -> Counter[tuple[str, str]]:
    return Counter()


@pytest.fixture
def charged() -> dict[tuple[str, str], float]:
    return {}


@pytest.fixture
async def emulator(
    tmp_path: Path, clock: Clock, counters: Counter[tuple[str, str]], charged: dict[tuple[str, str], float]
) -> AsyncIterator[CosmosEmulator]:
    emulator = CosmosEmulator(tmp_path, counters=counters, charged=charged, clock=clock)
    await emulator.start()
    yield emulator
    await emulator.stop()


def connect(emulator: CosmosEmulator) -> CosmosClient:
    """The unmodified SDK, with the transport that does not look for proxies on every request."""
    return CosmosClient.from_connection_string(
        emulator.connection_string,
        transport=AioHttpTransport(use_env_settings=False),
        user_agent="tests",
    )


@pytest.fixture
async def client(emulator: CosmosEmulator) -> AsyncIterator[CosmosClient]:
    async with connect(emulator) as client:
        yield client


@pytest.fixture
async def shop(client: CosmosClient) -> DatabaseProxy:
    return await client.create_database("shop")


@pytest.fixture
async def orders(shop: DatabaseProxy) -> ContainerProxy:
    return await shop.create_container("orders", PartitionKey("/pk"))


@pytest.fixture
def direct(tmp_path: Path, clock: Clock) -> Iterator[Direct]:
    """The emulator without HTTP, with the container `shop/orders`, for laws that need many examples."""
    direct = Direct(tmp_path, clock)
    yield direct
    direct.close()
