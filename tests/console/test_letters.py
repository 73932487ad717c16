"""Dead letters over HTTP: shown in groups, planned, redriven and discarded by the services themselves, and logged."""

import json
from pathlib import Path
from typing import Any

import pytest

from quartet.azure.cosmos.stored_letters import UnreadableLetterError
from quartet.console.letters.row import grouped, row_in
from quartet.console.views import LetterRow
from quartet.events import bucket_of, to_json
from tests.console.shop_console import Page, console
from tests.saga.shop import Shop, cancellation, order

LETTERS = "/api/dead-letters"


def letter(number: int, reason: str = "handler_failed", participant: str = "payment") -> LetterRow:
    return LetterRow(
        id=f"0-{number}-x", participant=participant, saga=f"s-{number}", type="A.v1", reason=reason, detail="",
        at=f"2026-01-01T00:00:{number % 60:02}Z", waits=False,
    )  # fmt: skip


def test_groups_name_what_is_large_first_and_show_the_newest_hundred() -> None:
    rows = [*(letter(number) for number in range(10_000)), letter(1, "waiting"), letter(2, participant="shipping")]
    groups = grouped(rows)
    assert [(group.participant, group.reason, group.count, len(group.letters)) for group in groups] == [
        ("payment", "handler_failed", 10_000, 100),
        ("payment", "waiting", 1, 1),
        ("shipping", "handler_failed", 1, 1),
    ]
    assert groups[0].letters[0].at == groups[0].newest_at == "2026-01-01T00:00:59Z"
    assert groups[0].oldest_at == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("missing", ["reason", "detail", "dead_at"])
def test_a_document_that_is_no_dead_letter_is_named(missing: str) -> None:
    whole = {"id": "0-1-x", "reason": "r", "detail": "d", "dead_at": "2026-01-01T00:00:00Z"}
    assert row_in("payment", whole).saga is None
    with pytest.raises(UnreadableLetterError, match=missing):
        row_in("payment", whole | {missing: 7})


def mine(letters: dict[str, Any], saga: str) -> list[dict[str, Any]]:
    """The rows of one saga."""
    return [row for group in letters["groups"] for row in group["letters"] if row["saga"] == saga]


async def poisoned(shop: Shop, page: Page, saga: str) -> dict[str, Any]:
    """A dead letter that can be repaired: payment meets a ledger entry that it cannot understand."""
    ledger, pk = shop.container("payments", "gateway-ledger"), bucket_of(saga, 16)
    await ledger.create_item({"id": f"payment_{saga}", "pk": pk, "kind": "charge", "outcome": "charged"})
    await shop.publish(order(saga, {"thurible": 1}))
    [row, *_] = mine(await page.until(LETTERS, lambda found: bool(mine(found, saga))), saga)
    return row


@pytest.mark.asyncio(loop_scope="session")
async def test_a_dead_letter_is_shown_planned_and_redriven(shop: Shop, tmp_path: Path) -> None:
    await shop.stock(thurible=5)
    async with console(shop, tmp_path, actions="on") as page:
        row = await poisoned(shop, page, "censed-1")
        assert (row["participant"], row["type"], row["reason"]) == ("payment", "InventoryReserved.v1", "handler_failed")
        chosen = {"participant": "payment", "ids": [row["id"]]}
        _, whole = await page.get(f"{LETTERS}/payment/{row['id']}")
        assert "InventoryReserved.v1" in whole["body"]
        assert whole["error"]
        assert whole["facts"]["attempts"] == "1"

        _, plan = await page.post(f"{LETTERS}/redrive", {**chosen, "dry_run": True})
        assert [(one["id"], one["became"]) for one in plan["results"]] == [(row["id"], "planned")]
        _, again = await page.post(f"{LETTERS}/redrive", chosen)
        assert [one["became"] for one in again["results"]] == ["still failing"]
        assert (again["problem"], again["results"][0]["is_open"]) == ("", True)

        await shop.container("payments", "gateway-ledger").delete_item("payment_censed-1", bucket_of("censed-1", 16))
        status, done = await page.post(f"{LETTERS}/redrive", chosen, x_ms_client_principal_name="ada@example.com")
        assert (status, [one["became"] for one in done["results"]]) == (200, ["handled"])
        assert done["results"][0]["said"] == ["PaymentCompleted.v1"]
        _, text = await shop.until_logged(lambda who, line: who == page.process and "ada@example.com" in line)
        line = json.loads(text)
        assert line["event"] == "operator: redrive of dead letters"
        assert (line["participant"], line["letters"], line["became"]) == ("payment", [row["id"]], {"handled": 1})
        await shop.until("censed-1", "COMPLETED")
        await page.until(LETTERS, lambda found: not mine(found, "censed-1"))


