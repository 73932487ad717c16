"""What the page is for, on a whole stack. The tests build on each other's sagas, and run in this order."""

import re

import pytest
from playwright.async_api import Page, expect

from quartet.engine.failures.timeouts import stretched
from tests.console.browser.real.conftest import Stack
from tests.console.browser.watch import Watch, texts
from tests.faults.operator import quartet_apart
from tests.saga.shop import order

pytestmark = pytest.mark.asyncio(loop_scope="session")

# How long a saga, or news of it, may take.
LIMIT_MS = stretched(60) * 1000


async def test_the_samples_turn_green_while_one_looks(page: Page, stack: Stack) -> None:
    await page.goto(stack.console.address)
    await expect(page.locator(".connection")).to_have_text("Live")
    await expect(page.locator(".tile.is-ended .tile-number")).to_have_text("0")
    await quartet_apart(stack.shop, "publish", "samples/orders.jsonl")
    await expect(page.locator(".event.is-flowing").first).to_be_visible(timeout=LIMIT_MS)
    await expect(page.locator(".tile.is-ended .tile-number")).to_have_text("33", timeout=LIMIT_MS)
    await expect(page.locator(".tile.is-failed .tile-number")).to_have_text("10", timeout=LIMIT_MS)
    await expect(page.locator(".tile.is-open .tile-number")).to_have_text("0", timeout=LIMIT_MS)
    await expect(page.locator(".saga .status.is-ended").first).to_have_text("OrderCompleted")


async def test_a_compensated_order_says_why_and_what_was_undone(page: Page, stack: Stack) -> None:
    await page.goto(stack.console.address)
    await page.locator(".tile.is-failed a").click()
    await expect(page.locator(".saga-link")).to_have_count(10)
    await page.locator(".saga", has_text="address_not_served").first.locator(".saga-link").click()
    await expect(page.locator(".summary")).to_contain_text("address_not_served")
    why, wrong, ran = await texts(page, ".summary > div")
    assert why == "Why it failed address_not_served"
    assert wrong == "What went wrong ShippingFailed by shipping"
    assert sorted(re.findall(r"\w+ by \w+", ran)) == ["InventoryReleased by inventory", "PaymentRefunded by payment"]
    await expect(page.locator(".lane-events > li")).to_have_count(7)


async def test_an_event_is_shown_as_the_hub_has_it(page: Page, stack: Stack) -> None:
    await page.goto(f"{stack.console.address}/saga/ord-1034")
    await page.get_by_role("button", name=re.compile("ShippingFailed.*said by shipping")).click()
    await page.get_by_text("The event as the hub has it").click()
    await expect(page.get_by_label("Body")).to_contain_text('"type": "ShippingFailed.v1"')


async def test_the_console_dies_and_comes_back_with_what_happened_meanwhile(
    page: Page, stack: Stack, watches: list[Watch]
) -> None:
    await stack.shop.stock(console_lamp=1)
    await page.goto(stack.console.address)
    await expect(page.locator(".connection")).to_have_text("Live")
    watches[0].is_cut = True
    await stack.console.stop()
    await expect(page.get_by_role("alert")).to_contain_text("Cut off from the console's server", timeout=LIMIT_MS)
    await stack.shop.publish(order("meanwhile-1", {"console_lamp": 1}))
    await stack.shop.until("meanwhile-1", "COMPLETED")
    await stack.console.start()
    await expect(page.locator(".connection")).to_have_text("Live", timeout=LIMIT_MS)
    await expect(page.get_by_role("alert")).to_be_empty()
    row = page.locator(".saga", has_text="meanwhile-1")
    await expect(row.locator(".status")).to_have_text("OrderCompleted", timeout=LIMIT_MS)


async def test_an_id_of_any_form_has_an_address(page: Page, stack: Stack, watches: list[Watch]) -> None:
    watches[0].is_cut = True  # Chromium writes every status 404 down
    for path in ("a.b", "a%2Fb", "a/b.js", "index.html", "%3Cb%3E"):
        await page.goto(f"{stack.console.address}/saga/{path}")
        await expect(page.get_by_text("is known here")).to_be_visible()
