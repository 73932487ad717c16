"""What need not be merged is answered range by range: each page has rows of one physical partition."""

import json

import pytest
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.direct import Direct
from tests.emulators.cosmos.merging import ALL, ALLOWED, ITEMS, plan_of, refusal, spread_over_three

IDS = [f"{number:02}" for number in range(60)]


@pytest.fixture
def spread(direct: Direct) -> Direct:
    return spread_over_three(direct)


def pages(direct: Direct, text: str, **headers: str) -> list[list[Json]]:
    """The pages of a query that is answered range by range."""
    found: list[list[Json]] = []
    token: str | None = ""
    while token is not None:
        page = direct.query(text, x_ms_continuation=token, **headers)
        assert page.status == 200, page.body
        found.append(json.loads(page.body)["Documents"])
        token = page.headers.get("x-ms-continuation")
    return found


@pytest.mark.parametrize("text", ["SELECT * FROM c WHERE c.n >= 0", "SELECT VALUE x FROM c JOIN x IN c.t"])
def test_what_need_not_be_merged_is_answered_range_by_range(spread: Direct, text: str) -> None:
    of_ranges = [
        json.loads(spread.query(text, x_ms_documentdb_partitionkeyrangeid=name).body)["Documents"] for name in "134"
    ]
    assert pages(spread, text) == of_ranges
    small = pages(spread, text, x_ms_max_item_count="7")
    assert small == [rows[at : at + 7] for rows in of_ranges for at in range(0, len(rows), 7)]
    assert plan_of(spread, text)["queryRanges"] == ALL


def test_ranges_without_rows_give_empty_pages(spread: Direct) -> None:
    assert pages(spread, "SELECT * FROM c WHERE c.n > 100") == [[], [], []]
    assert pages(spread, "SELECT VALUE c.id FROM c WHERE c.pk = 'b7'") == [["07"]]
    assert pages(spread, "SELECT VALUE c.id FROM c WHERE c.pk = 'b7'", **{ALLOWED: "False"}) == [["07"]]
    assert pages(spread, "SELECT TOP 1 VALUE 5") == [[5]]
    assert pages(spread, "SELECT VALUE 5") == [[5]]


def test_pages_of_ranges_continue_their_own_query(spread: Direct) -> None:
    token = spread.query("SELECT * FROM c").headers["x-ms-continuation"]
    refused = spread.query("SELECT * FROM c WHERE c.n > 1", x_ms_continuation=token)
    assert refusal(refused) == (400, None)
    assert b"it belongs to another query or container" in refused.body
    assert refusal(spread.query("SELECT * FROM c", x_ms_continuation="e30=")) == (400, None)
    assert spread.query("SELECT * FROM c", x_ms_continuation=token).status == 200


def test_items_are_listed_range_by_range(spread: Direct) -> None:
    found: list[list[str]] = []
    token: str | None = ""
    while token is not None:
        page = spread("GET", ITEMS, x_ms_continuation=token, x_ms_max_item_count="11")
        found.append([item["id"] for item in json.loads(page.body)["Documents"]])
        token = page.headers.get("x-ms-continuation")
    assert sorted(name for page in found for name in page) == IDS
    assert [page == sorted(page) for page in found] == [True] * len(found)
    assert len(found) > 6


@pytest.mark.parametrize("text", ["SELECT VALUE c.id FROM c", "SELECT VALUE c.id FROM c JOIN x IN c.one"])
def test_splits_while_ranges_are_read_lose_and_repeat_nothing(spread: Direct, text: str) -> None:
    for name in IDS:
        change = [{"op": "add", "path": "/one", "value": [1]}]
        spread.items("PATCH", {"operations": change}, item=name, key=f"b{int(name)}")
    found: list[str] = []
    token: str | None = ""
    while token is not None:
        page = spread.query(text, x_ms_continuation=token, x_ms_max_item_count="5")
        found += json.loads(page.body)["Documents"]
        token = page.headers.get("x-ms-continuation")
        spread.account.split("shop", "orders", None)
    assert sorted(found) == IDS
