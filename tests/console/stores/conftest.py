"""The stores: a file of SQLite, and Cosmos DB behind the emulator."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.console_database import SAGAS
from quartet.console.projection.cosmos.store import CosmosProjection
from quartet.console.projection.port import Projection
from quartet.console.projection.sqlite.store import SqliteProjection
from tests.console.stores.facts import NOW
from tests.cosmos_fixture import Cosmos, running_cosmos

Opening = Callable[[], Awaitable[Projection]]
"""Opens the store again, as a new process would."""


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path / "cosmos") as running:
        yield running


@pytest.fixture
async def container(cosmos: Cosmos) -> ContainerProxy:
    return await cosmos.container_of(SAGAS)


@pytest.fixture(params=["sqlite", "cosmos"])
async def opening(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opening]:
    opened: list[Projection] = []
    if request.param == "sqlite":

        async def in_file() -> Projection:
            for one in opened:
                await one.close()
            opened[:] = [SqliteProjection(tmp_path / "file")]
            return opened[0]

        yield in_file
        for one in opened:
            await one.close()
        return
    async with running_cosmos(tmp_path / "cosmos") as running:
        container = await running.container_of(SAGAS)

        async def in_cosmos() -> Projection:
            from quartet.console.projection.cosmos.generations import read_meta

            meta = await read_meta(container)
            return CosmosProjection(container, meta["generation"], now=lambda: NOW)

        yield in_cosmos


@pytest.fixture
async def projection(opening: Opening) -> Projection:
    return await opening()
