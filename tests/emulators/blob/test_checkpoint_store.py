"""The emulator through the checkpoint store of the Event Hubs SDK, as it comes from the package index."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ResourceExistsError, ResourceNotFoundError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from azure.eventhub.extensions.checkpointstoreblobaio._vendor.storage.blob.aio import (
    BlobServiceClient,
    ContainerClient,
)
from quartet_emulators.blob import BlobEmulator

# With a port, as the namespace of a local emulator has, and with the group that must be percent-encoded.
NAMESPACE, HUB, GROUP = "localhost:5673", "Saga-Events", "$Default"


@pytest.fixture
async def store(emulator: BlobEmulator) -> AsyncIterator[BlobCheckpointStore]:
    async with container_client(emulator) as client:
        await client.create_container()
    async with checkpoint_store(emulator, user_agent="order") as store:
        yield store


def container_client(emulator: BlobEmulator, name: str = "checkpoints") -> ContainerClient:
    return ContainerClient.from_connection_string(emulator.connection_string, name, retry_total=0)


def checkpoint_store(emulator: BlobEmulator, user_agent: str = "") -> BlobCheckpointStore:
    return BlobCheckpointStore.from_connection_string(emulator.connection_string, "checkpoints", user_agent=user_agent)


def ownership(owner: str, partition: str = "0", etag: str | None = None) -> dict[str, Any]:
    return {
        "fully_qualified_namespace": NAMESPACE,
        "eventhub_name": HUB,
        "consumer_group": GROUP,
        "partition_id": partition,
        "owner_id": owner,
        "etag": etag,
    }


def checkpoint(sequence_number: int, partition: str = "0") -> dict[str, Any]:
    return ownership("nobody", partition) | {
        "offset": str(sequence_number * 100),
        "sequence_number": sequence_number,
    }


async def test_a_free_partition_is_claimed_and_listed(store: BlobCheckpointStore) -> None:
    (claimed,) = await store.claim_ownership([ownership("alice")])

    (listed,) = await store.list_ownership(NAMESPACE, HUB, GROUP)
    assert (listed["owner_id"], listed["partition_id"]) == ("alice", "0")
    assert listed["etag"].strip('"') == claimed["etag"].strip('"')
    assert listed["last_modified_time"] == claimed["last_modified_time"]


async def test_one_of_two_claims_of_a_free_partition_wins(store: BlobCheckpointStore) -> None:
    assert len(list(await store.claim_ownership([ownership("alice")]))) == 1
    assert list(await store.claim_ownership([ownership("bob")])) == []

    (listed,) = await store.list_ownership(NAMESPACE, HUB, GROUP)
    assert listed["owner_id"] == "alice"


async def test_a_claim_with_a_listed_etag_steals_and_the_former_owner_loses(
    store: BlobCheckpointStore,
) -> None:
    (alices,) = await store.claim_ownership([ownership("alice")])
    (listed,) = await store.list_ownership(NAMESPACE, HUB, GROUP)

    assert len(list(await store.claim_ownership([ownership("bob", etag=listed["etag"])]))) == 1
    assert list(await store.claim_ownership([ownership("alice", etag=alices["etag"])])) == []


async def test_a_claim_of_a_partition_whose_blob_was_deleted_is_lost(
    store: BlobCheckpointStore, emulator: BlobEmulator
) -> None:
    (claimed,) = await store.claim_ownership([ownership("alice")])
    async with container_client(emulator) as client:
        names = [name async for name in client.list_blob_names()]
        await client.delete_blob(names[0])

    assert list(await store.claim_ownership([ownership("alice", etag=claimed["etag"])])) == []


async def test_an_owner_renews_with_its_own_etag(store: BlobCheckpointStore) -> None:
    (claimed,) = await store.claim_ownership([ownership("alice")])
    for _ in range(3):
        (claimed,) = await store.claim_ownership([claimed])


async def test_checkpoints_are_written_over_and_listed_by_group(store: BlobCheckpointStore) -> None:
    await store.update_checkpoint(checkpoint(1))
    await store.update_checkpoint(checkpoint(2))
    await store.update_checkpoint(checkpoint(7, partition="3"))
    await store.update_checkpoint(checkpoint(9) | {"consumer_group": "another"})

    listed = await store.list_checkpoints(NAMESPACE, HUB, GROUP)
    assert [(one["partition_id"], one["sequence_number"], one["offset"]) for one in listed] == [
        ("0", 2, "200"),
        ("3", 7, "700"),
    ]


async def test_the_store_does_not_create_its_container(emulator: BlobEmulator) -> None:
    async with checkpoint_store(emulator) as store:
        with pytest.raises(ResourceNotFoundError) as caught:
            await store.list_ownership(NAMESPACE, HUB, GROUP)
    assert caught.value.error_code == "ContainerNotFound"  # type: ignore[attr-defined]  # the SDK sets it late


async def test_requests_are_counted_by_application_and_operation(
    store: BlobCheckpointStore, emulator: BlobEmulator
) -> None:
    emulator.counters.clear()
    await store.update_checkpoint(checkpoint(1))  # the first one finds nothing to update, and puts
    await store.update_checkpoint(checkpoint(2))
    await store.claim_ownership([ownership("alice")])
    await store.list_ownership(NAMESPACE, HUB, GROUP)

    assert emulator.counters == {("order", "checkpoint"): 3, ("order", "ownership"): 2, ("order", "list"): 1}


async def test_a_wrong_key_is_refused(emulator: BlobEmulator) -> None:
    wrong = emulator.connection_string.replace("AccountKey=E", "AccountKey=F")
    async with ContainerClient.from_connection_string(wrong, "checkpoints", retry_total=0) as client:
        with pytest.raises(ClientAuthenticationError) as caught:
            await client.create_container()
    assert caught.value.error_code == "AuthenticationFailed"  # type: ignore[attr-defined]  # the SDK sets it late


async def test_the_sdk_writes_reads_and_lists_blobs_of_any_name(emulator: BlobEmulator) -> None:
    names = [
        "plain",
        "with space/and+plus",
        "percent%2F",
        "größe/✓",
        "a&b=c?d#e",
        "{json}",
        "dots..",
        "tilde~",
    ]
    async with container_client(emulator, "names") as client:
        await client.create_container()
        for name in names:
            await client.upload_blob(name, name.encode(), metadata={"note_1": "x", "Note2": "y & <z>"})
        for name in names:
            stream = await client.download_blob(name)
            assert await stream.readall() == name.encode()
        listed = {blob.name: blob async for blob in client.list_blobs(include=["metadata"])}
    assert sorted(listed) == sorted(names)
    assert listed["plain"].metadata == {"note_1": "x", "Note2": "y & <z>"}
    assert listed["plain"].size == 5


async def test_the_sdk_uploads_a_large_blob_in_blocks(emulator: BlobEmulator) -> None:
    content = bytes(range(256)) * 40
    async with BlobServiceClient.from_connection_string(
        emulator.connection_string, max_single_put_size=1000, max_block_size=1024, max_single_get_size=2048
    ) as service:
        container = await service.create_container("large")
        await container.upload_blob("in-blocks", content, max_concurrency=4)
        stream = await container.download_blob("in-blocks")
        assert await stream.readall() == content
        committed, staged = await container.get_blob_client("in-blocks").get_block_list("all")
    assert (len(committed), len(staged)) == (10, 0)


async def test_an_upload_that_would_overwrite_is_refused(emulator: BlobEmulator) -> None:
    async with container_client(emulator) as client:
        await client.create_container()
        await client.upload_blob("once", b"1")
        with pytest.raises(ResourceExistsError):
            await client.upload_blob("once", b"2")
        await client.upload_blob("once", b"3", overwrite=True)
        stream = await client.download_blob("once")
        assert await stream.readall() == b"3"


async def test_the_sdk_walks_a_hierarchy_page_by_page(emulator: BlobEmulator) -> None:
    async with container_client(emulator) as client:
        await client.create_container()
        for name in ("a", "b/1", "b/2", "b/c/3", "d"):
            await client.upload_blob(name, b"")
        walked = [item.name async for item in client.walk_blobs(delimiter="/", results_per_page=1)]
        flat = [name async for name in client.list_blob_names(results_per_page=2)]
    assert walked == ["a", "b/", "d"]
    assert flat == ["a", "b/1", "b/2", "b/c/3", "d"]


async def test_the_sdk_lists_containers(emulator: BlobEmulator) -> None:
    async with BlobServiceClient.from_connection_string(emulator.connection_string) as service:
        for name in ("orders", "payments", "people"):
            await service.create_container(name, metadata={"kept": "yes"})
        pages = service.list_containers(name_starts_with="p", include_metadata=True, results_per_page=1)
        found = [(one.name, one.metadata) async for one in pages]
        await service.delete_container("people")
        left = [one.name async for one in service.list_containers()]
    assert found == [("payments", {"kept": "yes"}), ("people", {"kept": "yes"})]
    assert left == ["orders", "payments"]
