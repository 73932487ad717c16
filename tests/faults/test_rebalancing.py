"""Replicas come and go: partitions find an owner quickly, keep it while nothing changes, and no work is done twice."""

import asyncio
import json
import re
import time
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from tests.saga.shop import LIMIT, Shop, order, running_shop

# What is shipped for a local stack, not what makes tests quick.
AS_SHIPPED = {"LOAD_BALANCING_SECONDS": "2", "OWNERSHIP_EXPIRES_SECONDS": "12"}


def openings(shop: Shop) -> int:
    """How often any replica has opened a partition."""
    return sum('"partition opened"' in line for _, line in shop.logs.lines)


def owners(shop: Shop) -> dict[tuple[str, str], set[str]]:
    """The replicas that receive each partition of each service now, as their logs tell."""
    found: dict[tuple[str, str], set[str]] = {}
    for who, line in shop.logs.lines:
        if re.search('"event": "partition (opened|closed)"', line):
            told = json.loads(line)
            replicas = found.setdefault((told["service"], told["partition"]), set())
            (replicas.add if told["event"] == "partition opened" else replicas.discard)(who)
    return found


async def until_shared_out(shop: Shop) -> None:
    """Every partition has one owner, and each replica of a service its half of them."""
    deadline = time.monotonic() + LIMIT
    while True:
        known = owners(shop)
        sizes = {who: 0 for replicas in known.values() for who in replicas}
        for replicas in known.values():
            for who in replicas:
                sizes[who] += 1
        if len(known) == 16 and all(len(replicas) == 1 for replicas in known.values()) and set(sizes.values()) == {2}:
            return
        assert time.monotonic() < deadline, known
        await asyncio.sleep(0.1)  # a pause between two looks at a condition


async def stays_as_it_is(shop: Shop, seconds: float) -> None:
    """Sagas run, and no partition changes its owner."""
    await until_shared_out(shop)
    await shop.stock(drum=10_000)
    before, end, n = openings(shop), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        await shop.publish(order(f"steady-{n}", {"drum": 1}))
        await shop.until(f"steady-{n}", "COMPLETED")
        n += 1
    assert openings(shop) == before


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
        await until_shared_out(shop)
        await replaced_within(shop, seconds=15)
