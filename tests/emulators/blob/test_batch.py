"""Blobs that are deleted together, as the public client asks for it."""

from typing import Any

import pytest
from azure.storage.blob import PartialBatchErrorException as PartialBatchError
from azure.storage.blob.aio import ContainerClient

from tests.emulators.blob.signed_client import SignedClient
from tests.emulators.blob.test_leases import refused
from tests.emulators.blob.test_signatures import for_container
from tests.emulators.blob.test_storage_sdk import lake

__all__ = ["lake"]  # a fixture

NAMES = ["a b/1", "täe", "c"]


async def names(container: ContainerClient) -> list[str]:
    return [name async for name in container.list_blob_names()]


async def test_all_are_deleted_in_one_request(lake: ContainerClient) -> None:
    for name in [*NAMES, "kept"]:
        await lake.upload_blob(name, b"x")
    answers = [answer async for answer in await lake.delete_blobs(*NAMES)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert await names(lake) == ["kept"]


async def test_each_has_a_result_of_its_own(lake: ContainerClient) -> None:
    leased = await lake.upload_blob("leased", b"x")
    await leased.acquire_lease(-1)
    await lake.upload_blob("free", b"x")
    wanted = ["missing", "leased", "free"]
    answers = [answer async for answer in await lake.delete_blobs(*wanted, raise_on_any_failure=False)]
    found = [(answer.status_code, answer.headers.get("x-ms-error-code")) for answer in answers]
    assert found == [(404, "BlobNotFound"), (412, "LeaseIdMissing"), (202, None)]
    assert await names(lake) == ["leased"]
    with pytest.raises(PartialBatchError):
        await lake.delete_blobs(*wanted)


async def test_a_signature_must_allow_it(lake: ContainerClient) -> None:
    await lake.upload_blob("a", b"x")
    async with for_container(lake, "rl") as reader:
        assert await refused(reader.delete_blobs("a")) == (403, "AuthorizationPermissionMismatch")
    async with for_container(lake, "d") as deleter:
        await deleter.delete_blobs("a")
    assert await names(lake) == []


def a_batch(*requests: str) -> tuple[bytes, dict[str, Any]]:
    parts = "".join(f"--b\r\nContent-Type: application/http\r\n\r\n{request}\r\n" for request in requests)
    return f"{parts}--b--\r\n".encode(), {"Content_Type": "multipart/mixed; boundary=b"}


@pytest.mark.parametrize(
    ("request_line", "status", "code"),
    [
        ("DELETE /shop/tea HTTP/1.1", 401, "NoAuthenticationInformation"),  # the batch's own rights are not enough
        ("DELETE /cellar/tea HTTP/1.1", 400, "InvalidInput"),
        ("PUT /shop/tea?comp=tier HTTP/1.1", 501, "NotImplemented"),
        ("DELETE /shop HTTP/1.1", 501, "NotImplemented"),
        ("", 501, "NotImplemented"),
    ],
)
async def test_a_request_that_may_not_be_there_is_refused(
    http: SignedClient, request_line: str, status: int, code: str
) -> None:
    await http("PUT", "shop/tea", b"green", x_ms_blob_type="BlockBlob")
    body, headers = a_batch(f"{request_line}\r\nContent-Length: 0\r\n\r\n")
    answer = await http("POST", "shop?restype=container&comp=batch", body, **headers)
    assert answer.status == 202
    assert f"HTTP/1.1 {status} ".encode() in answer.body
    assert f"x-ms-error-code: {code}".encode() in answer.body
    assert (await http("GET", "shop/tea")).status == 200


@pytest.mark.parametrize("count", [0, 257])
async def test_a_batch_has_1_to_256_requests(http: SignedClient, count: int) -> None:
    body, headers = a_batch(*["DELETE /shop/tea HTTP/1.1\r\n\r\n"] * count)
    answer = await http("POST", "shop?restype=container&comp=batch", body, **headers)
    assert answer.error == (400, "InvalidInput")
