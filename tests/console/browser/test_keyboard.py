"""Everything works with the keyboard alone."""

import pytest
from playwright.async_api import Page, expect

from tests.console.browser.standin.server import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOCUSED = "document.activeElement.textContent.trim()"


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def test_from_the_overview_to_the_reason_without_a_mouse(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    await expect(page.locator(".tile")).to_have_count(7)
    await press(page, "/")
    await page.keyboard.type("status:failed")
    await press(page, "Enter")
    await expect(page.locator(".saga-link")).to_have_count(2)
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.locator(".saga-link").first.focus()
    await press(page, "ArrowDown", "ArrowUp", "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("ord-1034")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    while "ShippingFailed" not in (focused := await page.evaluate(FOCUSED)) or "because of" not in focused:
        await press(page, "Tab")
    await press(page, "ArrowDown", "Enter")
    await expect(page.locator("#event-title")).to_have_text("5 InventoryReleased")


async def test_the_first_tab_skips_to_the_content(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    await expect(page.locator(".tile")).to_have_count(7)
    await press(page, "Tab")
    assert await page.evaluate(FOCUSED) == "Skip to the content"
    await press(page, "Enter", "Tab")
    assert "Open" in await page.evaluate(FOCUSED)


@pytest.mark.parametrize(("key", "title"), [("s", "Search"), ("d", "Dead letters"), ("a", "Audit")])
async def test_two_keys_go_to_each_view(page: Page, stand_in: StandIn, key: str, title: str) -> None:
    await page.goto(stand_in.address)
    await expect(page.locator(".tile")).to_have_count(7)
    await press(page, "g", key)
    await expect(page.get_by_role("heading", level=1)).to_have_text(title)
    await press(page, "g", "o")
    await expect(page.locator(".tile")).to_have_count(7)


async def test_the_help_opens_closes_and_turns_the_keys_off(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    await expect(page.locator(".tile")).to_have_count(7)
    await press(page, "?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.get_by_label("Keys of one character work").uncheck()
    await press(page, "Escape", "g", "a")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page).to_have_url(f"{stand_in.address}/")
    await press(page, "?")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("button", name="Keyboard help").click()
    await page.get_by_label("Keys of one character work").check()
    await press(page, "Escape", "g", "a")
    await expect(page).to_have_url(f"{stand_in.address}/audit")


async def test_what_has_the_focus_is_outlined(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/dead-letters")
    await expect(page.locator(".letter-row")).to_have_count(3)
    stops = []
    for _ in range(24):
        await press(page, "Tab")
        stops.append(
            await page.evaluate(
                "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
            )
        )
    assert len(stops) == 24
    assert [tag for tag, outline in stops if outline == "none" and tag not in {"BODY", "MAIN"}] == []


async def test_letters_are_chosen_and_redriven_with_the_keyboard(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/dead-letters")
    await page.get_by_label("All 2").focus()
    await press(page, "Space", "Tab", "Tab", "Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await press(page, "Tab", "Enter")
    await expect(page.locator("#outcome-title")).to_be_focused()
    assert [what for what, _ in stand_in.asked] == ["redrive"]
