import json
import tempfile
from pathlib import Path

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError
from hypothesis import given, settings
from hypothesis import strategies as st
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct


def order(item_id: str, **properties: Json) -> dict[str, Json]:
    return {"id": item_id, "pk": "b1", **properties}


async def all_ids(orders: ContainerProxy) -> list[str]:
    return [item["id"] async for item in orders.read_all_items()]


async def test_every_kind_of_operation_in_one_batch(orders: ContainerProxy) -> None:
    for item_id in ("replaced", "patched", "deleted", "read"):
        await orders.create_item(order(item_id, n=1))
    results = await orders.execute_item_batch(
        [
            ("create", (order("created"),)),
            ("upsert", (order("upserted"),)),
            ("upsert", (order("read", n=2),)),
            ("replace", ("replaced", order("replaced", n=3))),
            ("patch", ("patched", [{"op": "incr", "path": "/n", "value": 4}])),
            ("read", ("read",)),
            ("delete", ("deleted",)),
        ],
        "b1",
    )
    assert [result["statusCode"] for result in results] == [201, 201, 200, 200, 200, 200, 204]
    assert results[4]["resourceBody"]["n"] == 5
    assert results[5]["resourceBody"]["n"] == 2
    assert results[0]["eTag"] == (await orders.read_item("created", "b1"))["_etag"]
    assert sorted(await all_ids(orders)) == ["created", "patched", "read", "replaced", "upserted"]


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        (("create", (order("there"),)), 409),
        (("replace", ("missing", order("missing"))), 404),
        (("replace", ("there", order("there")), {"if_match_etag": '"stale"'}), 412),
        (("upsert", (order("there"),), {"if_match_etag": '"stale"'}), 412),
        (("delete", ("there",), {"if_match_etag": '"stale"'}), 412),
        (("delete", ("missing",)), 404),
        (("read", ("missing",)), 404),
        (("patch", ("missing", [{"op": "set", "path": "/n", "value": 1}])), 404),
        (("patch", ("there", [{"op": "set", "path": "/n", "value": 1}]), {"if_match_etag": '"stale"'}), 412),
        (
            (
                "patch",
                ("there", [{"op": "set", "path": "/n", "value": 1}]),
                {"filter_predicate": "from c where c.n = 9"},
            ),
            412,
        ),
        (("patch", ("there", [{"op": "remove", "path": "/none"}])), 400),
        (("create", ({"id": "5", "pk": "other"},)), 400),
        (("create", ({"pk": "b1"},)), 400),
    ],
)
async def test_one_failure_undoes_all(orders: ContainerProxy, operation: tuple[Json, ...], status: int) -> None:
    before = await orders.create_item(order("there", n=1))
    with pytest.raises(CosmosBatchOperationError) as error:
        await orders.execute_item_batch(
            [("create", (order("first"),)), ("patch", ("there", [{"op": "set", "path": "/n", "value": 7}])), operation],
            "b1",
        )
    assert (error.value.error_index, error.value.status_code) == (2, status)
    assert [result["statusCode"] for result in error.value.operation_responses] == [424, 424, status]
    assert await all_ids(orders) == ["there"]
    assert await orders.read_item("there", "b1") == before


async def test_operations_see_what_earlier_ones_did(orders: ContainerProxy) -> None:
    results = await orders.execute_item_batch(
        [
            ("create", (order("1", n=1),)),
            ("patch", ("1", [{"op": "incr", "path": "/n", "value": 1}]), {"filter_predicate": "from c where c.n = 1"}),
            ("delete", ("1",)),
            ("create", (order("1", n=9),)),
            ("read", ("1",)),
        ],
        "b1",
    )
    assert [result["statusCode"] for result in results] == [201, 200, 204, 201, 200]
    assert (await orders.read_item("1", "b1"))["n"] == 9
    assert await all_ids(orders) == ["1"]


async def test_an_item_that_the_batch_has_deleted_is_gone_for_the_rest_of_it(orders: ContainerProxy) -> None:
    before = await orders.create_item(order("1", n=1))
    with pytest.raises(CosmosBatchOperationError) as error:
        await orders.execute_item_batch([("delete", ("1",)), ("read", ("1",))], "b1")
    assert (error.value.error_index, error.value.status_code) == (1, 404)
    assert await orders.read_item("1", "b1") == before
    await orders.execute_item_batch([("delete", ("1",)), ("create", (order("1", n=2),))], "b1")
    assert (await orders.read_item("1", "b1"))["n"] == 2


async def test_the_etag_of_a_batch_result_can_be_used(orders: ContainerProxy) -> None:
    [created] = await orders.execute_item_batch([("create", (order("1"),))], "b1")
    replace = ("replace", ("1", order("1", n=1)), {"if_match_etag": created["eTag"]})
    [replaced] = await orders.execute_item_batch([replace], "b1")
    assert replaced["eTag"] != created["eTag"]
    again = ("replace", ("1", order("1", n=2)), {"if_match_etag": created["eTag"]})
    with pytest.raises(CosmosBatchOperationError):
        await orders.execute_item_batch([again], "b1")


async def test_a_resent_batch_fails_at_its_create(orders: ContainerProxy) -> None:
    """What callers rely on when a reply was lost: the second time, index 0 says that it is done."""
    for expected in (None, 0):
        batch = [("create", (order("effect-1"),)), ("upsert", (order("stock", n=1),))]
        if expected is None:
            await orders.execute_item_batch(batch, "b1")
        else:
            with pytest.raises(CosmosBatchOperationError) as error:
                await orders.execute_item_batch(batch, "b1")
            assert (error.value.error_index, error.value.status_code) == (expected, 409)


