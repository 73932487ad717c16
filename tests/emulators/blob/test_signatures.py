"""Shared access signatures, as the public package makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import (
    AccessPolicy,
    AccountSasPermissions,
    BlobSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient
from quartet_emulators.blob import ACCOUNT_KEY, ACCOUNT_NAME

from tests.emulators.blob.signed_client import SignedClient
from tests.emulators.blob.test_leases import refused
from tests.emulators.blob.test_storage_sdk import content_of, lake

__all__ = ["lake"]  # a fixture

PERMISSION, FAILED = (403, "AuthorizationPermissionMismatch"), (403, "AuthenticationFailed")
FOLDER = "a b/täe+?"


def later(minutes: float = 5) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def for_blob(lake: ContainerClient, name: str, allowed: str, **more: Any) -> BlobClient:  # noqa: ANN401 - any option
    options: dict[str, Any] = {"expiry": later(), "account_key": ACCOUNT_KEY}
    options["permission"] = BlobSasPermissions.from_string(allowed)
    sas = generate_blob_sas(ACCOUNT_NAME, lake.container_name, name, **options | more)
    return BlobClient.from_blob_url(lake.get_blob_client(name).url, sas, retry_total=0)


def for_container(lake: ContainerClient, allowed: str, **more: Any) -> ContainerClient:  # noqa: ANN401 - any option
    options: dict[str, Any] = {"expiry": later(), "account_key": ACCOUNT_KEY}
    options["permission"] = ContainerSasPermissions.from_string(allowed)
    sas = generate_container_sas(ACCOUNT_NAME, lake.container_name, **options | more)
    return ContainerClient.from_container_url(lake.url, sas, retry_total=0)


def for_account(lake: ContainerClient, permission: AccountSasPermissions, types: ResourceTypes) -> BlobServiceClient:
    sas = generate_account_sas(ACCOUNT_NAME, ACCOUNT_KEY, types, permission, later())
    return BlobServiceClient(lake.url.rpartition("/")[0], sas, retry_total=0)


@pytest.fixture
async def tea(lake: ContainerClient) -> ContainerClient:
    await lake.upload_blob(FOLDER, b"green")
    return lake


async def test_a_signature_of_a_blob_opens_this_blob(tea: ContainerClient) -> None:
    async with for_blob(tea, FOLDER, "r") as blob:
        assert await content_of(blob) == b"green"
        assert await refused(blob.upload_blob(b"black", overwrite=True)) == PERMISSION
        assert await refused(blob.delete_blob()) == PERMISSION
        query = blob.url.partition("?")[2]
    async with BlobClient.from_blob_url(f"{tea.url}/other?{query}", retry_total=0) as other:
        assert await refused(other.download_blob()) == FAILED
    async with for_blob(tea, FOLDER, "wd") as blob:
        await blob.upload_blob(b"black", overwrite=True)
        assert await refused(blob.download_blob()) == PERMISSION
        await blob.delete_blob()


async def test_the_permission_to_create_overwrites_nothing(tea: ContainerClient) -> None:
    async with for_container(tea, "c") as container:
        await container.upload_blob("new", b"")
        assert await refused(container.upload_blob("new", b"", overwrite=True)) == PERMISSION
        assert await refused(container.set_container_metadata({})) == PERMISSION


async def test_a_signature_of_a_container_opens_its_blobs(tea: ContainerClient) -> None:
    async with for_container(tea, "rl") as container:
        assert [name async for name in container.list_blob_names()] == [FOLDER]
        assert await content_of(container.get_blob_client(FOLDER)) == b"green"
        assert await refused(container.upload_blob("b", b"")) == PERMISSION
    async with for_container(tea, "d") as container:
        assert await refused(container.delete_container()) == PERMISSION  # which no signature of a container allows


async def test_a_signature_of_the_account_opens_what_it_says(tea: ContainerClient) -> None:
    allowed, types = (
        AccountSasPermissions(read=True, write=True, list=True),
        ResourceTypes(service=True, container=True),
    )
    async with for_account(tea, allowed, types) as account:
        assert [container.name async for container in account.list_containers()] == ["lake"]
        await account.create_container("cellar")
        assert await refused(account.delete_container("cellar")) == PERMISSION
        blob = account.get_blob_client("lake", FOLDER)
        assert await refused(blob.download_blob()) == (403, "AuthorizationResourceTypeMismatch")


async def test_a_signature_of_the_account_for_another_service_opens_nothing(tea: ContainerClient) -> None:
    types, allowed = ResourceTypes(object=True), AccountSasPermissions(read=True)
    sas = generate_account_sas(ACCOUNT_NAME, ACCOUNT_KEY, types, allowed, later(), services="q")
    async with BlobClient.from_blob_url(tea.get_blob_client(FOLDER).url, sas, retry_total=0) as blob:
        assert await refused(blob.download_blob()) == (403, "AuthorizationServiceMismatch")


async def test_a_signature_has_its_time(tea: ContainerClient) -> None:
    outside: list[dict[str, Any]] = [{"expiry": later(-1)}, {"start": later(2)}]
    for times in outside:
        async with for_blob(tea, FOLDER, "r", **times) as blob:
            assert await refused(blob.download_blob()) == FAILED
    async with for_blob(tea, FOLDER, "r", start=later(-1)) as blob:
        assert await content_of(blob) == b"green"


async def test_a_signature_by_another_key_opens_nothing(tea: ContainerClient) -> None:
    async with for_blob(tea, FOLDER, "r", account_key="b3RoZXI=") as blob:
        assert await refused(blob.download_blob()) == FAILED


async def test_what_a_signature_says_cannot_be_changed(tea: ContainerClient) -> None:
    async with for_blob(tea, FOLDER, "r") as blob:
        url = blob.url.replace("sp=r", "sp=rd")
    async with BlobClient.from_blob_url(url, retry_total=0) as blob:
        assert await refused(blob.delete_blob()) == FAILED


async def test_a_stored_policy_says_what_the_signature_leaves_out(tea: ContainerClient) -> None:
    policy = AccessPolicy(ContainerSasPermissions(read=True), later())
    await tea.set_container_access_policy({"readers": policy})
    for_readers: dict[str, Any] = {"permission": None, "expiry": None, "policy_id": "readers"}
    async with for_container(tea, "r", **for_readers) as container:
        blob = container.get_blob_client(FOLDER)
        assert await content_of(blob) == b"green"
        assert await refused(blob.delete_blob()) == PERMISSION
        await tea.set_container_access_policy({})  # which revokes all signatures that name it
        assert await refused(blob.download_blob()) == FAILED


async def test_a_signature_gives_a_read_its_headers(tea: ContainerClient) -> None:
    async with for_blob(tea, FOLDER, "r", cache_control="no-cache", content_type="text/tea") as blob:
        settings = (await blob.get_blob_properties()).content_settings
        assert (settings.cache_control, settings.content_type) == ("no-cache", "text/tea")


async def test_a_signature_for_https_opens_nothing_without(tea: ContainerClient) -> None:
    async with for_blob(tea, FOLDER, "r", protocol="https") as blob:
        assert await refused(blob.download_blob()) == (403, "AuthorizationProtocolMismatch")


@pytest.mark.parametrize(
    "query",
    [
        "sv=2021-08-06&sr=b&sig=x&skoid=1",
        "sv=2021-08-06&sr=b&sig=x&sip=127.0.0.1",
        "sv=2021-08-06&sr=d&sig=x",
        "sv=2015-04-05&sr=b&sig=x",
        "sig=x",
    ],
)
async def test_another_kind_of_signature_is_refused(http: SignedClient, query: str) -> None:
    answer = await http.raw("GET", f"/devstoreaccount1/shop/tea?{query}", b"", {})
    assert answer.error == (501, "NotImplemented")
