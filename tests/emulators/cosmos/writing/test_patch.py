import copy
import json

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceNotFoundError,
)
from hypothesis import given
from hypothesis import strategies as st
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.writing.patch import apply_patch

from tests.emulators.cosmos.direct import Direct

KEY = [["pk"]]


def patched(document: dict[str, Json], *operations: dict[str, Json]) -> dict[str, Json]:
    """The document after the operations; the original stays as it is."""
    result = copy.deepcopy(document)
    apply_patch(result, list(operations), KEY)
    return result


async def test_a_patch_changes_only_what_it_names(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "1", "pk": "b1", "status": "PENDING", "total": "9.90", "history": ["created"]})
    after = await orders.patch_item(
        "1",
        "b1",
        [
            {"op": "set", "path": "/status", "value": "PAID"},
            {"op": "add", "path": "/history/-", "value": "paid"},
            {"op": "incr", "path": "/version", "value": 1},
        ],
    )
    assert after == await orders.read_item("1", "b1")
    assert (after["status"], after["history"], after["version"]) == ("PAID", ["created", "paid"], 1)
    assert after["total"] == "9.90"


async def test_a_condition_that_holds_lets_the_patch_through(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "1", "pk": "b1", "available": 5})
    take = [{"op": "incr", "path": "/available", "value": -3}]
    after = await orders.patch_item("1", "b1", take, filter_predicate="from c where c.available >= 3")
    assert after["available"] == 2
    with pytest.raises(CosmosAccessConditionFailedError):
        await orders.patch_item("1", "b1", take, filter_predicate="from c where c.available >= 3")
    assert (await orders.read_item("1", "b1"))["available"] == 2


@pytest.mark.parametrize(
    "condition",
    [
        "from c where c.missing = 1",
        "from c where c.n = '1'",
        "from c where NOT IS_DEFINED(c.n)",
        "FROM orders o WHERE o.n > 1 OR o.tags = []",
        "where c.n = 2",
    ],
)
async def test_a_condition_that_is_false_or_undefined_is_412(orders: ContainerProxy, condition: str) -> None:
    before = await orders.create_item({"id": "1", "pk": "b1", "n": 1})
    with pytest.raises(CosmosAccessConditionFailedError):
        await orders.patch_item("1", "b1", [{"op": "set", "path": "/n", "value": 2}], filter_predicate=condition)
    assert await orders.read_item("1", "b1") == before


@pytest.mark.parametrize("condition", ["from c where", "c.n = 1", "from c where c.n =", "from c where d.n = 1"])
async def test_a_condition_that_makes_no_sense_is_400(orders: ContainerProxy, condition: str) -> None:
    await orders.create_item({"id": "1", "pk": "b1", "n": 1})
    with pytest.raises(CosmosHttpResponseError) as error:
        await orders.patch_item("1", "b1", [{"op": "set", "path": "/n", "value": 2}], filter_predicate=condition)
    assert error.value.status_code == 400


async def test_a_patch_needs_an_item(orders: ContainerProxy) -> None:
    with pytest.raises(CosmosResourceNotFoundError):
        await orders.patch_item("1", "b1", [{"op": "set", "path": "/n", "value": 2}], filter_predicate="where true")


