"""Copies within the account, as the public client asks for them."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.storage.blob import BlobBlock, ContentSettings
from azure.storage.blob.aio import BlobClient, ContainerClient
from quartet_emulators.blob import BlobEmulator
from quartet_emulators.security import Security
from quartet_emulators.tokens import TokenCheck

from tests.emulators.blob.test_leases import refused
from tests.emulators.blob.test_signatures import for_blob
from tests.emulators.blob.test_storage_sdk import content_of, lake

__all__ = ["lake"]  # a fixture

NAME = "täe leaves/1"
SETTINGS = ContentSettings(content_type="text/tea", cache_control="no-cache")


@pytest.fixture
async def tea(lake: ContainerClient) -> BlobClient:
    return await lake.upload_blob(
        NAME, b"green", metadata={"by": "alice"}, tags={"tier": "gold"}, content_settings=SETTINGS
    )


@pytest.fixture
async def signed(lake: ContainerClient, tea: BlobClient) -> AsyncIterator[str]:
    """The address of the blob with a signature, which all but Copy Blob need."""
    async with for_blob(lake, tea.blob_name, "r") as blob:
        yield blob.url


async def test_a_copy_is_complete_with_all_that_the_source_has(lake: ContainerClient, tea: BlobClient) -> None:
    copy = lake.get_blob_client("copy")
    answer = await copy.start_copy_from_url(tea.url)
    assert answer["copy_status"] == "success"
    properties = await copy.get_blob_properties()
    assert (await content_of(copy), properties.metadata) == (b"green", {"by": "alice"})
    assert (properties.content_settings.content_type, properties.content_settings.cache_control) == (
        "text/tea",
        "no-cache",
    )
    assert (properties.copy.id, properties.copy.status) == (answer["copy_id"], "success")
    assert (properties.copy.source, properties.copy.progress) == (tea.url, "5/5")
    assert await copy.get_blob_tags() == {}
    assert properties.etag != (await tea.get_blob_properties()).etag
    assert await refused(copy.abort_copy(str(answer["copy_id"]))) == (409, "NoPendingCopyOperation")
    await copy.upload_blob(b"new", overwrite=True)
    assert (await copy.get_blob_properties()).copy.id is None


async def test_lists_show_copies_if_they_are_asked_for(lake: ContainerClient, tea: BlobClient) -> None:
    answer = await lake.get_blob_client("copy").start_copy_from_url(tea.url)
    shown = {blob.name: blob.copy async for blob in lake.list_blobs(include=["copy"])}
    assert (shown["copy"].id, shown["copy"].source) == (answer["copy_id"], tea.url)
    assert (shown["copy"].status, shown["copy"].progress, shown[NAME].id) == ("success", "5/5", None)
    assert [blob.copy.id async for blob in lake.list_blobs()] == [None, None]


async def test_a_copy_may_have_metadata_and_tags_of_its_own(lake: ContainerClient, tea: BlobClient) -> None:
    copy = lake.get_blob_client("copy")
    await copy.start_copy_from_url(tea.url, metadata={"by": "bob"}, tags={"tier": "tin"})
    assert (await copy.get_blob_properties()).metadata == {"by": "bob"}
    assert await copy.get_blob_tags() == {"tier": "tin"}


async def test_a_copy_honours_conditions_of_both(lake: ContainerClient, tea: BlobClient, signed: str) -> None:
    etag = (await tea.get_blob_properties()).etag
    copy = lake.get_blob_client("copy")
    other: dict[str, Any] = {"source_etag": "0x0", "source_match_condition": MatchConditions.IfNotModified}
    other_tags: dict[str, Any] = {"source_if_tags_match_condition": "\"tier\"='tin'"}
    assert await refused(copy.start_copy_from_url(tea.url, **other)) == (412, "SourceConditionNotMet")
    assert await refused(copy.start_copy_from_url(tea.url, **other_tags)) == (412, "ConditionNotMet")
    assert await refused(copy.upload_blob_from_url(signed, **other)) == (404, "CannotVerifyCopySource")
    await copy.start_copy_from_url(tea.url, source_etag=etag, source_match_condition=MatchConditions.IfNotModified)
    assert await refused(
        copy.start_copy_from_url(tea.url, etag="0x0", match_condition=MatchConditions.IfNotModified)
    ) == (412, "ConditionNotMet")
    await copy.acquire_lease(-1)
    assert await refused(copy.start_copy_from_url(tea.url)) == (412, "LeaseIdMissing")


async def test_a_source_that_is_not_there_is_not_found(lake: ContainerClient, tea: BlobClient) -> None:
    missing = lake.get_blob_client("missing").url
    assert await refused(tea.start_copy_from_url(missing)) == (404, "BlobNotFound")
    elsewhere = tea.start_copy_from_url("http://127.0.0.1:1/devstoreaccount1/lake/tea")
    assert await refused(elsewhere) == (501, "NotImplemented")


async def test_a_copy_from_a_url_needs_a_signature(lake: ContainerClient, tea: BlobClient, signed: str) -> None:
    copy = lake.get_blob_client("copy")
    without = (401, "NoAuthenticationInformation")
    assert await refused(copy.upload_blob_from_url(tea.url)) == without
    assert await refused(copy.start_copy_from_url(tea.url, requires_sync=True)) == without
    assert await refused(copy.stage_block_from_url("b1", tea.url)) == without
    await copy.start_copy_from_url(signed, requires_sync=True)
    assert await content_of(copy) == b"green"
    assert signed.partition("?")[2] not in str((await copy.get_blob_properties()).copy.source)
    async with for_blob(lake, NAME, "w") as no_reader:
        assert await refused(copy.upload_blob_from_url(no_reader.url)) == (403, "AuthorizationPermissionMismatch")


async def test_tags_are_copied_by_those_who_may_read_them(lake: ContainerClient, tea: BlobClient, signed: str) -> None:
    copy = lake.get_blob_client("copy")
    attempt = copy.start_copy_from_url(signed, requires_sync=True, tags="COPY")
    assert await refused(attempt) == (403, "AuthorizationPermissionMismatch")
    async with for_blob(lake, tea.blob_name, "rt") as reader:
        await copy.start_copy_from_url(reader.url, requires_sync=True, tags="COPY")
    assert await copy.get_blob_tags() == {"tier": "gold"}
    await copy.start_copy_from_url(signed, requires_sync=True)
    assert await copy.get_blob_tags() == {}


async def test_an_upload_from_a_url_is_a_blob_of_its_own(lake: ContainerClient, signed: str) -> None:
    copy = lake.get_blob_client("copy")
    await copy.upload_blob_from_url(signed, content_settings=ContentSettings(content_language="de"))
    settings = (await copy.get_blob_properties()).content_settings
    assert (await content_of(copy), settings.content_type, settings.content_language) == (b"green", "text/tea", "de")
    await copy.upload_blob_from_url(signed, overwrite=True, include_source_blob_properties=False)
    assert (await copy.get_blob_properties()).content_settings.content_type == "application/octet-stream"
    wrong = bytearray(hashlib.md5(b"black", usedforsecurity=False).digest())
    attempt = copy.upload_blob_from_url(signed, overwrite=True, source_content_md5=wrong)
    assert await refused(attempt) == (400, "Md5Mismatch")


async def test_blocks_are_ranges_of_a_source(lake: ContainerClient, signed: str) -> None:
    copy = lake.get_blob_client("copy")
    await copy.stage_block_from_url("b1", signed, source_offset=0, source_length=2)
    await copy.stage_block_from_url("b2", signed)
    await copy.commit_block_list([BlobBlock("b1"), BlobBlock("b2")])
    assert await content_of(copy) == b"grgreen"


async def test_a_token_opens_the_source_too(tmp_path: Path) -> None:
    tokens = TokenCheck("a key of the tests")
    emulator = BlobEmulator(tmp_path, security=Security(tokens=tokens))
    await emulator.start()
    async with ContainerClient.from_connection_string(emulator.connection_string, "lake", retry_total=0) as client:
        await client.create_container()
        tea, copy = await client.upload_blob("tea", b"green"), client.get_blob_client("copy")
        claims = {"aud": "https://storage.azure.com", "exp": 4_000_000_000, "oid": "x", "tid": "y"}
        await copy.upload_blob_from_url(tea.url, source_authorization=f"Bearer {tokens.sign(claims)}")
        assert await content_of(copy) == b"green"
        attempt = copy.upload_blob_from_url(tea.url, overwrite=True, source_authorization="Bearer x")
        assert await refused(attempt) == (401, "InvalidAuthenticationInfo")
    await emulator.stop()
