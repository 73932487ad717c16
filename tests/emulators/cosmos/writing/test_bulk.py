"""Batches that are not transactional, as `items.bulk` of the JavaScript client sends them."""

import json

import pytest
from quartet_emulators.cosmos.exchange import Answer
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.direct import Direct


def bulk(direct: Direct, operations: Json, *, go_on: bool = True) -> Answer:
    headers = {
        "x_ms_cosmos_is_batch_request": "True",
        "x_ms_cosmos_batch_atomic": "false",
        "x_ms_cosmos_batch_continue_on_error": str(go_on),
        "x_ms_documentdb_partitionkeyrangeid": "0",
    }
    return direct("POST", "dbs/shop/colls/orders/docs", operations, **headers)


def statuses(answer: Answer) -> list[int]:
    return [result["statusCode"] for result in json.loads(answer.body)]


def create(item: str, pk: str = "b1", **fields: Json) -> dict[str, Json]:
    body = {"id": item, "pk": pk, **fields}
    return {"operationType": "Create", "partitionKey": json.dumps([pk]), "resourceBody": body}


def on(kind: str, item: str, pk: str = "b1", **more: Json) -> dict[str, Json]:
    return {"operationType": kind, "id": item, "partitionKey": json.dumps([pk]), **more}


def test_each_operation_names_its_own_partition_and_has_its_own_status(direct: Direct) -> None:
    patch = {"operations": [{"op": "incr", "path": "/n", "value": 2}]}
    answer = bulk(
        direct,
        [
            create("1", n=1),
            create("2", "b2"),
            on("Patch", "1", resourceBody=patch),
            on("Read", "1"),
            on("Delete", "2", "b2"),
            on("Replace", "1", resourceBody={"id": "1", "pk": "b1", "n": 9}),
        ],
    )
    assert (answer.status, statuses(answer)) == (200, [201, 201, 200, 200, 204, 200])
    results = json.loads(answer.body)
    assert results[3]["resourceBody"]["n"] == 3
    assert answer.headers["x-ms-request-charge"] == str(sum(result["requestCharge"] for result in results))
    assert direct.contents() == {"1": {"id": "1", "pk": "b1", "n": 9}}


def test_one_that_fails_changes_nothing_of_the_others(direct: Direct) -> None:
    answer = bulk(direct, [create("1"), create("1"), on("Read", "none"), create("2", "b2")])
    assert (answer.status, statuses(answer)) == (207, [201, 409, 404, 201])
    assert "already exists" in json.loads(answer.body)[1]["message"]
    assert set(direct.contents()) == {"1", "2"}


def test_the_rest_is_not_tried_if_the_client_does_not_want_that(direct: Direct) -> None:
    answer = bulk(direct, [create("1"), create("1"), create("2")], go_on=False)
    assert (answer.status, statuses(answer)) == (207, [201, 409, 424])
    assert set(direct.contents()) == {"1"}


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({**create("1"), "partitionKey": '["b2"]'}, 400),
        ({**create("1"), "partitionKey": None}, 400),
        ({**create("1"), "partitionKey": ["b1"]}, 400),
        ({**create("1"), "partitionKey": "b1"}, 400),
    ],
)
def test_an_operation_without_a_right_partition_key_fails_alone(
    direct: Direct, operation: dict[str, Json], status: int
) -> None:
    assert statuses(bulk(direct, [operation, create("2")])) == [status, 201]
    assert set(direct.contents()) == {"2"}


@pytest.mark.parametrize("operations", [[], {}, [{"operationType": "Melt"}], [create("1")] * 101])
def test_what_is_no_bulk_is_refused_whole(direct: Direct, operations: Json) -> None:
    answer = bulk(direct, operations)
    assert (answer.status, direct.contents()) == (400, {})
