"""No log line of a service has a name, an address, a customer or a payment token."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.events import bucket_of
from services.operations.samples import samples_directory
from tests.faults.operator import quartet
from tests.saga.personal import MARK, TOKENS, bodies, event_of, one, samples, unreadable, wrapped
from tests.saga.shop import LIMIT, Logs, Shop, cancellation, running_shop
from tests.saga.test_bad_messages import publish_raw

FILES = tuple(
    path.name for path in samples_directory().glob("*.jsonl") if path.name not in {"invalid.jsonl", "timed-out.jsonl"}
)


def telling(logs: Logs) -> list[tuple[str, str]]:
    """The log lines with a personal value."""
    return [(who, line) for who, line in logs.lines if MARK in line or any(token in line for token in TOKENS)]


@pytest.fixture(params=["json", "console"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    async with running_shop(tmp_path, replicas=1, log_format=request.param) as running:
        yield running


async def stored(shop: Shop, database: str, count: int) -> None:
    """Wait until a service has this many dead letters."""
    async with asyncio.timeout(LIMIT):
        while True:
            rows = shop.container(database, "dead-letters").query_items("SELECT c.id FROM c")
            if len([row async for row in rows]) >= count:
                return
            await asyncio.sleep(0.1)  # a pause between two looks at a condition


async def poison(shop: Shop, order_id: str) -> None:
    """Make the gateway's answer one that payment cannot understand: its handler fails with a bug."""
    document = {"id": f"payment_{order_id}", "pk": bucket_of(order_id, 16), "kind": "charge", "outcome": "charged"}
    await shop.container("payments", "gateway-ledger").create_item(document)


async def spoil(shop: Shop, order_id: str) -> None:
    """Edit an order's document so that this release cannot read it."""
    document = await shop.document("orders", order_id)
    assert document is not None
    await shop.container("orders").replace_item(order_id, {**document, "status": MARK, "history": [{"type": MARK}]})


@pytest.mark.timeout(180)
async def test_no_log_line_has_personal_data(shop: Shop) -> None:
    orders = samples(*FILES)
    products = {item["product_id"] for data in orders for item in data["items"]}
    await shop.stock(**dict.fromkeys(products, 1000), zither=1000)
    await poison(shop, orders[0]["order_id"])
    for data in orders:
        await shop.publish_for(data["order_id"], event_of(data))
    refused = one("refused-1", "zither", payment_method="tok_refund_fails")
    refused["shipping_address"]["country"] = "AQ"
    await shop.publish_for("refused-1", event_of(refused))
    await shop.until("refused-1", "NEEDS_ATTENTION")

    wrong = list(unreadable("zither"))
    events = [wrapped(f"wrong-{n}", {**data, "order_id": f"wrong-{n}"}) for n, data in enumerate(wrong)]
    await publish_raw(shop, "7", *(json.dumps(event).encode() for event in events), *bodies())
    done = orders[-1]["order_id"]
    await shop.until(done, "COMPLETED")
    await spoil(shop, done)
    await shop.publish_for(done, event_of({**orders[-1], "customer_id": f"{MARK} other"}))
    await shop.publish(cancellation(done))
    await shop.publish_for("refused-1", event_of({**refused, "payment_method": "tok_visa"}))
    await stored(shop, "inventory", len(wrong) + len(list(bodies())))
    # The conflicting order, and the one behind the spoiled document.
    await stored(shop, "orders", len(wrong) + len(list(bodies())) + 2)
    await stored(shop, "payments", len(list(bodies())) + 2)
    await quartet(shop, "dead-letters", "redrive", "--all", "--timeout", str(stretched(30)))

    assert telling(shop.logs) == []
    everything = "\n".join(line for _, line in shop.logs.lines)
    for expected in ("invalid_data", "not_json", "conflicting_order", "compensation_failed", "handler failed"):
        assert expected in everything
    assert "state_unreadable" in everything
