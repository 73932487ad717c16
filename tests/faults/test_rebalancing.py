"""Replicas come and go: partitions find an owner quickly, keep it while nothing changes, and no work is done twice."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.local.supervisor import Process, Supervisor
from tests.hubs import HUB_CONFIG
from tests.saga.shop import Logs, Shop, emulators, order, read_environment, running_shop

# What is shipped for a local stack, not what makes tests quick.
AS_SHIPPED = {"LOAD_BALANCING_SECONDS": "2", "OWNERSHIP_EXPIRES_SECONDS": "12"}


def openings(logs: Logs) -> int:
    """How often any replica has opened a partition."""
    return sum('"partition opened"' in line for _, line in logs.lines)


async def stays_as_it_is(shop: Shop, seconds: float) -> None:
    """Sagas run, and no partition changes its owner."""
    await shop.logs.until_shared_out()
    await shop.stock(drum=10_000)
    before, end, n = openings(shop.logs), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        await shop.publish(order(f"steady-{n}", {"drum": 1}))
        await shop.until(f"steady-{n}", "COMPLETED")
        n += 1
    assert openings(shop.logs) == before


async def replaced_within(shop: Shop, seconds: float) -> None:
    """A killed replica's orders are completed by the other one, once each."""
    await shop.stock(lute=100)
    ids = [f"orphan-{n}" for n in range(24)]
    await shop.publish(*(order(order_id, {"lute": 1}) for order_id in ids[:12]))
    await shop.supervisor.kill("payment-2")
    began = time.monotonic()
    await shop.publish(*(order(order_id, {"lute": 1}) for order_id in ids[12:]))
    for order_id in ids:
        await shop.until(order_id, "COMPLETED")
    assert time.monotonic() - began < stretched(seconds)
    for order_id in ids:
        await shop.until_stored("inventory", order_id, lambda reservation: reservation["status"] == "SHIPPED")
        assert await shop.ledger(order_id) == ["booked", "charged"]
    assert await shop.shelf("lute") == (100 - len(ids), 0, len(ids))


@pytest.mark.asyncio(loop_scope="session")
async def test_partitions_stay_where_they_are_and_those_of_the_dead_are_taken_over(shop: Shop) -> None:
    await stays_as_it_is(shop, seconds=3)
    await replaced_within(shop, seconds=12)
    await shop.supervisor.restart("payment-2")


@pytest.mark.slow
async def test_a_constant_fleet_keeps_its_partitions_for_two_minutes(tmp_path: Path) -> None:
    async with running_shop(tmp_path, replicas=2, **AS_SHIPPED) as shop:
        await stays_as_it_is(shop, seconds=120)


@pytest.mark.slow
async def test_a_killed_replica_is_replaced_within_fifteen_seconds(tmp_path: Path) -> None:
    async with running_shop(tmp_path, replicas=2, **AS_SHIPPED) as shop:
        await shop.logs.until_shared_out()
        await replaced_within(shop, seconds=15)


@pytest.mark.slow
async def test_eight_replicas_share_out_32_partitions_and_keep_them(tmp_path: Path) -> None:
    """As many as the deployment has. One service: the others would share out in the same way."""
    config = json.loads(HUB_CONFIG.read_text(encoding="utf-8"))
    config["UserConfig"]["NamespaceConfig"][0]["Entities"][0]["PartitionCount"] = 32
    path = tmp_path / "Config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    logs = Logs()
    async with Supervisor(logs) as supervisor:
        await supervisor.start(emulators(tmp_path, "--event-hubs-config", str(path)), ready_line="ready")
        env = {**read_environment(tmp_path), **AS_SHIPPED, "LOG_FORMAT": "json"}
        await supervisor.start(*Process("payment", "services.payment", env=env).replicas(8))
        await logs.until_shared_out(services=1, partitions=32, replicas=8)
        before = openings(logs)
        await asyncio.sleep(60)  # it is this time without a change that is looked at
        assert openings(logs) == before
