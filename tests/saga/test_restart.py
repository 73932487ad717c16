"""Processes start and stop; sagas end nevertheless, once."""

import asyncio
from pathlib import Path

from tests.saga.shop import SERVICES, Shop, order, running_shop


async def effects(shop: Shop, order_ids: list[str]) -> dict[str, list[str]]:
    """What the outside world has done for each order."""
    return {order_id: await shop.ledger(order_id) for order_id in order_ids}


async def test_killed_in_the_middle_and_started_again_everything_ends_once(tmp_path: Path) -> None:
    """SIGKILL for all services and the emulators while forty sagas are under way."""
    ids = [f"kill-{n}" for n in range(40)]
    async with running_shop(tmp_path, replicas=1) as shop:
        await shop.stock(anvil=100)
        await shop.publish(*(order(order_id, {"anvil": 1}) for order_id in ids))
        await shop.until_logged(lambda who, line: who == "payment" and '"charged"' in line)
        await asyncio.gather(*(shop.supervisor.kill(name) for name in (*SERVICES, "emulators")))
    async with running_shop(tmp_path, replicas=1) as shop:
        for order_id in ids:
            await shop.until(order_id, "COMPLETED")
            await shop.until_stored("inventory", order_id, lambda reservation: reservation["status"] == "SHIPPED")
        assert await shop.shelf("anvil") == (60, 0, 40)
        assert await effects(shop, ids) == {order_id: ["booked", "charged"] for order_id in ids}


async def test_a_service_that_is_stopped_releases_its_partitions_immediately(tmp_path: Path) -> None:
    """SIGTERM: finished, published, checkpointed, partitions released; no replica waits for an ownership to expire."""
    async with running_shop(tmp_path, replicas=2) as shop:
        await shop.stock(bell=100)
        await shop.publish(*(order(f"before-{n}", {"bell": 1}) for n in range(10)))
        for n in range(10):
            await shop.until(f"before-{n}", "COMPLETED")
        await shop.supervisor.stop("payment")
        assert any('"stopped"' in line for who, line in shop.logs.lines if who == "payment")

        await shop.publish(*(order(f"after-{n}", {"bell": 1}) for n in range(10)))
        for n in range(10):
            await shop.until(f"after-{n}", "COMPLETED")
        assert await effects(shop, ["before-0", "after-0"]) == {
            "before-0": ["booked", "charged"],
            "after-0": ["booked", "charged"],
        }


async def test_a_restarted_service_does_not_repeat_what_it_has_checkpointed(tmp_path: Path) -> None:
    async with running_shop(tmp_path, replicas=1) as shop:
        await shop.stock(harp=10)
        await shop.publish(order("once-1", {"harp": 1}))
        await shop.until("once-1", "COMPLETED")
        await shop.supervisor.restart("shipping")
        before = len(shop.logs.lines)
        await shop.publish(order("once-2", {"harp": 1}))
        await shop.until("once-2", "COMPLETED")
        assert [line for who, line in shop.logs.lines[before:] if who == "shipping" and "once-1" in line] == []
