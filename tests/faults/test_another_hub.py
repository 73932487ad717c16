"""The hub is recreated while its checkpoints are kept: every later event is received."""

import re
import shutil
from pathlib import Path

from quartet.local.supervisor import Process
from tests.hubs import SHOP_HUB
from tests.saga.shop import SERVICES, Shop, order, running_shop


async def complete(shop: Shop, *order_ids: str) -> None:
    await shop.publish(*(order(order_id, {"bugle": 1}) for order_id in order_ids))
    for order_id in order_ids:
        await shop.until(order_id, "COMPLETED")
        # An event that inventory has not received would be lost with the hub, and no service could say it again.
        await shop.until_stored("inventory", order_id, lambda reservation: reservation["status"] == "SHIPPED")


async def make_the_hub_anew(shop: Shop) -> None:
    """All events are gone, all checkpoints are there, and the addresses are the same."""
    await shop.supervisor.stop("emulators")
    shutil.rmtree(shop.data_dir / "event-hubs")
    ports = (
        *("--event-hubs-port", port_in(shop.environment["EVENT_HUBS_CONNECTION_STRING"])),
        *("--cosmos-port", port_in(shop.environment["COSMOS_CONNECTION_STRING"])),
        *("--blob-port", port_in(shop.environment["BLOB_CONNECTION_STRING"])),
    )
    again = Process("emulators", "quartet_emulators", ("--data-dir", str(shop.data_dir), *SHOP_HUB, *ports))
    await shop.supervisor.start(again, ready_line="ready")


def port_in(connection_string: str) -> str:
    match = re.search(r":(\d+)", connection_string)
    assert match is not None
    return match[1]


async def test_services_that_are_running_notice_it_and_read_the_new_hub_from_its_beginning(tmp_path: Path) -> None:
    async with running_shop(tmp_path, replicas=1, WATCHDOG_SECONDS="2") as shop:
        await shop.stock(bugle=20)
        await complete(shop, *(f"before-{n}" for n in range(5)))
        await make_the_hub_anew(shop)
        await complete(shop, "after-1", "after-2")

        assert {who for who, line in shop.logs.lines if "event hub was recreated; reading" in line} == set(SERVICES)
        assert await shop.shelf("bugle") == (13, 0, 7)
        # The emulators were started last, so they would be stopped first.
        await shop.supervisor.stop(*SERVICES)
