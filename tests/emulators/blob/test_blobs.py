"""Block blobs: put, read, ranges, properties, metadata, blocks."""

import base64
import hashlib

import pytest
from quartet_emulators.blob import blobs, blocks, server
from quartet_emulators.blob.call import metadata_of
from quartet_emulators.blob.errors import BlobError

from tests.emulators.blob.conftest import Clock
from tests.emulators.blob.signed_client import SignedClient

PUT = {"x_ms_blob_type": "BlockBlob"}


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def block_id(number: int) -> str:
    return base64.b64encode(f"{number:04}".encode()).decode()


async def put_block(http: SignedClient, number: int, content: bytes, name: str = "shop/menu") -> int:
    return (await http("PUT", f"{name}?comp=block&blockid={block_id(number)}", content)).status


async def put_list(http: SignedClient, kind: str, *numbers: int) -> tuple[int, str]:
    items = "".join(f"<{kind}>{block_id(number)}</{kind}>" for number in numbers)
    body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{items}</BlockList>'.encode()
    answer = await http("PUT", "shop/menu?comp=blocklist", body)
    return answer.status, answer.headers.get("x-ms-error-code", "")


async def test_a_blob_is_read_as_it_was_put(http: SignedClient) -> None:
    put = await http("PUT", "shop/tea", b"green", Content_Type="text/plain", x_ms_meta_Origin="Uji", **PUT)
    assert (put.status, put.headers["Content-MD5"]) == (201, md5(b"green"))

    got = await http("GET", "shop/tea")
    assert (got.status, got.body) == (200, b"green")
    assert got.headers["Content-Type"] == "text/plain"
    assert got.headers["Content-MD5"] == md5(b"green")
    assert got.headers["x-ms-meta-Origin"] == "Uji"
    assert got.headers["ETag"] == put.headers["ETag"]
    assert got.headers["Last-Modified"] == put.headers["Last-Modified"] == "Fri, 15 Jan 2027 08:00:00 GMT"


async def test_head_says_what_get_says_without_the_bytes(http: SignedClient) -> None:
    await http("PUT", "shop/tea", b"green", Cache_Control="no-cache", **PUT)
    got, head = await http("GET", "shop/tea"), await http("HEAD", "shop/tea")
    assert (head.status, head.body) == (200, b"")
    assert set(head.headers.items()) ^ set(got.headers.items()) == {
        ("x-ms-request-id", answer.headers["x-ms-request-id"]) for answer in (head, got)
    }
    assert head.headers["Content-Length"] == "5"


async def test_the_clients_request_id_and_version_come_back(http: SignedClient) -> None:
    answer = await http("HEAD", "shop/none", x_ms_client_request_id="mine")
    assert (answer.headers["x-ms-client-request-id"], answer.headers["x-ms-version"]) == (
        "mine",
        "2019-07-07",
    )
    assert answer.error == (404, "BlobNotFound")


