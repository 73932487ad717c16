"""Faults of Cosmos DB, as azure-cosmos sees them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
)
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.faults import Injector

from tests.emulators.faults.rules import switch_on

ORDER = {"id": "o-1", "pk": "7", "n": 1}


class Stand:
    """An emulator with a container, its faults and its counters."""

    def __init__(self, orders: ContainerProxy, faults: Injector, counters: Counter[tuple[str, str]]) -> None:
        self.orders = orders
        self.faults = faults
        self._counters = counters

    def asked(self, operation: str) -> int:
        return self._counters["tests", operation]

    def fail(self, fault: str, **fields: Any) -> None:  # noqa: ANN401 - a rule's fields
        switch_on(self.faults, fault, **fields)

    async def stored(self) -> dict[str, Any]:
        self.faults.replace((), 0)
        return dict(await self.orders.read_item("o-1", "7"))


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    faults = Injector("cosmos")
    counters: Counter[tuple[str, str]] = Counter()
    emulator = CosmosEmulator(tmp_path, counters=counters, faults=faults)
    await emulator.start()
    transport = AioHttpTransport(use_env_settings=False)
    async with CosmosClient.from_connection_string(
        emulator.connection_string, transport=transport, user_agent="tests"
    ) as client:
        shop = await client.create_database("shop")
        orders = await shop.create_container("orders", PartitionKey("/pk"))
        await orders.create_item({"id": "warm", "pk": "7"})  # the client has read all metadata now
        counters.clear()
        yield Stand(orders, faults, counters)
    await emulator.stop()


async def test_throttled_with_a_pause_that_the_client_keeps(stand: Stand) -> None:
    stand.fail("throttle", first=2, retry_after_ms=150)
    began = asyncio.get_running_loop().time()
    await stand.orders.create_item(ORDER)
    assert asyncio.get_running_loop().time() - began >= 0.3
    assert stand.asked("create") == 3
    assert (await stand.stored())["n"] == 1


@pytest.mark.parametrize(
    ("fault", "status", "fields"),
    [("retry_with", 449, {}), ("timeout", 408, {}), ("timeout", 408, {"applied": True})],
)
async def test_refused_writes_are_raised(stand: Stand, fault: str, status: int, fields: dict[str, bool]) -> None:
    stand.fail(fault, first=1, **fields)
    with pytest.raises(CosmosHttpResponseError) as refused:
        await stand.orders.create_item(ORDER)
    assert refused.value.status_code == status
    if fields:
        assert (await stand.stored())["n"] == 1
    else:
        await stand.orders.create_item(ORDER)  # it was not there


async def test_an_endless_503_is_raised(stand: Stand) -> None:
    stand.fail("unavailable")
    with pytest.raises(AzureError):
        await stand.orders.read_item("warm", "7")
    assert stand.faults.injected["unavailable"] > 1  # the client has retried automatically


async def test_a_storm_of_412_although_the_condition_holds(stand: Stand) -> None:
    created = await stand.orders.create_item(ORDER)
    stand.fail("precondition_failed", first=1)
    change = {"etag": created["_etag"], "match_condition": MatchConditions.IfNotModified}
    with pytest.raises(CosmosAccessConditionFailedError):
        await stand.orders.replace_item("o-1", {**ORDER, "n": 2}, **change)
    await stand.orders.replace_item("o-1", {**ORDER, "n": 3}, **change)
    assert (await stand.stored())["n"] == 3


async def test_a_storm_of_412_in_a_batch_names_the_operation_with_the_condition(stand: Stand) -> None:
    created = await stand.orders.create_item(ORDER)
    stand.fail("precondition_failed", first=1)
    batch: list[Any] = [
        ("create", ({"id": "o-2", "pk": "7"},), {}),
        ("replace", ("o-1", {**ORDER, "n": 2}), {"if_match_etag": created["_etag"]}),
    ]
    with pytest.raises(CosmosBatchOperationError) as refused:
        await stand.orders.execute_item_batch(batch, "7")
    assert (refused.value.error_index, refused.value.status_code) == (1, 412)
    assert (await stand.stored())["n"] == 1


async def test_writes_without_a_condition_have_none_that_could_fail(stand: Stand) -> None:
    stand.fail("precondition_failed")
    await stand.orders.create_item(ORDER)
    await stand.orders.replace_item("o-1", {**ORDER, "n": 2})
    await stand.orders.patch_item("o-1", "7", [{"op": "incr", "path": "/n", "value": 1}])
    assert (await stand.stored())["n"] == 3
    assert not stand.faults.injected


async def test_a_rival_changes_the_item_before_the_write(stand: Stand) -> None:
    created = await stand.orders.create_item(ORDER)
    stand.fail("rival_write")
    with pytest.raises(CosmosAccessConditionFailedError):
        await stand.orders.replace_item(
            "o-1", {**ORDER, "n": 2}, etag=created["_etag"], match_condition=MatchConditions.IfNotModified
        )
    stored = await stand.stored()
    assert (stored["n"], stored["_etag"] != created["_etag"]) == (1, True)


async def test_a_rival_does_not_change_what_a_filter_asks_for(stand: Stand) -> None:
    await stand.orders.create_item(ORDER)
    stand.fail("rival_write")
    change = [{"op": "incr", "path": "/n", "value": 1}]
    await stand.orders.patch_item("o-1", "7", change, filter_predicate="FROM c WHERE c.n = 1")
    assert stand.faults.injected["rival_write"] == 1
    assert (await stand.stored())["n"] == 2


async def test_a_repeated_request_meets_its_own_first_effect(stand: Stand) -> None:
    stand.fail("repeat")
    with pytest.raises(CosmosResourceExistsError):
        await stand.orders.create_item(ORDER)
    assert stand.asked("create") == 1
    await stand.orders.patch_item("o-1", "7", [{"op": "incr", "path": "/n", "value": 1}])
    assert (await stand.stored())["n"] == 3  # as facts about this SDK say: what is not guarded, is done twice


async def test_a_lost_reply_is_sent_again_by_the_client(stand: Stand) -> None:
    stand.fail("lost_reply", first=1, match={"operation": "create"})
    with pytest.raises(CosmosResourceExistsError):
        await stand.orders.create_item(ORDER)
    assert stand.asked("create") == 2
    assert (await stand.stored())["n"] == 1


async def test_a_request_that_never_arrives_is_sent_again_and_done_once(stand: Stand) -> None:
    stand.fail("drop_connection", first=1, match={"operation": "create"})
    await stand.orders.create_item(ORDER)
    assert stand.faults.injected["drop_connection"] == 1
    assert (await stand.stored())["n"] == 1


async def test_a_slow_answer_comes_late_and_right(stand: Stand) -> None:
    stand.fail("slow", seconds=0.2)
    began = asyncio.get_running_loop().time()
    await stand.orders.create_item(ORDER)
    assert asyncio.get_running_loop().time() - began >= 0.2
    assert (await stand.stored())["n"] == 1


async def test_a_rule_may_be_about_one_container_and_partition_alone(stand: Stand) -> None:
    stand.fail("timeout", match={"container": "ord*", "partition": '?"8"?', "agent": "tests"})
    await stand.orders.create_item(ORDER)
    with pytest.raises(CosmosHttpResponseError):
        await stand.orders.create_item({"id": "o-1", "pk": "8"})
