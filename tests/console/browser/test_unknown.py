"""What could not be looked at is said, and never looks like an all-clear."""

import pytest
from playwright.async_api import Page, expect

from tests.console.browser.standin.overviews import calm_view, unknown_view
from tests.console.browser.standin.server import StandIn
from tests.console.browser.watch import texts

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL_CLEAR = "Nothing. No saga is stuck"
PROBLEM = "Cosmos DB does not answer"


async def test_an_overview_without_its_sources_is_no_all_clear(page: Page, stand_in: StandIn) -> None:
    stand_in.overview = unknown_view().model_copy(update={"stuck": 0, "stuck_sagas": ()})
    await page.goto(stand_in.address)
    await expect(page.locator(".tile-number", has_text="unknown")).to_have_count(2)
    assert [text.partition(":")[0] for text in await texts(page, ".attention .problem")] == [
        "Lag is unknown",
        "Dead letters are unknown",
        "The audit is unknown",
    ]
    await expect(page.get_by_text(ALL_CLEAR)).to_have_count(0)
    await expect(page.locator(".bubble")).to_have_text(["? could not be looked at", "? could not be looked at"])


async def test_a_calm_overview_says_that_nothing_needs_a_person(page: Page, stand_in: StandIn) -> None:
    stand_in.overview = calm_view()
    await page.goto(stand_in.address)
    await expect(page.get_by_text(ALL_CLEAR)).to_be_visible()
    await expect(page.locator(".tile.is-calm")).to_have_count(3)


async def test_a_saga_says_what_could_not_be_looked_at(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/saga/ord-unknown")
    await expect(page.locator(".problem", has_text=PROBLEM)).to_have_count(5)
    await expect(page.get_by_text("Every participant has handled every event")).to_have_count(0)
    await expect(page.locator(".lane-events > li")).to_have_count(7)


async def test_a_rule_that_could_not_be_looked_at_does_not_hold(page: Page, stand_in: StandIn) -> None:
    rules = tuple(
        rule.model_copy(update={"holds": None if rule.holds is None else True}) for rule in stand_in.audit.rules
    )
    stand_in.audit = stand_in.audit.model_copy(update={"rules": rules, "findings": ()})
    await page.goto(f"{stand_in.address}/audit")
    await expect(page.locator(".rule .status")).to_have_text(["not known", "holds", "holds"])
    await expect(page.get_by_text("1 rule could not be looked at yet, so nothing is proved")).to_be_visible()
    await expect(page.get_by_text("Every rule holds")).to_have_count(0)


async def test_a_rule_that_is_broken_without_a_finding_is_said(page: Page, stand_in: StandIn) -> None:
    stand_in.audit = stand_in.audit.model_copy(update={"findings": ()})
    await page.goto(f"{stand_in.address}/audit")
    await expect(page.get_by_text("At least one rule is broken")).to_be_visible()
