"""Everything that comes from an event is text: it runs nothing, hides nothing, and breaks no layout."""

import pytest
from playwright.async_api import Page, expect

from tests.console.browser.conftest import NARROW, WIDE, NewPage
from tests.console.browser.standin.lists import letter_row
from tests.console.browser.standin.sagas import BIDI, HOSTILE, LONG
from tests.console.browser.standin.server import StandIn
from tests.console.browser.watch import overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWN = r"abc\u{202e}gnp.exe\u{7}"


async def nothing_was_taken(page: Page) -> None:
    assert "taken" not in await page.title()
    assert await page.locator("img").count() == 0
    assert await page.evaluate("document.querySelectorAll('[onerror]').length") == 0


@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_a_hostile_saga_is_shown_as_text(new_page: NewPage, stand_in: StandIn, width: int) -> None:
    page = await new_page(width)
    await page.goto(f"{stand_in.address}/saga/ord-hostile?event=1")
    await expect(page.locator(".story")).to_contain_text(HOSTILE)
    await expect(page.locator(".diff > li")).to_have_count(12)
    await page.get_by_role("button", name="Show 38 more").click()
    await expect(page.locator(".diff > li")).to_have_count(50)
    await page.get_by_text("2 fields").click()
    await expect(page.locator(".part pre")).to_contain_text("</script><script>")
    await page.locator(".lane-event").nth(1).click()
    await expect(page.locator("#event-title")).to_contain_text(HOSTILE)
    await nothing_was_taken(page)
    assert await overflow(page) <= 0


async def test_characters_that_hide_or_turn_text_are_written_out(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/saga/ord-hostile?event=3")
    await expect(page.locator(".story")).to_contain_text(SHOWN)
    await expect(page.locator(".event-panel")).to_contain_text(SHOWN)
    assert "\u202e" not in await page.content()


@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_hostile_rows_are_text_in_every_list(new_page: NewPage, stand_in: StandIn, width: int) -> None:
    row = stand_in.sagas["ord-hostile"].row.model_copy(update={"id": HOSTILE, "status": LONG, "last": BIDI})
    stand_in.rows = (row, row.model_copy(update={"id": LONG}), *stand_in.rows)
    stand_in.overview = stand_in.overview.model_copy(
        update={
            "recent": stand_in.rows[:6],
            "stuck_sagas": stand_in.rows[:2],
            "ended": {HOSTILE: 3, LONG: 1},
            "problem": LONG,
        }
    )
    page = await new_page(width)
    for path in ("/", "/search"):
        await page.goto(stand_in.address + path)
        await expect(page.locator(".saga-link", has_text=HOSTILE).first).to_be_visible()
        await nothing_was_taken(page)
        assert await overflow(page) <= 0, path


@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_hostile_dead_letters_are_text(new_page: NewPage, stand_in: StandIn, width: int) -> None:
    group = stand_in.letters.groups[0]
    row = letter_row("l-x", LONG, f"{HOSTILE} {LONG}").model_copy(update={"type": HOSTILE})
    changed = group.model_copy(update={"reason": f"{HOSTILE} {LONG}", "letters": (row,)})
    stand_in.letters = stand_in.letters.model_copy(update={"groups": (changed,), "unread": (HOSTILE, LONG)})
    page = await new_page(width)
    await page.goto(f"{stand_in.address}/dead-letters/payment/l-x")
    await expect(page.locator("#letter-title")).to_contain_text(HOSTILE)
    await nothing_was_taken(page)
    assert await overflow(page) <= 0


async def test_an_id_with_signs_of_an_address_has_a_link_that_leads_to_it(page: Page, stand_in: StandIn) -> None:
    strange = "a/b?c#d %2F&e"
    stand_in.sagas[strange] = stand_in.sagas["ord-1034"].model_copy(
        update={"row": stand_in.sagas["ord-1034"].row.model_copy(update={"id": strange})}
    )
    stand_in.rows = (stand_in.sagas[strange].row,)
    await page.goto(f"{stand_in.address}/search")
    await page.locator(".saga-link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(strange)
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text(strange)
    await expect(page.locator(".lane-events > li")).to_have_count(7)