@pytest.mark.asyncio(loop_scope="session")
async def test_a_dead_letter_is_discarded(shop: Shop, tmp_path: Path) -> None:
    await shop.publish_for("eaten-9", {**to_json(cancellation("eaten-9")), "type": "OrderEaten.v1"})
    async with console(shop, tmp_path, actions="on") as page:
        seen = await page.until(LETTERS, lambda found: len(mine(found, "eaten-9")) == 4)
        for row in mine(seen, "eaten-9"):
            chosen = {"participant": row["participant"], "ids": [row["id"]]}
            _, done = await page.post(f"{LETTERS}/discard", chosen)
            assert [(one["participant"], one["became"]) for one in done["results"]] == [
                (row["participant"], "discarded")
            ]
        await page.until(LETTERS, lambda found: not mine(found, "eaten-9"))


@pytest.mark.asyncio(loop_scope="session")
async def test_what_cannot_be_done_is_said_in_a_line(shop: Shop, tmp_path: Path) -> None:
    async with console(shop, tmp_path, actions="on") as page:
        for body, status, text in (
            ({"participant": "payment", "ids": ["0-0-none"]}, 409, "there is no dead letter 0-0-none"),
            ({"participant": "painter", "ids": ["0-0-none"]}, 404, "there is no participant painter"),
            ({"participant": "payment", "ids": []}, 400, "choose 1 to"),
            ({"participant": "payment", "ids": [f"0-{number}-x" for number in range(201)]}, 400, "choose 1 to"),
            ({"participant": "payment"}, 400, "ids"),
        ):
            found, answer = await page.post(f"{LETTERS}/redrive", body)
            assert (found, text in answer["problem"]) == (status, True), answer
        status, answer = await page.get(f"{LETTERS}/payment/0-0-none")
        assert (status, "there is no dead letter" in answer["problem"]) == (404, True)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_page_that_is_read_only_acts_on_nothing(shop: Shop, tmp_path: Path) -> None:
    async with console(shop, tmp_path) as page:
        for action in ("redrive", "discard"):
            answer = await page.post(f"{LETTERS}/{action}", {"participant": "payment", "ids": ["0-0-none"]})
            assert answer == (403, {"problem": "this page is read-only: set CONSOLE_ACTIONS=on"})


@pytest.mark.asyncio(loop_scope="session")
async def test_the_console_shows_states_and_audit_of_a_saga(shop: Shop, tmp_path: Path) -> None:
    """All parts together: an order that goes through while the console looks."""
    await shop.stock(censer=5)
    async with console(shop, tmp_path) as page:
        await shop.publish(order("censed-2", {"censer": 1}))
        await shop.until("censed-2", "COMPLETED")
        await page.until("/api/audit", lambda found: found["judged"] > 0 and found["behind_sagas"] == 0)
        saga = await page.until(
            "/api/sagas/censed-2",
            lambda found: (
                {one["participant"] for one in found["states"]} == {"order", "inventory", "payment", "shipping"}
            ),
        )
        assert saga["findings"] == []
        assert saga["letters"] == []
        changes = {
            (one["participant"], change["path"]): change["after"] for one in saga["states"] for change in one["changes"]
        }
        assert changes["payment", "status"] == "CHARGED"
        _, audit = await page.get("/api/audit")
        assert {rule["scope"] for rule in audit["rules"]} == {"hub", "saga", "everything"}
