"""What an operator does with dead letters: look, plan, redrive, discard. What cannot be undone asks first."""

import pytest
from playwright.async_api import Page, expect

from quartet.console.views import Choice
from tests.console.browser.standin.application import app_view
from tests.console.browser.standin.server import StandIn
from tests.console.browser.watch import texts

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def open_group(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/dead-letters")
    await page.get_by_label("All 2").check()


async def test_a_dry_run_shows_the_plan_and_changes_nothing(page: Page, stand_in: StandIn) -> None:
    await open_group(page, stand_in)
    await page.get_by_role("button", name="Dry run").first.click()
    await expect(page.locator("#outcome-title")).to_have_text("Dry run: 2 dead letters of payment")
    await expect(page.locator("#outcome-title")).to_be_focused()
    assert await texts(page, ".outcome-list > li") == ["ord-1039: would be handled, said PaymentCompleted"] * 2
    assert stand_in.asked == [("redrive", Choice(participant="payment", ids=("l-1", "l-2"), dry_run=True))]


async def test_a_redrive_asks_first_and_says_what_each_letter_did(page: Page, stand_in: StandIn) -> None:
    await open_group(page, stand_in)
    await page.get_by_role("button", name="Redrive").first.click()
    dialog = page.get_by_role("dialog", name="Redrive 2 dead letters of payment?")
    await dialog.get_by_role("button", name="Cancel").click()
    assert stand_in.asked == []
    await page.get_by_role("button", name="Redrive").first.click()
    await dialog.get_by_role("button", name="Redrive").click()
    await expect(page.locator(".outcome-list > li").first).to_contain_text("ord-1039: handled")
    assert stand_in.asked == [("redrive", Choice(participant="payment", ids=("l-1", "l-2")))]


async def test_a_discard_warns_and_is_cancelled_with_escape(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/dead-letters/payment/l-1")
    await page.locator(".letter").get_by_role("button", name="Discard").click()
    dialog = page.get_by_role("dialog", name="Discard 1 dead letter of payment?")
    await expect(dialog).to_contain_text("This cannot be undone")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert stand_in.asked == []
    await page.locator(".letter").get_by_role("button", name="Discard").click()
    await dialog.get_by_role("button", name="Discard").click()
    await expect(page.locator(".outcome-list")).to_contain_text("discarded")
    assert stand_in.asked == [("discard", Choice(participant="payment", ids=("l-1",)))]


async def test_a_letter_shows_its_error_its_message_and_its_saga(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/dead-letters")
    await page.get_by_role("link", name="InventoryReserved").first.click()
    await expect(page).to_have_url(f"{stand_in.address}/dead-letters/payment/l-1")
    await expect(page.get_by_label("Error")).to_contain_text("the currency has no minor unit")
    await expect(page.get_by_label("Body")).to_contain_text('"currency": "XXX"')
    await page.locator(".letter").get_by_role("link", name="ord-1039").click()
    await expect(page).to_have_url(f"{stand_in.address}/saga/ord-1039")


async def test_read_only_has_no_actions_and_says_why(page: Page, stand_in: StandIn) -> None:
    stand_in.app = app_view(can_act=False)
    await page.goto(f"{stand_in.address}/dead-letters/payment/l-1")
    await expect(page.get_by_text("Read-only. This console may not redrive or discard")).to_be_visible()
    await expect(page.locator("#letter-title")).to_be_visible()
    for name in ("Dry run", "Redrive", "Discard"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)
    await expect(page.get_by_role("checkbox")).to_have_count(0)


async def test_an_action_that_fails_is_said(page: Page, stand_in: StandIn) -> None:
    await page.route(
        "**/api/dead-letters/redrive",
        lambda route: route.fulfill(status=200, json={"results": [], "problem": "payment is away"}),
    )
    await open_group(page, stand_in)
    await page.get_by_role("button", name="Dry run").first.click()
    await expect(page.locator(".outcome .problem")).to_contain_text("Not everything was answered: payment is away")
