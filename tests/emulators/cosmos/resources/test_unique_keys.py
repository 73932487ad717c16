"""Unique keys, as "Unique key constraints in Azure Cosmos DB" describes them."""

import json
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceExistsError

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct

KEY = {"paths": ["/pk"], "kind": "Hash", "version": 2}
POLICY: Any = {"uniqueKeys": [{"paths": ["/email"]}, {"paths": ["/name/first", "/name/last"]}]}


@pytest.fixture
def people(direct: Direct) -> Direct:
    """`shop/orders` again, with unique keys."""
    assert direct("DELETE", "dbs/shop/colls/orders").status == 204
    definition = {"id": "orders", "partitionKey": KEY, "uniqueKeyPolicy": POLICY, "defaultTtl": -1}
    assert direct("POST", "dbs/shop/colls", definition).status == 201
    return direct


def put(direct: Direct, item_id: str, email: object = None, key: str = "b1", **fields: object) -> int:
    document = {"id": item_id, "pk": key, "name": {"first": item_id}, **fields}
    document |= {} if email is None else {"email": email}
    return int(direct.items("POST", document, key=key, x_ms_documentdb_is_upsert="True").status)


def test_values_are_unique_in_their_partition(people: Direct) -> None:
    assert put(people, "1", "a@x") == 201
    assert put(people, "2", "a@x") == 409
    assert put(people, "2", "b@x") == 201
    assert put(people, "2", "a@x", key="b2") == 201
    assert put(people, "1", "a@x", note="the item itself is no rival") == 200
    assert set(people.contents()) == {"1", "2"}


def test_paths_of_one_key_count_together(people: Direct) -> None:
    assert put(people, "1", "a", name={"first": "Ada", "last": "L"}) == 201
    assert put(people, "2", "b", name={"first": "Ada", "last": "M"}) == 201
    assert put(people, "3", "c", name={"first": "Ada", "last": "L"}) == 409


def test_a_missing_value_is_null_and_only_one_item_may_have_that(people: Direct) -> None:
    assert put(people, "1") == 201
    assert put(people, "2") == 409
    answer = people.items("POST", {"id": "3", "pk": "b1", "email": None, "name": {"first": "3"}})
    assert (answer.status, json.loads(answer.body)["code"]) == (409, "Conflict")


@pytest.mark.parametrize(
    ("one", "other", "status"), [("a", "A", 201), (1, 1.0, 409), (1, "1", 201), (True, 1, 201), ([1], [1], 409)]
)
def test_values_are_the_same_if_the_query_language_says_so(
    people: Direct, one: object, other: object, status: int
) -> None:
    assert put(people, "1", one) == 201
    assert put(people, "2", other) == status


def test_texts_too_long_for_a_key_are_compared_to_their_end(people: Direct) -> None:
    assert put(people, "1", "x" * 600 + "1") == 201
    assert put(people, "2", "x" * 600 + "2") == 201
    assert put(people, "3", "x" * 600 + "2") == 409


def test_a_value_is_free_again_when_its_item_changes_goes_or_expires(people: Direct, clock: Clock) -> None:
    assert put(people, "1", "a@x") == 201
    assert put(people, "1", "b@x") == 200
    assert put(people, "2", "a@x") == 201
    assert people.items("DELETE", item="2").status == 204
    assert put(people, "3", "a@x", ttl=10) == 201
    assert put(people, "4", "a@x") == 409
    clock.now += 11
    assert put(people, "4", "a@x") == 201


def test_a_batch_is_held_against_what_it_has_done_itself(people: Direct) -> None:
    def create(item_id: str, email: str) -> dict[str, object]:
        body = {"id": item_id, "pk": "b1", "email": email, "name": {"first": item_id}}
        return {"operationType": "Upsert", "resourceBody": body}

    assert people.batch([create("1", "a"), create("2", "a")]).status == 207
    assert people.contents() == {}
    assert people.batch([create("1", "a"), create("1", "b"), create("2", "a")]).status == 200
    swapped = [create("1", "c"), create("2", "b"), create("1", "a")]
    assert people.batch(swapped).status == 200
    assert people.batch([{"operationType": "Delete", "id": "1"}, create("3", "a")]).status == 200


def test_unique_keys_last_over_a_restart_and_never_change(people: Direct, tmp_path: Path, clock: Clock) -> None:
    assert put(people, "1", "a@x") == 201
    people.close()
    again = Direct(tmp_path, clock)
    assert put(again, "2", "a@x") == 409
    body = json.loads(again("GET", "dbs/shop/colls/orders").body)
    assert body["uniqueKeyPolicy"] == POLICY
    definition = {"id": "orders", "partitionKey": KEY, "defaultTtl": 60}
    assert again("PUT", "dbs/shop/colls/orders", definition).status == 400
    assert again("PUT", "dbs/shop/colls/orders", {**definition, "uniqueKeyPolicy": POLICY}).status == 200
    assert put(again, "2", "a@x") == 409
    again.close()


@pytest.mark.parametrize(
    "policy",
    [
        {"uniqueKeys": 5},
        {"uniqueKeys": [{}]},
        {"uniqueKeys": [{"paths": []}]},
        {"uniqueKeys": [{"paths": ["email"]}]},
        {"uniqueKeys": [{"paths": [f"/p{number}" for number in range(17)]}]},
        {"uniqueKeys": [{"paths": [f"/p{number}"]} for number in range(11)]},
        7,
    ],
)
def test_a_policy_that_means_nothing_is_refused(direct: Direct, policy: object) -> None:
    answer = direct("POST", "dbs/shop/colls", {"id": "other", "partitionKey": KEY, "uniqueKeyPolicy": policy})
    assert answer.status == 400


async def test_the_sdk_sees_a_conflict(shop: DatabaseProxy) -> None:
    container = await shop.create_container("people", PartitionKey("/pk"), unique_key_policy=POLICY)
    await container.create_item({"id": "1", "pk": "b1", "email": "a@x"})
    with pytest.raises(CosmosResourceExistsError, match="Unique index constraint violation"):
        await container.create_item({"id": "2", "pk": "b1", "email": "a@x", "name": {"first": "B"}})
