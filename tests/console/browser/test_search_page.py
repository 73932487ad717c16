"""The search: words, filters as buttons, hints, and what they put into the address."""

import pytest
from playwright.async_api import Page, expect

from tests.console.browser.standin.server import StandIn
from tests.console.browser.watch import texts

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_filter_is_a_word_of_the_query_and_replaces_another_of_its_kind(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/search?q=cust-almeida")
    await page.get_by_role("button", name="Failed", exact=True).click()
    await expect(page.get_by_role("searchbox")).to_have_value("cust-almeida status:failed")
    await page.get_by_role("button", name="OrderCompleted").click()
    await expect(page.get_by_role("searchbox")).to_have_value("cust-almeida status:OrderCompleted")
    await page.get_by_role("button", name="hour", exact=True).click()
    await expect(page).to_have_url(f"{stand_in.address}/search?q=cust-almeida%20status%3AOrderCompleted%20after%3A1h")
    await expect(page.get_by_role("button", name="hour", exact=True)).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="hour", exact=True).click()
    await page.get_by_role("button", name="OrderCompleted").click()
    await expect(page.get_by_role("searchbox")).to_have_value("cust-almeida")
    await expect(page.locator(".saga-link")).to_have_count(7)


async def test_the_field_of_the_header_searches_from_every_view(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/audit")
    await page.get_by_role("searchbox").fill("ord-1039")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{stand_in.address}/search?q=ord-1039")
    await expect(page.locator(".found")).to_contain_text("1 saga for ord-1039")
    assert await texts(page, ".saga-link") == ["ord-1039"]


async def test_the_hints_are_examples_from_what_is_shown(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/search")
    await expect(page.locator(".saga-link")).to_have_count(7)
    await page.get_by_text("What can be asked").click()
    hints = await texts(page, ".hint")
    assert {"status:failed", "status:stuck", "reason:address_not_served", "customer_id:cust-almeida"} <= set(hints)
    await page.get_by_role("button", name="reason:address_not_served").click()
    await expect(page.get_by_role("searchbox")).to_have_value("reason:address_not_served")


async def test_nothing_found_says_what_to_do(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/search?q=nothing-like-this")
    await expect(page.get_by_text("No saga fits all of these words")).to_be_visible()


async def test_back_and_forward_work(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/search?q=status:failed")
    await page.get_by_role("link", name="ord-1034").click()
    await expect(page.locator(".story")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("searchbox")).to_have_value("status:failed")
    await page.go_forward()
    await expect(page.locator(".story")).to_be_visible()
