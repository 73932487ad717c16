"""The questions of a person who has read nothing: which failed, why, what was undone, and what is missing?"""

import re

import pytest
from playwright.async_api import Page, expect

from tests.console.browser.standin.server import StandIn
from tests.console.browser.watch import Watch, texts

MINUS = "\N{MINUS SIGN}"

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_cancelled_saga_is_found_from_the_overview_with_two_clicks(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    await page.get_by_role("link", name="Failed 8").click()
    await expect(page).to_have_url(f"{stand_in.address}/search?q=status%3Afailed")
    await page.get_by_role("link", name="ord-1034").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("ord-1034")
    summary = await texts(page, ".summary > div")
    assert summary == [
        "Why it failed address_not_served",
        "What went wrong ShippingFailed by shipping",
        "Compensations InventoryReleased by inventory PaymentRefunded by payment",
    ]
    await expect(page.locator(".story")).to_contain_text("Two compensations ran")


async def test_a_failed_compensation_is_a_failure_that_needs_a_person(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/saga/ord-1050")
    await expect(page.locator(".summary > div")).to_have_count(4)
    assert (await texts(page, ".summary > div"))[2:] == [
        "Compensation failed: a person must act CompensationFailed by payment",
        "Compensations InventoryReleased by inventory",
    ]
    await expect(page.locator(".saga-head .status")).to_have_class("status is-failed")
    await expect(page.locator(".saga-head .status")).to_have_text("compensation-failed")
    await expect(page.locator(".lane-event.is-failed")).to_contain_text("CompensationFailed")
    await page.goto(f"{stand_in.address}/saga/ord-1051")
    await expect(page.locator(".summary > div")).to_have_count(4)
    assert (await texts(page, ".summary > div"))[2:] == [
        "Failed at first, done later CompensationFailed by payment",
        "Compensations InventoryReleased by inventory PaymentRefunded by payment",
    ]


async def test_the_failure_is_chosen_first_and_every_event_has_a_link(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/saga/ord-1034")
    await expect(page.locator("#event-title")).to_have_text("4 ShippingFailed")
    assert await texts(page, ".diff > li") == [
        f"status {MINUS} was PAID + is COMPENSATING",
        "reason + is address_not_served",
        f"status {MINUS} was CHARGED + is REFUNDED",
        "refund/amount + is 127.80",
        f"status {MINUS} was HELD + is RELEASED",
        f"items/0/quantity {MINUS} was 1 + is 0",
    ]
    await page.get_by_role("button", name=re.compile("PaymentRefunded.*because of 4")).click()
    await expect(page).to_have_url(f"{stand_in.address}/saga/ord-1034?event=6")
    await page.reload()
    await expect(page.locator("#event-title")).to_have_text("6 PaymentRefunded")
    await page.get_by_text("The event as the hub has it").click()
    await expect(page.get_by_label("Body")).to_contain_text('"type": "PaymentRefunded.v1"')


async def test_what_is_still_to_come_names_who_and_since_when(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/saga/ord-1039")
    owed = page.get_by_role("region", name="Still to come")
    await expect(owed).to_contain_text("payment has not handled 2 InventoryReserved for 6 min 50 s")
    await expect(owed).to_contain_text("Expected: PaymentCompleted or PaymentFailed")
    await expect(page.locator(".lane-event.is-wait")).to_contain_text("still to come")
    await page.get_by_role("link", name="Open the dead letter").click()
    await expect(page).to_have_url(f"{stand_in.address}/dead-letters/payment/l-1")


async def test_a_saga_that_is_not_known_says_so_and_offers_the_search(
    page: Page, stand_in: StandIn, watches: list[Watch]
) -> None:
    watches[0].is_cut = True  # Chromium writes every status 404 down
    await page.goto(f"{stand_in.address}/saga/ord-9")
    await expect(page.get_by_text("No event of a saga ord-9 is known here")).to_be_visible()
    await page.get_by_role("link", name="search for it").click()
    await expect(page.get_by_text("No saga for ord-9")).to_be_visible()


async def test_the_overview_says_who_is_behind_and_where_it_is_stalled(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    await expect(page.get_by_text("payment is stalled in partition 2: an outage")).to_be_visible()
    await expect(page.locator(".cell.is-alert")).to_contain_text("stalled")
    await expect(page.locator(".cell.is-cut")).to_contain_text("no replica")
    await expect(page.locator(".lag-row").nth(2)).to_contain_text("41 events wait, the oldest for 6 min 28 s")


async def test_the_graph_has_the_events_per_second_on_its_arrows(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    await expect(page.locator(".graph .event.is-flowing", has_text="ShippingFailed")).to_contain_text("0.3/s")
    flowing = await page.locator(".graph .event.is-flowing .event-rate").all_text_contents()
    assert sorted(flowing) == ["0.3/s", "0.3/s", "3.5/s", "3.5/s", "3.8/s", "4.1/s", "4.2/s", "< 0.1/s"]
    assert (
        await page.locator(".graph .line.is-compensating.is-flowing .dots").count() == 3 + 5
    )  # from three sayers to five hearers
    await page.get_by_role("button", name="As a list").click()
    await expect(page.locator(".flow-item", has_text="ShippingFailed")).to_contain_text(
        "to order, inventory and payment"
    )


async def test_the_hours_history_is_also_a_table(page: Page, stand_in: StandIn) -> None:
    await page.goto(stand_in.address)
    await page.get_by_text("The same as a table").click()
    table = page.get_by_role("region", name="The last hour as a table")
    assert await table.get_by_role("columnheader").all_inner_texts() == [
        "minute",
        "began",
        "open",
        "compensating",
        "OrderCompleted",
        "OrderCancelled",
    ]
    assert await page.locator(".chart canvas").count() == 2


async def test_news_of_a_saga_change_its_page(page: Page, stand_in: StandIn) -> None:
    await page.goto(f"{stand_in.address}/saga/ord-1034")
    await expect(page.locator(".lane-events > li")).to_have_count(7)
    known = stand_in.sagas["ord-1034"]
    stand_in.sagas["ord-1034"] = known.model_copy(update={"events": known.events[:3], "story": "It is open."})
    stand_in.news(["ord-1034"])
    await expect(page.locator(".story")).to_have_text("It is open.")
    await expect(page.locator(".lane-events > li")).to_have_count(3)


async def test_repeats_are_hidden_until_they_are_asked_for(page: Page, stand_in: StandIn) -> None:
    known = stand_in.sagas["ord-1034"]
    again = known.events[0].model_copy(update={"number": 8, "repeats": 1, "ms": 40_000})
    stand_in.sagas["ord-1034"] = known.model_copy(update={"events": (*known.events, again)})
    await page.goto(f"{stand_in.address}/saga/ord-1034")
    await expect(page.locator(".lane-events > li")).to_have_count(7)
    await page.get_by_role("button", name="Show 1 repeat").click()
    await expect(page.locator(".lane-events > li").last).to_contain_text("repeat of 1")


async def test_a_dead_letter_is_no_all_clear(page: Page, stand_in: StandIn) -> None:
    known = stand_in.sagas["ord-1039"]
    all_clear = page.get_by_text("Every participant has handled every event so far")
    stand_in.sagas["ord-1039"] = known.model_copy(update={"owed": ()})
    await page.goto(f"{stand_in.address}/saga/ord-1039")
    await expect(page.get_by_role("link", name="Open the dead letter")).to_be_visible()
    await expect(all_clear).to_have_count(0)
    stand_in.sagas["ord-1039"] = known.model_copy(update={"owed": (), "letters": ()})
    await page.reload()
    await expect(all_clear).to_be_visible()
