"""``.../pkranges`` and what names a physical partition, request by request."""

import json

import pytest
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.exchange import Answer
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.physical import PhysicalPartitions

from tests.emulators.cosmos.direct import Direct

RANGES = "dbs/shop/colls/orders/pkranges"
ITEMS = "dbs/shop/colls/orders/docs"


def split(direct: Direct, partition: str | None = None) -> list[str]:
    return [half.id for half in direct.account.split("shop", "orders", partition)]


def entries(answer: Answer) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = json.loads(answer.body)["PartitionKeyRanges"]
    return found


def test_the_ranges_lie_side_by_side(direct: Direct) -> None:
    split(direct)
    split(direct, "2")
    answer = direct("GET", RANGES)
    assert [(one["id"], one["minInclusive"], one["maxExclusive"], one["parents"]) for one in entries(answer)] == [
        ("1", "", "20" + "0" * 30, ["0"]),
        ("3", "20" + "0" * 30, "30" + "0" * 30, ["0", "2"]),
        ("4", "30" + "0" * 30, "FF", ["0", "2"]),
    ]
    assert {one["status"] for one in entries(answer)} == {"online"}


def test_a_client_that_has_read_the_ranges_gets_304_until_a_split(direct: Direct) -> None:
    etag = direct("GET", RANGES).headers["etag"]
    assert direct("GET", RANGES, if_none_match=etag).status == 304
    split(direct)
    changed = direct("GET", RANGES, if_none_match=etag)
    assert changed.status == 200
    assert changed.headers["etag"] != etag
    assert direct("GET", RANGES, if_none_match=changed.headers["etag"]).status == 304


def test_the_incremental_feed_has_what_is_new(direct: Direct) -> None:
    split(direct)
    etag = direct("GET", RANGES, a_im="Incremental Feed").headers["etag"]
    split(direct, "1")
    split(direct, "4")
    changed = direct("GET", RANGES, a_im="Incremental Feed", if_none_match=etag)
    assert [one["id"] for one in entries(changed)] == ["3", "5", "6"]
    last = changed.headers["etag"]
    assert direct("GET", RANGES, a_im="Incremental Feed", if_none_match=last).status == 304


@pytest.mark.parametrize("etag", ["", "abc", '"99"', "*", '"' + "9" * 5000 + '"'])
def test_an_etag_of_something_else_gets_all_ranges(direct: Direct, etag: str) -> None:
    split(direct)
    answer = direct("GET", RANGES, a_im="Incremental Feed", if_none_match=etag)
    assert [one["id"] for one in entries(answer)] == ["1", "2"]


def test_the_ranges_can_only_be_read(direct: Direct) -> None:
    assert direct("POST", RANGES, {}).status == 405


@pytest.mark.parametrize("partition", ["0", "7", "", "x"])
def test_a_request_that_names_a_range_that_is_gone_is_refused(direct: Direct, partition: str) -> None:
    direct.items("POST", {"id": "1", "pk": "b1"})
    split(direct)
    named = {"x_ms_documentdb_partitionkeyrangeid": partition}
    bulk = {"x_ms_cosmos_is_batch_request": "True", "x_ms_cosmos_batch_atomic": "False"}
    answers = [
        direct.query("SELECT * FROM c", **named),
        direct("GET", ITEMS, **named),
        direct("GET", ITEMS, a_im="Incremental Feed", **named),
        direct("GET", ITEMS, x_ms_start_epk="", x_ms_end_epk="20", **named),
        direct.items("GET", item="1", **named),
        direct("POST", ITEMS, [{"operationType": "Read", "id": "1", "partitionKey": '["b1"]'}], **bulk, **named),
    ]
    assert {(answer.status, answer.headers["x-ms-substatus"]) for answer in answers} == {(410, "1002")}


def test_a_request_is_limited_to_the_range_that_it_names(direct: Direct) -> None:
    for number in range(20):
        direct.items("POST", {"id": str(number), "pk": f"b{number}"}, key=f"b{number}")
    first, second = split(direct)

    def found(**headers: str) -> set[str]:
        return {
            item["id"] for item in json.loads(direct("GET", ITEMS, **headers).body or b'{"Documents":[]}')["Documents"]
        }

    lower = found(x_ms_documentdb_partitionkeyrangeid=first)
    upper = found(x_ms_documentdb_partitionkeyrangeid=second)
    assert lower | upper == {str(number) for number in range(20)}
    assert not lower & upper
    limits = {"x_ms_start_epk": "10", "x_ms_end_epk": "30"}
    both = found(**limits)
    assert found(x_ms_documentdb_partitionkeyrangeid=first, **limits) == both & lower
    assert found(x_ms_documentdb_partitionkeyrangeid=second, **limits) == both & upper
    assert both & lower
    assert both & upper
    assert found(x_ms_documentdb_partitionkeyrangeid=first, a_im="Incremental Feed") == lower


