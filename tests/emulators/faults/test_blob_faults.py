"""Faults of Blob Storage, as the checkpoint store sees them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from quartet_emulators.blob import BlobEmulator
from quartet_emulators.faults import Injector

from tests.emulators.faults.rules import switch_on

WHERE = ("hub.local", "saga-events", "order")


@pytest.fixture
def faults() -> Injector:
    return Injector("blob")


@pytest.fixture
async def store(tmp_path: Path, faults: Injector) -> AsyncIterator[BlobCheckpointStore]:
    emulator = BlobEmulator(tmp_path, faults=faults)
    await emulator.start()
    async with BlobCheckpointStore.from_connection_string(
        emulator.connection_string, "checkpoints", use_env_settings=False, retry_total=0, user_agent="tests"
    ) as store:
        await store._container_client.create_container()  # noqa: SLF001 - the store has no call for it
        yield store
    await emulator.stop()


def checkpoint(sequence: int) -> dict[str, Any]:
    namespace, hub, group = WHERE
    return {
        "fully_qualified_namespace": namespace,
        "eventhub_name": hub,
        "consumer_group": group,
        "partition_id": "0",
        "sequence_number": sequence,
        "offset": str(sequence * 100),
    }


def ownership(owner: str) -> dict[str, Any]:
    namespace, hub, group = WHERE
    names = {"fully_qualified_namespace": namespace, "eventhub_name": hub, "consumer_group": group}
    return {**names, "partition_id": "0", "owner_id": owner}


async def sequence(store: BlobCheckpointStore) -> int:
    (found,) = await store.list_checkpoints(*WHERE)
    return int(found["sequence_number"])


async def test_a_refused_claim_leaves_the_owner_as_it_was(store: BlobCheckpointStore, faults: Injector) -> None:
    (mine,) = await store.claim_ownership([ownership("me")])
    switch_on(faults, "lost_ownership", first=1)
    assert await store.claim_ownership([mine]) == []
    (still_mine,) = await store.claim_ownership([mine])
    assert still_mine["owner_id"] == "me"


async def test_checkpoints_have_no_condition_that_could_fail(store: BlobCheckpointStore, faults: Injector) -> None:
    switch_on(faults, "lost_ownership")
    await store.update_checkpoint(checkpoint(3))
    assert await sequence(store) == 3


@pytest.mark.parametrize(("versions", "seen"), [(1, 30), (2, 20), (9, 10)])
async def test_a_stale_list_answers_an_older_checkpoint(
    store: BlobCheckpointStore, faults: Injector, versions: int, seen: int
) -> None:
    switch_on(faults, "stale", versions=versions, first=1)
    for number in (10, 20, 30, 40):
        await store.update_checkpoint(checkpoint(number))
    assert [await sequence(store), await sequence(store)] == [seen, 40]


async def test_a_stale_list_of_what_was_never_different_is_true(store: BlobCheckpointStore, faults: Injector) -> None:
    await store.update_checkpoint(checkpoint(10))
    switch_on(faults, "stale")
    assert await sequence(store) == 10


@pytest.mark.parametrize(
    ("fault", "status", "applied"),
    [("unavailable", 503, False), ("unavailable", 503, True), ("timeout", 500, False), ("timeout", 500, True)],
)
async def test_a_refused_request_may_have_been_done(
    store: BlobCheckpointStore, faults: Injector, fault: str, status: int, applied: bool
) -> None:
    await store.update_checkpoint(checkpoint(10))
    switch_on(faults, fault, first=1, applied=applied)
    with pytest.raises(HttpResponseError) as refused:
        await store.update_checkpoint(checkpoint(20))
    assert refused.value.status_code == status
    assert await sequence(store) == (20 if applied else 10)


@pytest.mark.parametrize(("fault", "stored"), [("drop_connection", 10), ("lost_reply", 20)])
async def test_connections_break_before_and_after(
    store: BlobCheckpointStore, faults: Injector, fault: str, stored: int
) -> None:
    await store.update_checkpoint(checkpoint(10))
    # Twice: the transport itself repeats a PUT once if the connection was an old one.
    switch_on(faults, fault, first=2, match={"path": "*/checkpoint/0"})
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        await store.update_checkpoint(checkpoint(20))
    assert await sequence(store) == stored


async def test_a_slow_answer_is_right(store: BlobCheckpointStore, faults: Injector) -> None:
    switch_on(faults, "slow", seconds=0.05, match={"operation": "checkpoint"})
    await store.update_checkpoint(checkpoint(10))
    assert faults.injected["slow"] >= 1
    assert await sequence(store) == 10
