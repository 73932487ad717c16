"""Whether what is shown is current: the page says loudly when it is not, and recovers without a person."""

import pytest
from playwright.async_api import Page, expect

from tests.console.browser.standin.overviews import overview_view
from tests.console.browser.standin.server import StandIn
from tests.console.browser.watch import Watch

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_cut_off_and_back(page: Page, stand_in: StandIn, watches: list[Watch]) -> None:
    await page.goto(stand_in.address)
    await expect(page.locator(".connection")).to_have_text("Live")
    watches[0].is_cut = True
    await stand_in.stop()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Cut off from the console's server since")
    await expect(alert).to_contain_text("Everything below is as it was at")
    await expect(page.locator(".connection")).to_have_text("Cut off")
    await expect(page.locator(".retry")).to_contain_text("Next attempt in")
    stand_in.overview = overview_view(open=77)
    await stand_in.start()
    await expect(page.locator(".connection")).to_have_text("Live")
    await expect(alert).to_be_empty()
    await expect(page.locator(".tile.is-open")).to_contain_text("77")


async def test_a_saga_is_loaded_again_when_the_page_is_back(
    page: Page, stand_in: StandIn, watches: list[Watch]
) -> None:
    await page.goto(f"{stand_in.address}/saga/ord-1039")
    await expect(page.locator(".connection")).to_have_text("Live")
    watches[0].is_cut = True
    await stand_in.stop()
    await expect(page.locator(".connection")).to_have_text("Cut off")
    done = stand_in.sagas["ord-1039"].model_copy(update={"story": "It is over."})
    stand_in.sagas["ord-1039"] = done
    await stand_in.start()
    await expect(page.locator(".story")).to_have_text("It is over.")


async def test_a_hub_that_cannot_be_read_is_said_with_its_reason(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    await expect(page.locator(".connection")).to_have_text("Live")
    stand_in.say(overview_view(following=False, problem="the hub refused the connection"))
    await expect(page.get_by_role("alert")).to_contain_text("cannot read the hub: the hub refused the connection")
    await expect(page.locator(".connection")).to_have_text("Not following")
    stand_in.say(overview_view())
    await expect(page.get_by_role("alert")).to_be_empty()


async def test_a_page_that_is_behind_says_by_how_much(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    stand_in.say(overview_view(behind_seconds=95, behind_events=1200))
    await expect(page.get_by_role("alert")).to_contain_text("behind the hub")
    await expect(page.locator(".connection")).to_have_text("1 min 35 s behind")


async def test_a_page_opened_before_its_server_waits_for_it(
    page: Page, stand_in: StandIn, watches: list[Watch]
) -> None:
    watches[0].is_cut = True
    await page.route("**/api/app", lambda route: route.fulfill(status=503, json={"detail": "the console starts"}))
    await page.goto(stand_in.address)
    await expect(page.get_by_role("alert")).to_contain_text("the console starts")
    await page.unroute("**/api/app")
    await expect(page.locator(".connection")).to_have_text("Live")


async def test_a_connection_that_is_silent_is_asked_and_found_dead(
    page: Page, stand_in: StandIn, watches: list[Watch]
) -> None:
    await page.clock.install()
    await page.goto(stand_in.address)
    await expect(page.locator(".connection")).to_have_text("Live")
    stand_in.overview = overview_view(open=31)
    await page.clock.fast_forward(25_000)  # nothing was said, and the server answers: it was quiet
    await expect(page.locator(".tile.is-open")).to_contain_text("31")
    await expect(page.locator(".connection")).to_have_text("Live")
    watches[0].is_cut = True
    await page.route("**/api/overview", lambda route: route.abort())
    await page.route("**/api/live", lambda route: route.abort())
    await page.clock.fast_forward(25_000)
    await expect(page.get_by_role("alert")).to_contain_text("Cut off from the console's server")
