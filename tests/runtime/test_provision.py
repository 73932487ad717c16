"""Databases are created once, and checked whenever they are opened."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quartet.azure.cosmos.provision import open_database
from quartet.engine.declaration.participant import ContainerSpec
from quartet.engine.errors import ConfigurationError
from tests.cosmos_fixture import Cosmos, running_cosmos

SPECS = (ContainerSpec("parcels"), ContainerSpec("deployment", "/id"))


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path) as running:
        yield running


async def test_replicas_that_start_together_do_not_disturb_each_other(cosmos: Cosmos) -> None:
    opened = await asyncio.gather(
        *(open_database(cosmos.client, "desk", SPECS, buckets=16, may_create=True) for _ in range(8))
    )
    assert {database.id for database in opened} == {"desk"}


async def test_a_process_with_another_bucket_count_is_refused(cosmos: Cosmos) -> None:
    await open_database(cosmos.client, "desk", SPECS, buckets=16, may_create=True)
    with pytest.raises(ConfigurationError, match="laid out with 16 buckets, and BUCKETS is 32: set BUCKETS=16"):
        await open_database(cosmos.client, "desk", SPECS, buckets=32, may_create=True)


async def test_a_container_with_another_partition_key_is_refused(cosmos: Cosmos) -> None:
    await open_database(cosmos.client, "desk", SPECS, buckets=16, may_create=True)
    other = (ContainerSpec("parcels", "/customer"), SPECS[1])
    with pytest.raises(ConfigurationError, match="desk/parcels is partitioned by /pk, not by /customer"):
        await open_database(cosmos.client, "desk", other, buckets=16, may_create=True)


async def test_an_identity_creates_nothing(cosmos: Cosmos) -> None:
    with pytest.raises(ConfigurationError, match="desk/parcels is missing"):
        await open_database(cosmos.client, "desk", SPECS, buckets=16, may_create=False)