async def test_a_hundred_operations_are_the_limit(orders: ContainerProxy) -> None:
    hundred = [("create", (order(str(number)),)) for number in range(100)]
    assert len(await orders.execute_item_batch(hundred, "b1")) == 100
    with pytest.raises(CosmosHttpResponseError, match=r"more operations than what is supported\.") as error:
        await orders.execute_item_batch([("read", ("1",))] * 101, "b1")
    assert error.value.status_code == 400


def test_a_batch_has_operations(direct: Direct) -> None:
    answer = direct.batch([])
    assert (answer.status, b"Batch request has no operations." in answer.body) == (400, True)


def test_two_megabytes_are_the_limit(direct: Direct) -> None:
    half = "x" * (1024 * 1024 - 200)
    fits = [{"operationType": "Create", "resourceBody": order(name, x=half)} for name in "ab"]
    assert direct.batch(fits).status == 200
    too_much = [{"operationType": "Create", "resourceBody": order(name, x=half)} for name in "cde"]
    assert direct.batch(too_much).status == 413
    assert sorted(direct.contents()) == ["a", "b"]


def test_a_failed_batch_is_a_multi_status(direct: Direct) -> None:
    answer = direct.batch([{"operationType": "Read", "id": "missing"}])
    assert answer.status == 207
    assert json.loads(answer.body)[0]["statusCode"] == 404


@pytest.mark.parametrize(
    "operations",
    [
        [],
        {},
        "x",
        None,
        [7],
        [{}],
        [{"operationType": "Truncate"}],
        [{"operationType": ["Read"], "id": "1"}],
        [{"operationType": "Create", "resourceBody": {"id": "1", "pk": "b1"}}, {"operationType": 7}],
    ],
)
def test_a_malformed_batch_is_400_as_a_whole(direct: Direct, operations: Json) -> None:
    assert direct.batch(operations).status == 400
    assert direct.contents() == {}


@pytest.mark.parametrize(
    "operation",
    [
        {"operationType": "Create"},
        {"operationType": "Create", "resourceBody": []},
        {"operationType": "Read"},
        {"operationType": "Read", "id": 7},
        {"operationType": "Replace", "id": "1", "resourceBody": {"id": "1", "pk": "b1"}, "ifMatch": {}},
        {"operationType": "Patch", "id": "seed", "resourceBody": []},
        {"operationType": "Patch", "id": "seed", "resourceBody": {"operations": [], "condition": 7}},
    ],
)
def test_a_malformed_operation_is_its_own_400(direct: Direct, operation: dict[str, Json]) -> None:
    direct.items("POST", order("seed"))
    answer = direct.batch([operation])
    assert (answer.status, json.loads(answer.body)[0]["statusCode"]) == (207, 400)


IDS = st.sampled_from(["1", "2", "3"])
BODIES = st.builds(lambda item_id, n: order(item_id, n=n), IDS, st.integers(0, 3))
OPERATIONS = st.one_of(
    st.builds(lambda body: {"operationType": "Create", "resourceBody": body}, BODIES),
    st.builds(lambda body: {"operationType": "Upsert", "resourceBody": body}, BODIES),
    st.builds(lambda body: {"operationType": "Replace", "id": body["id"], "resourceBody": body}, BODIES),
    st.builds(lambda item_id: {"operationType": "Delete", "id": item_id}, IDS),
    st.builds(lambda item_id: {"operationType": "Read", "id": item_id}, IDS),
    st.builds(
        lambda item_id, n: {
            "operationType": "Patch",
            "id": item_id,
            "resourceBody": {
                "operations": [{"op": "incr", "path": "/n", "value": 1}],
                "condition": f"from c where c.n = {n}",
            },
        },
        IDS,
        st.integers(0, 3),
    ),
)


def model(state: dict[str, Json], operation: dict[str, Json]) -> int:
    """Apply one operation to a dictionary of items and return its status."""
    kind, body = operation["operationType"], operation.get("resourceBody", {})
    item_id = operation.get("id") or body["id"]
    there = item_id in state
    if kind == "Create" and there:
        return 409
    if kind not in {"Create", "Upsert"} and not there:
        return 404
    if kind == "Patch":
        if state[item_id]["n"] != int(body["condition"].rsplit("= ", 1)[1]):
            return 412
        state[item_id] = {**state[item_id], "n": state[item_id]["n"] + 1}
    elif kind == "Delete":
        del state[item_id]
        return 204
    elif kind != "Read":
        state[item_id] = body
    return 200 if there else 201


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(OPERATIONS, min_size=1, max_size=6), min_size=1, max_size=5))
def test_batches_are_all_or_nothing_and_survive_a_restart(batches: list[list[dict[str, Json]]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        direct = Direct(Path(directory), Clock())
        state: dict[str, Json] = {}
        for batch in batches:
            after, statuses = dict(state), []
            for operation in batch:
                statuses.append(model(after, operation))
                if statuses[-1] >= 400:
                    break
            failed = statuses[-1] >= 400
            expected = [424] * len(batch) if failed else statuses
            if failed:
                expected[len(statuses) - 1] = statuses[-1]
            else:
                state = after
            answer = direct.batch(batch)
            assert [result["statusCode"] for result in json.loads(answer.body)] == expected
            assert direct.contents() == state
        direct.close()
        again = Direct(Path(directory), Clock())
        assert again.contents() == state
        again.close()
