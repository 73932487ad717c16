"""What the page shows and does with the stores of the participants, on a whole stack."""

import re

import pytest
from playwright.async_api import Page, expect

from quartet.engine.failures.timeouts import stretched
from tests.console.browser.real.conftest import Stack
from tests.console.browser.watch import texts
from tests.faults.operator import quartet_apart, talk_to_the_bank
from tests.saga.shop import address, order

pytestmark = pytest.mark.asyncio(loop_scope="session")

# How long a saga, or news of it, may take.
LIMIT_MS = stretched(60) * 1000


async def test_an_event_shows_what_it_changed_in_every_participant(page: Page, stack: Stack) -> None:
    await quartet_apart(stack.shop, "publish", "samples/orders.jsonl", "--wait")
    await page.goto(f"{stack.console.address}/saga/ord-1034")
    await page.get_by_role("button", name=re.compile("ShippingFailed.*said by shipping")).click()
    of_payment = page.locator(".state").filter(has=page.get_by_role("heading", name=re.compile("^payment")))
    await expect(of_payment).to_contain_text("REFUNDED", timeout=LIMIT_MS)


async def test_a_dead_letter_is_redriven_and_its_saga_ends(page: Page, stack: Stack) -> None:
    await stack.shop.stock(console_kettle=3)
    refused = order(
        "refund-refused", {"console_kettle": 1}, payment_method="tok_refund_fails", shipping_address=address("AQ")
    )
    await stack.shop.publish(refused)
    await stack.shop.until("refund-refused", "NEEDS_ATTENTION")
    await page.goto(f"{stack.console.address}/saga/refund-refused")
    owed = page.get_by_role("region", name="Still to come")
    await expect(owed).to_contain_text("payment has not handled 4 ShippingFailed", timeout=LIMIT_MS)
    await page.get_by_role("link", name="Open the dead letter").click(timeout=LIMIT_MS)
    await page.locator(".letter").get_by_role("button", name="Dry run").click()
    await expect(page.locator("#outcome-title")).to_contain_text("Dry run")
    await talk_to_the_bank(stack.shop, "refund-refused")
    await page.locator(".letter").get_by_role("button", name="Redrive").click()
    await page.get_by_role("dialog").get_by_role("button", name="Redrive").click()
    await expect(page.locator(".outcome-list")).to_contain_text("handled", timeout=LIMIT_MS)
    await page.locator(".outcome-list").get_by_role("link", name="refund-refused").click()
    await expect(page.locator(".saga-head .status")).to_have_text("OrderCancelled", timeout=LIMIT_MS)
    await expect(page.locator(".summary")).to_contain_text("PaymentRefunded by payment")
    await expect(owed).to_have_count(0)


async def test_every_rule_of_the_audit_holds(page: Page, stack: Stack) -> None:
    await page.goto(f"{stack.console.address}/audit")
    await expect(page.get_by_text("Every rule holds")).to_be_visible(timeout=LIMIT_MS)
    assert set(await texts(page, ".rule > .status")) == {"holds"}
