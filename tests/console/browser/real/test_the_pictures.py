"""The pictures in the documents show the page as it is: a test takes them. `make console-pictures` keeps them."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page, expect

from quartet.engine.failures.timeouts import stretched
from tests.console.browser.conftest import NARROW, NewPage
from tests.console.browser.real.conftest import Stack
from tests.faults.operator import quartet_apart
from tests.saga.shop import Shop, address, order

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEPT: Final = Path(__file__).parents[4] / "docs" / "pictures" / "console"
LARGEST_BYTES: Final = 300_000
LIMIT_MS = stretched(60) * 1000


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    if os.environ.get("QUARTET_PICTURES") != "1":
        return tmp_path
    KEPT.mkdir(parents=True, exist_ok=True)
    return KEPT


async def take(page: Page, path: Path) -> None:
    """The page as it is, from its top, without empty space below."""
    await expect(page.locator(".connection")).to_have_text("Live")
    size = await page.evaluate("[innerWidth, Math.min(document.body.scrollHeight, innerHeight)]")
    content = await page.screenshot(
        path=path, animations="disabled", clip={"x": 0, "y": 0, "width": size[0], "height": size[1]}
    )
    assert 10_000 < len(content) < LARGEST_BYTES, path


@asynccontextmanager
async def orders_under_way(shop: Shop) -> AsyncIterator[None]:
    """For the length of a block, orders come: on a slow machine it takes longer than any number of them that we fix."""
    enough = asyncio.Event()

    async def publish() -> None:
        for seed in itertools.count(1):
            if enough.is_set():
                return
            await quartet_apart(shop, "publish", "--count", "30", "--rate", "6", "--seed", str(seed))

    async with asyncio.TaskGroup() as group:
        group.create_task(publish())
        try:
            yield
        finally:
            enough.set()


async def test_pictures_of_every_view(new_page: NewPage, stack: Stack, directory: Path) -> None:
    await stack.shop.stock(picture_frame=1)
    refused = order("ord-2001", {"picture_frame": 1}, payment_method="tok_refund_fails", shipping_address=address("AQ"))
    await stack.shop.publish(refused)
    await quartet_apart(stack.shop, "publish", "samples/orders.jsonl")
    await stack.shop.until("ord-2001", "NEEDS_ATTENTION")
    page = await new_page(height=1250)
    views = {
        "search": ("/search?q=status:failed", ".saga-link"),
        "dead-letters": ("/dead-letters", ".letter-row a"),
        "audit": ("/audit", ".rule"),
        "saga": ("/saga/ord-1034", ".diff"),
        "saga-waiting": ("/saga/ord-2001", ".lane-event"),
        "overview": ("/", ".event.is-input.is-flowing"),
    }
    async with orders_under_way(stack.shop):
        for name, (path, ready) in views.items():
            await page.goto(stack.console.address + path)
            await expect(page.locator(ready).first).to_be_visible(timeout=LIMIT_MS)
            await take(page, directory / f"{name}.png")
        dark = await new_page(theme="dark", height=1250)
        await dark.goto(stack.console.address)
        await expect(dark.locator(".event.is-flowing").first).to_be_visible(timeout=LIMIT_MS)
        await take(dark, directory / "overview-dark.png")
    narrow = await new_page(NARROW, height=1150)
    await narrow.goto(f"{stack.console.address}/saga/ord-1034")
    await expect(narrow.locator(".lane-event").first).to_be_visible()
    await take(narrow, directory / "saga-narrow.png")
