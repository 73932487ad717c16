"""axe-core finds no serious fault in any view, in either theme, on a wide and on a narrow window."""

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.console.browser.conftest import NARROW, WIDE, NewPage, Theme
from tests.console.browser.standin.overviews import calm_view, overview_view, unknown_view
from tests.console.browser.standin.server import StandIn
from tests.console.browser.watch import Watch, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE: Final = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
VIEWS: Final = {
    "/": ".tile",
    "/search": ".saga-link",
    "/search?q=status:failed": ".saga-link",
    "/saga/ord-1034": ".diff",
    "/saga/ord-1039": ".lane-event.is-wait",
    "/saga/ord-unknown": ".lane-event",
    "/saga/ord-hostile?event=1": ".diff",
    "/dead-letters": ".letter-row",
    "/dead-letters/payment/l-1": ".letter",
    "/audit": ".rule",
}
BOTH = pytest.mark.parametrize("theme", ["light", "dark"])


async def faults(page: Page) -> list[str]:
    """What axe finds that is serious or critical, with the elements."""
    # In the page's own world, as a tool of the browser does: the policy of the page stays as it is.
    await page.evaluate(AXE)
    result = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    found: list[dict[str, Any]] = result["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@BOTH
@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_every_view(new_page: NewPage, stand_in: StandIn, width: int, theme: Theme) -> None:
    page = await new_page(width, theme)
    for path, selector in VIEWS.items():
        await page.goto(stand_in.address + path)
        await expect(page.locator(selector).first).to_be_visible()
        assert await faults(page) == [], path
        assert await overflow(page) <= 0, path


@BOTH
@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_a_page_in_trouble(
    new_page: NewPage, stand_in: StandIn, watches: list[Watch], width: int, theme: Theme
) -> None:
    page = await new_page(width, theme)
    for view in (unknown_view(), calm_view(), overview_view(behind_seconds=60), overview_view(following=False)):
        stand_in.overview = view
        await page.goto(stand_in.address)
        await expect(page.locator(".tile")).to_have_count(7)
        assert await faults(page) == []
    watches[0].is_cut = True
    await stand_in.stop()
    await expect(page.locator(".connection")).to_have_text("Cut off")
    assert await faults(page) == []
    assert await overflow(page) <= 0


@BOTH
async def test_dialogs(new_page: NewPage, stand_in: StandIn, theme: Theme) -> None:
    page = await new_page(theme=theme)
    await page.goto(f"{stand_in.address}/dead-letters/payment/l-1")
    await page.locator(".letter").get_by_role("button", name="Discard").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await faults(page) == []


async def test_axe_finds_a_fault_that_is_planted(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/audit")
    await expect(page.locator(VIEWS["/audit"]).first).to_be_visible()  # the view replaces what stood there before it
    await page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [fault.partition(":")[0] for fault in await faults(page)] == ["button-name"]


async def test_the_theme_button_is_remembered(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    button = page.get_by_role("button", name="Theme: as the system. Change")
    await button.click()
    await page.get_by_role("button", name="Theme: light. Change").click()
    await page.reload()
    await expect(page.get_by_role("button", name="Theme: dark. Change")).to_be_visible()
    assert await page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


async def test_nothing_moves_for_those_who_asked_for_that(new_page: NewPage, stand_in: StandIn) -> None:
    moving = "getComputedStyle(document.querySelector('.dots')).animationName"
    for reduced, name in ((True, "none"), (False, "flow")):
        page = await new_page(reduced_motion=reduced)
        await page.goto(stand_in.address)
        await expect(page.locator(".dots").first).to_be_attached()
        assert await page.evaluate(moving) == name
