"""Checkpoints that belong to a hub that is gone are put back; all others are left alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.provision import open_database
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.engine.declaration.participant import DEPLOYMENT
from tests.runtime.fakes import QUIET
from tests.stack_fixture import Servers, running_stack


@dataclass(frozen=True, slots=True)
class Bench:
    """A hub with three events in partition 0, and what looks after the checkpoints of the order service."""

    servers: Servers
    deployment: ContainerProxy
    stale: StaleCheckpoints

    async def checkpoint(self, partition: str, sequence_number: int) -> None:
        await self.servers.checkpoints.update_checkpoint(
            {
                "fully_qualified_namespace": self.servers.hub._address.hostname,  # noqa: SLF001 -- it has no public name
                "eventhub_name": "saga-events",
                "consumer_group": "order",
                "partition_id": partition,
                "offset": str(sequence_number * 100),
                "sequence_number": sequence_number,
            }
        )

    async def positions(self) -> dict[str, tuple[str, int]]:
        found = await self.stale.checkpoints()
        return {one["partition_id"]: (one["offset"], one["sequence_number"]) for one in found}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with running_stack(tmp_path) as servers:
        await HubPublisher(servers.hub).publish("0", [{"n": n} for n in range(3)])
        database = await open_database(servers.cosmos, "orders", (DEPLOYMENT,), buckets=16, may_create=True)
        deployment = database.get_container_client(DEPLOYMENT.name)
        yield Bench(servers, deployment, StaleCheckpoints(servers.hub, servers.checkpoints, deployment, "order", QUIET))


async def test_checkpoints_within_the_hub_are_left_alone(bench: Bench) -> None:
    await bench.checkpoint("0", 2)
    assert not await bench.stale.reset()
    assert not await bench.stale.reset()
    assert await bench.positions() == {"0": ("200", 2)}


async def test_a_checkpoint_beyond_the_end_is_put_back_to_the_beginning(bench: Bench) -> None:
    await bench.checkpoint("0", 2)
    await bench.checkpoint("1", 0)
    assert await bench.stale.reset()
    assert await bench.positions() == {"0": ("200", 2), "1": ("-1", -1)}
    assert not await bench.stale.reset()


async def test_all_checkpoints_of_another_hub_are_put_back_also_those_within_this_one(bench: Bench) -> None:
    await bench.stale.reset()
    await bench.checkpoint("0", 1)
    await bench.deployment.upsert_item({"id": "hub", "made_at": "once upon a time"})
    assert await bench.stale.reset()
    assert await bench.positions() == {"0": ("-1", -1)}

    await bench.checkpoint("0", 2)
    assert not await bench.stale.reset()
    assert await bench.positions() == {"0": ("200", 2)}
