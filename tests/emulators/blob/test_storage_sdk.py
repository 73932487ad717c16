"""The public client of Blob Storage against the emulator: what a program of data does with block blobs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import AccessPolicy, BlobBlock, ContainerSasPermissions
from azure.storage.blob.aio import BlobClient, ContainerClient
from quartet_emulators.blob import BlobEmulator

LARGE = bytes(range(256)) * 40


@pytest.fixture
async def lake(emulator: BlobEmulator) -> AsyncIterator[ContainerClient]:
    """A container, with a client that cuts everything over 1 KiB into blocks and ranges of that size."""
    small: dict[str, Any] = {
        "max_single_put_size": 1024,
        "max_block_size": 1024,
        "max_single_get_size": 1024,
        "max_chunk_get_size": 1024,
    }
    async with ContainerClient.from_connection_string(
        emulator.connection_string, "lake", retry_total=0, **small
    ) as client:
        await client.create_container()
        yield client


def refusal(error: HttpResponseError) -> tuple[int | None, str]:
    """The status, and the code that the client reads from the answer."""
    code = getattr(error, "error_code", "")  # text, or an enumeration of texts
    return error.status_code, str(getattr(code, "value", code))


async def content_of(blob: BlobClient) -> bytes:
    return await (await blob.download_blob()).readall()


@pytest.mark.parametrize("content", [b"", b"rows", LARGE], ids=["empty", "small", "in blocks"])
async def test_an_uploaded_blob_can_be_downloaded(lake: ContainerClient, content: bytes) -> None:
    blob = await lake.upload_blob("data/rows.parquet", content, metadata={"rows": "3"}, validate_content=True)
    assert await content_of(blob) == content
    properties = await blob.get_blob_properties()
    assert (properties.size, properties.metadata, properties.blob_type) == (len(content), {"rows": "3"}, "BlockBlob")


async def test_a_range_is_downloaded_alone(lake: ContainerClient) -> None:
    blob = await lake.upload_blob("data/rows.parquet", LARGE)
    found = await blob.download_blob(offset=1000, length=2000)
    assert await found.readall() == LARGE[1000:3000]
    assert found.size == 2000


async def test_blocks_are_staged_until_the_list_names_them(lake: ContainerClient) -> None:
    blob = lake.get_blob_client("data/rows.parquet")
    await blob.stage_block("b1", b"one ")
    await blob.stage_block("b2", b"two")
    assert not await blob.exists()
    committed, staged = await blob.get_block_list("all")
    assert ([one.id for one in committed], [(one.id, one.size) for one in staged]) == ([], [("b1", 4), ("b2", 3)])
    await blob.commit_block_list([BlobBlock("b2"), BlobBlock("b1")])
    assert await content_of(blob) == b"twoone "


@pytest.mark.parametrize("content", [b"late", LARGE], ids=["small", "in blocks"])
async def test_the_first_upload_counts(lake: ContainerClient, content: bytes) -> None:
    await lake.upload_blob("manifest.json", b"first")
    with pytest.raises(ResourceExistsError) as found:
        await lake.upload_blob("manifest.json", content)
    assert refusal(found.value) == (409, "BlobAlreadyExists")
    assert await content_of(lake.get_blob_client("manifest.json")) == b"first"


async def test_one_of_many_swaps_of_one_version_succeeds(lake: ContainerClient) -> None:
    blob = await lake.upload_blob("manifest.json", b"0")
    etag = (await blob.get_blob_properties()).etag

    async def swap(number: int) -> tuple[int | None, str]:
        try:
            unchanged = MatchConditions.IfNotModified
            await blob.upload_blob(str(number).encode(), overwrite=True, etag=etag, match_condition=unchanged)
        except ResourceModifiedError as error:
            return refusal(error)
        return 201, ""

    swapped = await asyncio.gather(*(swap(number) for number in range(1, 21)))
    assert sorted(swapped) == [(201, ""), *[(412, "ConditionNotMet")] * 19]
    assert await content_of(blob) == str(1 + swapped.index((201, ""))).encode()


async def test_a_replaced_version_is_not_read_and_not_deleted(lake: ContainerClient) -> None:
    blob = await lake.upload_blob("manifest.json", b"1")
    etag = (await blob.get_blob_properties()).etag
    await blob.upload_blob(b"2", overwrite=True)
    with pytest.raises(ResourceModifiedError):
        await blob.download_blob(etag=etag, match_condition=MatchConditions.IfNotModified)
    with pytest.raises(ResourceModifiedError):
        await blob.delete_blob(etag=etag, match_condition=MatchConditions.IfNotModified)
    await blob.delete_blob()
    with pytest.raises(ResourceNotFoundError) as found:
        await blob.download_blob()
    assert refusal(found.value) == (404, "BlobNotFound")


async def test_names_are_listed_by_page_and_by_folder(lake: ContainerClient) -> None:
    names = [f"{folder}/{number}.csv" for folder in ("landing", "rejects") for number in range(7)]
    for name in names:
        await lake.upload_blob(name, b"")
    pages = [[one.name async for one in page] async for page in lake.list_blobs(results_per_page=5).by_page()]
    assert [len(page) for page in pages] == [5, 5, 4]
    assert [name for page in pages for name in page] == names
    assert [one.name async for one in lake.walk_blobs(delimiter="/")] == ["landing/", "rejects/"]
    assert [name async for name in lake.list_blob_names(name_starts_with="rejects/")] == names[7:]


async def test_access_policies_are_read_back(lake: ContainerClient) -> None:
    policy = AccessPolicy(ContainerSasPermissions(read=True, list=True), "2027-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
    before = (await lake.get_container_properties()).etag
    await lake.set_container_access_policy({"readers": policy, "nothing": AccessPolicy()})
    found = await lake.get_container_access_policy()
    assert found["public_access"] is None
    readers, nothing = found["signed_identifiers"]
    assert (readers.id, nothing.id, nothing.access_policy) == ("readers", "nothing", None)
    kept = readers.access_policy
    assert (kept.permission, kept.expiry, kept.start) == ("rl", "2027-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
    assert (await lake.get_container_properties()).etag != before
    await lake.set_container_access_policy({})
    assert (await lake.get_container_access_policy())["signed_identifiers"] == []
    with pytest.raises(HttpResponseError) as found_public:
        await lake.set_container_access_policy({}, public_access="blob")
    assert refusal(found_public.value) == (409, "PublicAccessNotPermitted")


async def test_the_account_says_what_it_is(lake: ContainerClient) -> None:
    for client in (lake, lake.get_blob_client("any")):
        assert (await client.get_account_information())["account_kind"] == "StorageV2"


async def test_an_unsupported_request_is_reported(lake: ContainerClient) -> None:
    blob = await lake.upload_blob("manifest.json", b"1")
    for attempt in (blob.create_snapshot(), blob.set_standard_blob_tier("Cool")):
        with pytest.raises(HttpResponseError) as found:
            await attempt
        assert refusal(found.value) == (501, "NotImplemented")
