"""A condition on a text is answered by an index: the same items as by a scan, and fewer are looked at."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from quartet_emulators.cosmos.exchange import Answer

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
    assert ids(ask(direct, "c.status = 'open'", x_ms_documentdb_partitionkey='["b1"]')) == ["o-1", "o-3"]


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


def test_what_is_deleted_is_forgotten_in_the_end(direct: Direct) -> None:
    container = direct.account.container("shop", "orders")
    for _ in range(3):
        for number in range(ITEMS, ITEMS + 900):
            put(direct, number, "brief")
        assert len(ids(ask(direct, "c.status = 'brief'"))) == 900
        for number in range(ITEMS, ITEMS + 900):
            direct.items("DELETE", item=f"o-{number}", key=f"b{number % 2}")
        assert ids(ask(direct, "c.status = 'brief'")) == []
    index = container.index(("status",))
    assert index is not None
    assert len(index) <= 2 * ITEMS + 1024


def test_no_more_than_eight_paths_are_indexed(direct: Direct) -> None:
    container = direct.account.container("shop", "orders")
    for number in range(9):
        assert ids(ask(direct, f"c.field{number} = 'a'")) == []
    assert container.index(("field7",)) is not None
    assert container.index(("field8",)) is None
    put(direct, 1, "open")
    assert ids(ask(direct, "c.status = 'open'")) == ["o-1"]


def _stored(direct: Direct) -> list[tuple[int, Any]]:
    container = direct.account.container("shop", "orders")
    documents = [json.loads(item.body) for item in container.by_number.values()]
    return [(int(document["id"].removeprefix("o-")), document["status"]) for document in documents]
