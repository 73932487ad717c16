"""What an index answers: the same items in the same order as a scan gives, and fewer are looked at."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from quartet_emulators.cosmos.exchange import Answer
from quartet_emulators.cosmos.sql.values import UNDEFINED, sort_key

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct

ITEMS = 600
STATUSES = ("open", "closed", "øpen", "", None, 7, ["open"], {"open": "open"})


@pytest.fixture
def direct(tmp_path: Path, clock: Clock) -> Iterator[Direct]:
    direct = Direct(tmp_path, clock)
    for number in range(ITEMS):
        put(direct, number, "closed")
    yield direct
    direct.close()


def put(direct: Direct, number: int, status: object) -> None:
    document = {"id": f"o-{number}", "pk": f"b{number % 2}", "at": {"status": status}, "status": status}
    direct.items("POST", document, key=f"b{number % 2}", x_ms_documentdb_is_upsert="True")


def ids(answer: Answer) -> list[str]:
    return [row["id"] for row in json.loads(answer.body)["Documents"]]


def test_a_page_in_the_order_of_an_index_continues_in_both_halves_of_a_split_partition(direct: Direct) -> None:
    query, named = "SELECT c.id FROM c ORDER BY c.id", "x_ms_documentdb_partitionkeyrangeid"
    direct.query(query)
    while direct.dispatcher.build_indexes():
        pass
    page = direct.query(query, x_ms_max_item_count="100", **{named: "0"})
    found = ids(page)
    halves = direct.account.split("shop", "orders", "0")
    for half in halves:
        continued = {"x_ms_max_item_count": "1000", "x_ms_continuation": page.headers["x-ms-continuation"]}
        found += ids(direct.query(query, **continued, **{named: half.id}))
    assert found[:100] == sorted(f"o-{number}" for number in range(ITEMS))[:100]
    assert sorted(found) == sorted(f"o-{number}" for number in range(ITEMS))


def ask(direct: Direct, condition: str, **headers: str) -> Answer:
    return direct.query(f"SELECT c.id FROM c WHERE {condition}", x_ms_max_item_count="1000", **headers)


def charge(answer: Answer) -> float:
    return float(answer.headers["x-ms-request-charge"])


@pytest.mark.parametrize(
    "condition",
    [
        "c.status = 'open'",
        "'open' = c.status AND c.pk = 'b1'",
        "c.status IN ('open', 'øpen')",
        'c["at"].status = "open" AND c.id != "o-3"',
        "c.pk >= 'b0' AND c.at.status = 'open'",
    ],
)
def test_as_many_items_are_looked_at_as_have_the_text(direct: Direct, condition: str) -> None:
    for number in range(5):
        put(direct, number, "open")
    found = ask(direct, condition)
    assert found.status == 200
    assert 0 < len(ids(found)) <= 5
    assert charge(found) < charge(ask(direct, f"({condition}) OR c.no = 1")) - 0.02 * (ITEMS - 10)


def test_the_texts_may_be_a_parameter(direct: Direct) -> None:
    put(direct, 3, "open")
    for value, expected in ((["open", 7], ["o-3"]), (["open"], ["o-3"]), ([], []), ("open", []), (None, [])):
        query, parameters = (
            "SELECT c.id FROM c WHERE ARRAY_CONTAINS(@open, c.status)",
            [{"name": "@open", "value": value}],
        )
        assert ids(direct.query(query, parameters)) == expected


def test_ids_in_a_list_are_looked_up(direct: Direct) -> None:
    parameters = [{"name": "@ids", "value": ["o-7", "o-5", 4, "none"]}]
    found = direct.query("SELECT c.id FROM c WHERE ARRAY_CONTAINS(@ids, c.id)", parameters)
    assert ids(found) == ["o-5", "o-7"]
    assert charge(found) < 3


def test_a_query_of_a_partition_finds_its_own_items(direct: Direct) -> None:
    for number in range(4):
        put(direct, number, "open")
    found = ask(direct, "c.status = 'open'", x_ms_documentdb_partitionkey='["b1"]')
    assert ids(found) == ["o-1", "o-3"]
    assert charge(found) < 3
    direct.items("POST", {"id": "alone", "pk": "b3"}, key="b3")
    alone = ask(direct, "c.id != 'o-3'", x_ms_documentdb_partitionkey='["b3"]')
    assert charge(alone) < 3  # a small partition is looked through


def test_whatever_is_written_the_index_finds_what_a_scan_finds(direct: Direct) -> None:
    random = Random(7)
    for _ in range(60):
        for _ in range(random.randrange(4)):
            number = random.randrange(ITEMS + 50)
            if random.random() < 0.3:
                direct.items("DELETE", item=f"o-{number}", key=f"b{number % 2}")
            else:
                put(direct, number, random.choice(STATUSES))
        scanned = [number for number, status in _stored(direct) if isinstance(status, str) and status in {"open", ""}]
        assert ids(ask(direct, "c.status IN ('open', '')")) == [f"o-{number}" for number in scanned]


@pytest.mark.parametrize(
    ("before", "after", "condition"),
    [
        (1, True, "c.status = true"),
        (True, 1, "c.status = 1"),
        ([1], [True], "ARRAY_CONTAINS(c.status, true)"),
        (["a", "b"], ["a", "c"], "ARRAY_CONTAINS(c.status, 'c')"),
        (None, "a", "c.status = 'a'"),
        ("a" * 300, "a" * 299 + "b", f"c.status = '{'a' * 299}b'"),
    ],
)
def test_an_item_is_found_by_the_value_that_a_write_gives_it(
    direct: Direct, before: object, after: object, condition: str
) -> None:
    put(direct, 1, before)
    assert ids(ask(direct, condition)) == []
    put(direct, 1, after)
    answer = ask(direct, condition)
    assert ids(answer) == ["o-1"]
    assert charge(answer) < 3  # from the index


def test_what_is_deleted_has_no_entry_in_an_index(direct: Direct) -> None:
    for number in range(ITEMS, ITEMS + 90):
        put(direct, number, "brief")
    assert len(ids(ask(direct, "c.status = 'brief'"))) == 90
    for number in range(ITEMS, ITEMS + 90):
        direct.items("DELETE", item=f"o-{number}", key=f"b{number % 2}")
    assert ids(ask(direct, "c.status = 'brief'")) == []
    assert _entries(direct) == ITEMS


def test_there_are_no_more_than_sixteen_indexes(direct: Direct) -> None:
    for number in range(17):
        assert ids(ask(direct, f"c.field{number} = 'a'")) == []
    put(direct, 1, "open")
    assert ids(ask(direct, "c.status = 'open'")) == ["o-1"]
    assert charge(ask(direct, "c.field15 = 'a'")) < 3
    assert charge(ask(direct, "c.field16 = 'a'")) > 10


def _entries(direct: Direct) -> int:
    """How many entries all indexes have."""
    with closing(sqlite3.connect(direct.account.storage.path)) as file:
        return int(file.execute("SELECT COUNT(*) FROM entries").fetchone()[0])


def _stored(direct: Direct) -> list[tuple[int, Any]]:
    container = direct.account.container("shop", "orders")
    documents = [json.loads(item.body) for item in container.items.scan()]
    return [(int(document["id"].removeprefix("o-")), document["status"]) for document in documents]


VALUES: tuple[Any, ...] = (None, True, False, -3, 0, 2.5, 2**60, "", "a", "a\0", "a\0b", "b", "ø", [1], ["a"], {"a": 1})


def put_value(direct: Direct, number: int, **fields: object) -> None:
    document = {"id": f"o-{number}", "pk": f"b{number % 2}", **fields}
    direct.items("POST", document, key=f"b{number % 2}", x_ms_documentdb_is_upsert="True")


def pages(direct: Direct, text: str, size: int, **headers: str) -> list[str]:
    """All pages of a query."""
    found: list[str] = []
    while True:
        answer = direct.query(text, x_ms_max_item_count=str(size), **headers)
        assert answer.status == 200, answer.body
        found += ids(answer)
        if "x-ms-continuation" not in answer.headers:
            return found
        headers["x_ms_continuation"] = answer.headers["x-ms-continuation"]


CONDITIONS = [
    "c.v = 'a'",
    "c.v = 2.5",
    "c.v = null",
    "c.v = true",
    "c.v > 0",
    "c.v >= 0 AND c.v < 3",
    "-3 < c.v",
    "c.v < 'b'",
    "c.v BETWEEN 'a' AND 'b'",
    "STARTSWITH(c.v, 'a')",
    "STARTSWITH(c.v, '')",
    "ARRAY_CONTAINS(c.v, 'a')",
    "ARRAY_CONTAINS(c.v, 1) AND c.pk = 'b1'",
    "c.v IN ('a', 2.5, null)",
    "c.v IN (-3, 'ø')",
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_values_of_all_types_are_found_as_a_scan_finds_them(direct: Direct, condition: str) -> None:
    for number, value in enumerate(VALUES * 2):
        put_value(direct, number, v=value)
    scanned = pages(direct, f"SELECT c.id FROM c WHERE ({condition}) OR c.none = 1", 1000)
    assert scanned
    assert pages(direct, f"SELECT c.id FROM c WHERE {condition}", 3) == scanned
    assert charge(ask(direct, condition)) < 3.5


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("where", ["", "WHERE c.v > 0", "WHERE c.pk = 'b1'", "WHERE c.v = 'a'"])
def test_an_index_gives_the_order_that_sorting_gives(direct: Direct, where: str, direction: str) -> None:
    random = Random(3)
    for number in range(ITEMS):
        put_value(direct, number, v=random.choice(VALUES), w=number)
    # The same order from a query that has to sort: an expression is none that an index holds.
    sorted_rows = direct.query(f"SELECT c.id, c.v, c.w FROM c {where}", x_ms_max_item_count="1000")
    rows = json.loads(sorted_rows.body)["Documents"]
    rows.sort(key=lambda row: (sort_key(row.get("v", UNDEFINED)), row["w"]), reverse=direction == "DESC")
    expected = [row["id"] for row in rows]
    assert pages(direct, f"SELECT * FROM c {where} ORDER BY c.v {direction}", 7) == expected
    assert pages(direct, f"SELECT c.id FROM c {where} ORDER BY c.v {direction}", 70) == expected
    top = direct.query(f"SELECT TOP 5 c.id FROM c {where} ORDER BY c.v {direction}")
    assert ids(top) == expected[:5]


def test_a_page_in_order_costs_the_same_wherever_it_begins(direct: Direct) -> None:
    for number in range(ITEMS):
        put_value(direct, number, v=number)
    first = direct.query("SELECT * FROM c ORDER BY c.v", x_ms_max_item_count="10")
    token = direct.query("SELECT * FROM c ORDER BY c.v", x_ms_max_item_count="500").headers["x-ms-continuation"]
    later = direct.query("SELECT * FROM c ORDER BY c.v", x_ms_max_item_count="10", x_ms_continuation=token)
    assert ids(later) == [f"o-{number}" for number in range(500, 510)]
    assert charge(later) == pytest.approx(charge(first), abs=0.2)


def test_long_texts_are_sorted_although_their_keys_are_cut(direct: Direct) -> None:
    for number in range(20):
        put_value(direct, number, v="x" * 600 + f"{(number * 7) % 20:02}")
    found = pages(direct, "SELECT * FROM c WHERE STARTSWITH(c.v, 'x') ORDER BY c.v", 3)
    assert found == [f"o-{number}" for number in sorted(range(20), key=lambda number: (number * 7) % 20)]
    assert ids(ask(direct, "c.v = '" + "x" * 600 + "07'")) == ["o-1"]
    assert pages(direct, "SELECT * FROM c ORDER BY c.v", 100)[-20:] == found


def test_a_continuation_token_with_a_key_has_less_than_1_kb(direct: Direct) -> None:
    for number in range(ITEMS):
        put_value(direct, number, v="ø" * 120 + f"{number:04}")
    answer = direct.query("SELECT * FROM c ORDER BY c.v", x_ms_max_item_count="10")
    assert charge(answer) < 10  # from the index
    assert 300 < len(answer.headers["x-ms-continuation"]) < 1024


def test_what_has_expired_is_in_no_answer_from_an_index(direct: Direct, clock: Clock) -> None:
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    assert direct("PUT", "dbs/shop/colls/orders", {"id": "orders", "partitionKey": key, "defaultTtl": -1}).status == 200
    put_value(direct, 3, status="open", v=1, ttl=10)
    put_value(direct, 4, status="open", v=2)
    found = ["SELECT * FROM c WHERE c.status = 'open'", "SELECT * FROM c WHERE c.v > 0 ORDER BY c.v"]
    assert [pages(direct, text, 1) for text in found] == [["o-3", "o-4"]] * 2
    clock.now += 11
    assert [pages(direct, text, 1) for text in found] == [["o-4"]] * 2


def test_several_properties_are_sorted_by_a_composite_index_or_not_at_all(direct: Direct) -> None:
    text = "SELECT * FROM c ORDER BY c.v ASC, c.w DESC"
    refused = direct.query(text)
    assert refused.status == 400
    assert b"composite index" in refused.body
    composite = [{"path": "/v", "order": "ascending"}, {"path": "/w", "order": "descending"}]
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    definition = {"id": "orders", "partitionKey": key, "indexingPolicy": {"compositeIndexes": [composite]}}
    assert direct("PUT", "dbs/shop/colls/orders", definition).status == 200
    for number in range(ITEMS):
        put_value(direct, number, v=number % 3, w=number)
    expected = [f"o-{number}" for number in sorted(range(ITEMS), key=lambda number: (number % 3, -number))]
    assert pages(direct, text, 100) == expected
    assert pages(direct, "SELECT * FROM c ORDER BY c.v DESC, c.w ASC", 100) == expected[::-1]
    of_one = direct.query("SELECT * FROM c WHERE c.v = 1 ORDER BY c.v ASC, c.w DESC", x_ms_max_item_count="2")
    assert ids(of_one) == [f"o-{ITEMS - 2}", f"o-{ITEMS - 5}"]
    assert charge(of_one) < 3
    assert direct.query("SELECT * FROM c ORDER BY c.v, c.w").status == 400


def test_what_the_policy_excludes_is_not_indexed(direct: Direct) -> None:
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    policy = {"includedPaths": [{"path": "/at/status/?"}], "excludedPaths": [{"path": "/*"}]}
    put(direct, 3, "open")
    assert charge(ask(direct, "c.status = 'open'")) < 3
    definition = {"id": "orders", "partitionKey": key, "indexingPolicy": policy}
    assert direct("PUT", "dbs/shop/colls/orders", definition).status == 200
    assert _entries(direct) == 0
    assert ids(ask(direct, "c.status = 'open'")) == ["o-3"]
    assert charge(ask(direct, "c.status = 'open'")) > 0.02 * ITEMS
    assert charge(ask(direct, "c.at.status = 'open'")) < 3
    assert direct.query("SELECT * FROM c ORDER BY c.at.status").status == 200
    refused = direct.query("SELECT * FROM c ORDER BY c.status")
    assert (refused.status, b"is excluded" in refused.body) == (400, True)


@pytest.mark.parametrize(
    "policy",
    [
        {"includedPaths": 5},
        {"includedPaths": ["/*"]},
        {"excludedPaths": [{"path": "status"}]},
        {"includedPaths": [{"path": "/status"}]},
        {"compositeIndexes": [[{"path": "/v"}]]},
        {"compositeIndexes": [[{"path": "/v"}, {"path": "/w", "order": "up"}]]},
        {"indexingMode": "sometimes"},
    ],
)
def test_an_indexing_policy_that_means_nothing_is_refused(direct: Direct, policy: dict[str, Any]) -> None:
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    answer = direct("POST", "dbs/shop/colls", {"id": "other", "partitionKey": key, "indexingPolicy": policy})
    assert answer.status == 400


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({}, ([{"path": "/*"}], [{"path": '/"_etag"/?'}])),
        ({"includedPaths": [{"path": "/", "indexes": []}]}, ([{"path": "/*"}], [{"path": '/"_etag"/?'}])),
        ({"excludedPaths": [{"path": "/*"}]}, ([], [{"path": "/*"}, {"path": '/"_etag"/?'}])),
        ({"excludedPaths": [{"path": "/v/?"}]}, ([{"path": "/*"}], [{"path": "/v/?"}, {"path": '/"_etag"/?'}])),
        ({"indexingMode": "none"}, ([], [])),
    ],
)
def test_a_policy_is_read_back_as_the_service_keeps_it(
    direct: Direct, said: dict[str, Any], kept: tuple[list[Any], list[Any]]
) -> None:
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    answer = direct("POST", "dbs/shop/colls", {"id": "other", "partitionKey": key, "indexingPolicy": said})
    assert answer.status == 201
    policy = json.loads(answer.body)["indexingPolicy"]
    assert (policy["includedPaths"], policy["excludedPaths"]) == kept


def test_indexes_last_over_a_restart(direct: Direct, tmp_path: Path, clock: Clock) -> None:
    put(direct, 3, "open")
    before = charge(ask(direct, "c.status = 'open'"))
    direct.close()
    again = Direct(tmp_path, clock)
    put(again, 4, "open")
    found = ask(again, "c.status = 'open'")
    assert ids(found) == ["o-3", "o-4"]
    assert charge(found) == pytest.approx(before + 0.02, abs=0.02)
    again.close()


def test_a_large_container_is_indexed_in_steps_that_writes_come_between(direct: Direct) -> None:
    for number in range(ITEMS, 2600):
        put(direct, number, "closed")
    whole = 0.02 * 2600
    assert charge(ask(direct, "c.status = 'open'")) > whole
    build = direct.dispatcher.build_indexes
    put(direct, 5, "open")  # in the part that is built
    put(direct, 2500, "open")  # behind it
    direct.items("DELETE", item="o-7", key="b1")
    assert ids(ask(direct, "c.status = 'open'")) == ["o-5", "o-2500"]
    assert charge(ask(direct, "c.status = 'open'")) > whole
    while build():
        put(direct, 5, "open")
    found = ask(direct, "c.status = 'open'")
    assert ids(found) == ["o-5", "o-2500"]
    assert charge(found) < 3
    assert _entries(direct) == 2599