def test_a_continuation_of_a_range_is_one_of_its_halves(direct: Direct) -> None:
    for number in range(30):
        direct.items("POST", {"id": str(number), "pk": f"b{number}"}, key=f"b{number}")
    page = direct.query("SELECT VALUE c.id FROM c", x_ms_documentdb_partitionkeyrangeid="0", x_ms_max_item_count="10")
    found = json.loads(page.body)["Documents"]
    for half in split(direct):
        named = {"x_ms_documentdb_partitionkeyrangeid": half, "x_ms_continuation": page.headers["x-ms-continuation"]}
        found += json.loads(direct.query("SELECT VALUE c.id FROM c", **named).body)["Documents"]
    assert sorted(found) == sorted(str(number) for number in range(30))


def test_a_number_of_rows_is_no_place_in_a_half(direct: Direct) -> None:
    """Skipping as many rows there would lose some."""
    split(direct)
    for number in range(30):
        direct.items("POST", {"id": str(number), "pk": f"b{number}"}, key=f"b{number}")
    query = "SELECT DISTINCT VALUE c.id FROM c"
    page = direct.query(query, x_ms_documentdb_partitionkeyrangeid="1", x_ms_max_item_count="5")
    continued = {"x_ms_continuation": page.headers["x-ms-continuation"]}
    assert direct.query(query, x_ms_documentdb_partitionkeyrangeid="1", **continued).status == 200
    for half in split(direct, "1"):
        assert direct.query(query, x_ms_documentdb_partitionkeyrangeid=half, **continued).status == 400


def test_the_answer_names_the_ranges_that_it_is_about(direct: Direct) -> None:
    split(direct)
    written = direct.items("POST", {"id": "1", "pk": "b1"})
    token, name = written.headers["x-ms-session-token"], written.headers["x-ms-documentdb-partitionkeyrangeid"]
    assert token == f"{name}:-1#1"
    assert name in {"1", "2"}
    assert direct.query("SELECT * FROM c").headers["x-ms-session-token"] == "1:-1#1,2:-1#1"
    of_second = direct.query("SELECT * FROM c", x_ms_documentdb_partitionkeyrangeid="2")
    assert of_second.headers["x-ms-session-token"] == "2:-1#1"


def test_keys_of_the_first_version_have_one_range(direct: Direct) -> None:
    old = {"id": "old", "partitionKey": {"paths": ["/pk"], "version": 1}}
    assert direct("POST", "dbs/shop/colls", old, x_ms_offer_throughput="30000").status == 201
    assert len(entries(direct("GET", "dbs/shop/colls/old/pkranges"))) == 1
    with pytest.raises(CosmosError, match="version 1"):
        direct.account.split("shop", "old", None)


def test_a_new_container_of_the_same_name_has_ranges_of_its_own(direct: Direct) -> None:
    split(direct)
    key = direct.account.container("shop", "orders").key
    direct("DELETE", "dbs/shop/colls/orders")
    assert direct.account.storage.partitions(key) is None
    direct("POST", "dbs/shop/colls", {"id": "orders", "partitionKey": {"paths": ["/pk"], "version": 2}})
    assert [one["id"] for one in entries(direct("GET", RANGES))] == ["0"]


def test_ranges_are_split_until_they_are_as_narrow_as_can_be() -> None:
    partitions = PhysicalPartitions()
    for _ in range(126):
        partitions = partitions.split(partitions.all[0].id)
    assert len(partitions.all) == 127
    with pytest.raises(CosmosError, match="as narrow as it can be"):
        partitions.split(partitions.all[0].id)


def test_a_throughput_beyond_all_bounds_is_a_hundred_ranges(direct: Direct) -> None:
    definition = {"id": "wide", "partitionKey": {"paths": ["/pk"], "version": 2}}
    direct("POST", "dbs/shop/colls", definition, x_ms_offer_throughput="9" * 30)
    assert len(entries(direct("GET", "dbs/shop/colls/wide/pkranges"))) == 100