async def test_put_keeps_the_time_of_creation(http: SignedClient, clock: Clock) -> None:
    await http("PUT", "shop/tea", b"green", **PUT)
    clock.now += 60
    await http("PUT", "shop/tea", b"black", **PUT)
    headers = (await http("HEAD", "shop/tea")).headers
    assert headers["x-ms-creation-time"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert headers["Last-Modified"] == "Fri, 15 Jan 2027 08:01:00 GMT"


@pytest.mark.parametrize(
    ("header", "content", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
async def test_a_range_is_a_part(http: SignedClient, header: str, content: bytes, content_range: str) -> None:
    await http("PUT", "shop/digits", b"0123456789", **PUT)
    for name in ("Range", "x_ms_range"):
        got = await http("GET", "shop/digits", **{name: header})
        assert (got.status, got.body, got.headers["Content-Range"]) == (206, content, content_range)
        assert got.headers["x-ms-blob-content-md5"] == md5(b"0123456789")


async def test_a_range_can_have_its_md5(http: SignedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "RANGE_MD5_LIMIT", 4)
    await http("PUT", "shop/digits", b"0123456789", **PUT)
    asked = {"x_ms_range_get_content_md5": "true"}
    got = await http("GET", "shop/digits", Range="bytes=0-3", **asked)
    assert got.headers["Content-MD5"] == md5(b"0123")
    answer = await http("GET", "shop/digits", Range="bytes=0-4", **asked)
    assert answer.error == (400, "OutOfRangeQueryParameterValue")


@pytest.mark.parametrize("size", [0, 10])
async def test_a_range_beyond_the_end_is_refused(http: SignedClient, size: int) -> None:
    await http("PUT", "shop/digits", b"x" * size, **PUT)
    answer = await http("GET", "shop/digits", Range="bytes=10-12")
    assert answer.error == (416, "InvalidRange")
    assert answer.headers["Content-Range"] == f"bytes */{size}"


async def test_a_damaged_transfer_is_refused(http: SignedClient) -> None:
    answer = await http("PUT", "shop/tea", b"green", Content_MD5=md5(b"black"), **PUT)
    assert answer.error == (400, "Md5Mismatch")
    assert (await http("GET", "shop/tea")).error == (404, "BlobNotFound")


async def test_only_block_blobs_are_kept(http: SignedClient) -> None:
    assert (await http("PUT", "shop/tea", b"")).error == (400, "MissingRequiredHeader")
    assert (await http("PUT", "shop/tea", b"", x_ms_blob_type="PageBlob")).error == (501, "NotImplemented")


async def test_metadata_is_replaced_as_a_whole_and_leaves_the_bytes_alone(http: SignedClient) -> None:
    await http("PUT", "shop/tea", b"green", x_ms_meta_a="1", x_ms_meta_b="2", **PUT)
    await http("PUT", "shop/tea?comp=metadata", x_ms_meta_b="3")
    got = await http("GET", "shop/tea?comp=metadata")
    assert {name: v for name, v in got.headers.items() if name.startswith("x-ms-meta-")} == {"x-ms-meta-b": "3"}
    assert (await http("GET", "shop/tea")).body == b"green"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-ms-meta-1st": "x"}, "InvalidMetadata"),
        ({"x-ms-meta-a": "grün"}, "InvalidMetadata"),
        ({"x-ms-meta-a": "x", "X-Ms-Meta-A": "y"}, "InvalidMetadata"),
        ({"x-ms-meta-a": "x" * 5000, "x-ms-meta-b": "x" * 5000}, "MetadataTooLarge"),
    ],
)
def test_bad_metadata_is_refused(headers: dict[str, str], code: str) -> None:
    with pytest.raises(BlobError) as caught:
        metadata_of(headers)
    assert caught.value.error.code == code


async def test_properties_are_replaced(http: SignedClient) -> None:
    await http("PUT", "shop/tea", b"green", Content_Type="text/plain", Content_Language="en", **PUT)
    await http("PUT", "shop/tea?comp=properties", x_ms_blob_content_type="text/html")
    headers = (await http("GET", "shop/tea")).headers
    assert headers["Content-Type"] == "text/html"
    assert "Content-Language" not in headers


async def test_a_deleted_blob_is_gone(http: SignedClient) -> None:
    await http("PUT", "shop/tea", b"green", **PUT)
    assert (await http("DELETE", "shop/tea")).status == 202
    assert (await http("DELETE", "shop/tea")).error == (404, "BlobNotFound")
    assert (await http("GET", "nowhere/tea")).error == (404, "ContainerNotFound")


async def test_blocks_become_a_blob_when_they_are_listed(http: SignedClient) -> None:
    assert await put_block(http, 1, b"soup ") == 201
    assert await put_block(http, 2, b"bread ") == 201
    assert (await http("GET", "shop/menu")).error == (404, "BlobNotFound")

    assert await put_list(http, "Latest", 2, 1, 2) == (201, "")
    assert (await http("GET", "shop/menu")).body == b"bread soup bread "


async def test_committed_blocks_are_used_again(http: SignedClient) -> None:
    for number, content in ((1, b"soup "), (2, b"bread ")):
        await put_block(http, number, content)
    await put_list(http, "Uncommitted", 1, 2)
    await put_block(http, 2, b"rice ")

    listed = (await http("GET", "shop/menu?comp=blocklist&blocklisttype=all")).xml
    assert [name.text for name in listed.findall("CommittedBlocks/Block/Name")] == [block_id(1), block_id(2)]
    assert [size.text for size in listed.findall("UncommittedBlocks/Block/Size")] == ["5"]
    assert await put_list(http, "Committed", 2, 1) == (201, "")
    assert (await http("GET", "shop/menu")).body == b"bread soup "


async def test_unknown_blocks_and_bad_ids_are_refused(http: SignedClient) -> None:
    assert await put_list(http, "Latest", 1) == (400, "InvalidBlockList")
    await put_block(http, 1, b"soup ")
    assert await put_list(http, "Committed", 1) == (400, "InvalidBlockList")
    bad = await http("PUT", "shop/menu?comp=block&blockid=!", b"x")
    assert bad.error == (400, "InvalidQueryParameterValue")
    longer = await http("PUT", "shop/menu?comp=block&blockid=MDAwMDAwMDA=", b"x")
    assert longer.error == (400, "InvalidBlobOrBlock")
    assert (await http("PUT", "shop/menu?comp=blocklist", b"<BlockList>")).error == (
        400,
        "InvalidXmlDocument",
    )


async def test_a_body_beyond_the_limit_is_refused(http: SignedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SIZE_LIMIT", 8)
    monkeypatch.setattr(blocks, "SIZE_LIMIT", 8)
    assert (await http("PUT", "shop/tea", b"123456789", **PUT)).error == (413, "RequestBodyTooLarge")
    await put_block(http, 1, b"12345")
    assert await put_list(http, "Latest", 1, 1) == (413, "RequestBodyTooLarge")


async def test_compressed_bytes_are_kept_as_they_came(http: SignedClient) -> None:
    await http("PUT", "shop/tea", b"not really gzip", Content_Encoding="gzip", **PUT)
    got = await http("GET", "shop/tea")
    assert (got.body, got.headers["Content-Encoding"]) == (b"not really gzip", "gzip")


@pytest.mark.parametrize("wrong", ["x", "MTIz", "*" * 24, "A" * 24])
async def test_an_md5_that_is_none_is_refused(http: SignedClient, wrong: str) -> None:
    for path in ("shop/tea", "shop/tea?comp=block&blockid=YjE="):
        answer = await http("PUT", path, b"green", Content_MD5=wrong, x_ms_blob_type="BlockBlob")
        assert answer.error == (400, "InvalidMd5")


async def test_every_blob_is_in_the_tier_of_the_account(http: SignedClient) -> None:
    await http("PUT", "shop/tea", b"green", x_ms_blob_type="BlockBlob")
    head = (await http("HEAD", "shop/tea")).headers
    assert (head["x-ms-access-tier"], head["x-ms-access-tier-inferred"]) == ("Hot", "true")
    listed = (await http("GET", "shop?restype=container&comp=list")).xml
    assert listed.findtext("Blobs/Blob/Properties/AccessTier") == "Hot"