def test_a_patch_that_fails_half_way_changes_nothing(direct: Direct) -> None:
    direct.items("POST", {"id": "1", "pk": "b1", "n": 1})
    operations = [{"op": "set", "path": "/n", "value": 2}, {"op": "remove", "path": "/missing"}]
    answer = direct.items("PATCH", {"operations": operations}, item="1")
    assert (answer.status, json.loads(answer.body)["message"]) == (400, "For Operation(2): '/missing' does not exist.")
    assert direct.contents()["1"]["n"] == 1


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ({}, {"op": "add", "path": "/a", "value": 1}, {"a": 1}),
        ({"a": 0}, {"op": "add", "path": "/a", "value": 1}, {"a": 1}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({}, {"op": "set", "path": "/a", "value": None}, {"a": None}),
        ({"a": [1, 3]}, {"op": "set", "path": "/a/1", "value": 2}, {"a": [1, 2]}),
        ({"a": {"b": 1}}, {"op": "set", "path": "/a/c", "value": 2}, {"a": {"b": 1, "c": 2}}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": 2}, {"a": 2}),
        ({"a": [1, 3]}, {"op": "replace", "path": "/a/0", "value": 2}, {"a": [2, 3]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/a"}, {"b": 2}),
        ({"a": [1, 2, 3]}, {"op": "remove", "path": "/a/1"}, {"a": [1, 3]}),
        ({"a": 1}, {"op": "incr", "path": "/a", "value": -2}, {"a": -1}),
        ({"a": 1}, {"op": "incr", "path": "/a", "value": 0.5}, {"a": 1.5}),
        ({}, {"op": "incr", "path": "/a", "value": 3}, {"a": 3}),
        ({"a": [1]}, {"op": "incr", "path": "/a/0", "value": 3}, {"a": [4]}),
        ({"a": 1}, {"op": "move", "from": "/a", "path": "/b"}, {"b": 1}),
        ({"a": 1, "b": 2}, {"op": "move", "from": "/a", "path": "/b"}, {"b": 1}),
        ({"a": [1, 2]}, {"op": "move", "from": "/a/0", "path": "/b"}, {"a": [2], "b": 1}),
        ({"a/b": 1, "c~d": 2}, {"op": "remove", "path": "/a~1b"}, {"c~d": 2}),
        ({"a/b": 1, "c~d": 2}, {"op": "remove", "path": "/c~0d"}, {"a/b": 1}),
        ({}, {"op": "set", "path": "/ttl", "value": 5}, {"ttl": 5}),
    ],
)
def test_what_each_operation_does(before: dict[str, Json], operation: dict[str, Json], after: dict[str, Json]) -> None:
    assert patched({"id": "1", "pk": "b", **before}, operation) == {"id": "1", "pk": "b", **after}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/a/5", "value": 1},
        {"op": "add", "path": "/a/01", "value": 1},
        {"op": "add", "path": "/a/x", "value": 1},
        {"op": "add", "path": "/missing/b", "value": 1},
        {"op": "add", "path": "/n/b", "value": 1},
        {"op": "set", "path": "/a/9", "value": 1},
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "replace", "path": "/a/2", "value": 1},
        {"op": "remove", "path": "/missing"},
        {"op": "remove", "path": "/a/2"},
        {"op": "incr", "path": "/a", "value": 1},
        {"op": "incr", "path": "/n", "value": "1"},
        {"op": "incr", "path": "/n", "value": True},
        {"op": "incr", "path": "/flag", "value": 1},
        {"op": "move", "from": "/missing", "path": "/b"},
        {"op": "move", "from": "/o", "path": "/o/inner"},
        {"op": "move", "path": "/b"},
        {"op": "set", "path": "/id", "value": "2"},
        {"op": "set", "path": "/pk", "value": "2"},
        {"op": "set", "path": "/_etag", "value": "2"},
        {"op": "move", "from": "/pk", "path": "/b"},
        {"op": "set", "path": "n", "value": 1},
        {"op": "set", "path": "/", "value": 1},
        {"op": "set", "path": "/n"},
        {"op": "test", "path": "/n", "value": 1},
        {"path": "/n", "value": 1},
        "set",
    ],
)
def test_what_no_operation_can_do(operation: Json) -> None:
    with pytest.raises(CosmosError) as error:
        patched({"id": "1", "pk": "b", "a": [1, 2], "n": 1, "flag": True, "o": {"inner": 1}}, operation)
    assert error.value.status == 400


@pytest.mark.parametrize("operations", [[], None, {}, "x", [{"op": "incr", "path": "/n", "value": 1}] * 11])
def test_a_patch_has_one_to_ten_operations(direct: Direct, operations: object) -> None:
    direct.items("POST", {"id": "1", "pk": "b1", "n": 0})
    assert direct.items("PATCH", {"operations": operations}, item="1").status == 400
    ten = [{"op": "incr", "path": "/n", "value": 1}] * 10
    assert json.loads(direct.items("PATCH", {"operations": ten}, item="1").body)["n"] == 10


def test_numbers_beyond_a_double_are_refused() -> None:
    with pytest.raises(CosmosError):
        patched({"n": 1.7e308}, {"op": "incr", "path": "/n", "value": 1.7e308})
    with pytest.raises(CosmosError):
        patched({"n": 10**400}, {"op": "incr", "path": "/n", "value": 0.5})


NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["x", "y"])
FLAT = st.dictionaries(NAMES, SCALARS, max_size=3)
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "set", "replace", "remove", "incr", "move"]),
        "path": NAMES.map("/{}".format),
        "from": NAMES.map("/{}".format),
        "value": SCALARS,
    }
)


def model(document: dict[str, Json], operation: dict[str, Json]) -> dict[str, Json] | None:
    """What one operation on a flat object should do, written independently; `None` for an error."""
    kind, name, source, value = operation["op"], operation["path"][1:], operation["from"][1:], operation["value"]
    current = document.get(name, 0)
    match kind:
        case "add" | "set":
            return {**document, name: value}
        case "replace":
            return {**document, name: value} if name in document else None
        case "remove":
            return {k: v for k, v in document.items() if k != name} if name in document else None
        case "incr":
            numbers = type(value) is int and type(current) is int
            return {**document, name: current + value} if numbers else None
        case _:
            rest = {k: v for k, v in document.items() if k != source}
            return {**rest, name: document[source]} if source in document else None


@given(FLAT, st.lists(OPERATIONS, min_size=1, max_size=10))
def test_patches_do_what_a_simple_model_does(document: dict[str, Json], operations: list[dict[str, Json]]) -> None:
    expected: dict[str, Json] | None = document
    for operation in operations:
        expected = None if expected is None else model(expected, operation)
    try:
        assert patched(document, *operations) == expected
    except CosmosError:
        assert expected is None
