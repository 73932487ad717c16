"""Tags of blobs, as the public client sets, reads and finds them."""

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from quartet_emulators.blob import BlobEmulator
from quartet_emulators.blob.errors import BlobError
from quartet_emulators.blob.tag_condition import TagCondition

from tests.emulators.blob.test_leases import refused
from tests.emulators.blob.test_storage_sdk import lake

__all__ = ["lake"]  # a fixture

TAGS = {"tier": "gold", "+-./:=_ ": "+-./:=_", "year": "2026"}


async def test_tags_are_set_with_the_blob_and_after_it(lake: ContainerClient) -> None:
    blob = await lake.upload_blob("a", b"", tags=TAGS)
    assert await blob.get_blob_tags() == TAGS
    etag = (await blob.get_blob_properties()).etag
    await blob.set_blob_tags({"tier": "tin"})
    properties = await blob.get_blob_properties()
    assert (await blob.get_blob_tags(), properties.tag_count, properties.etag) == ({"tier": "tin"}, 1, etag)
    await blob.upload_blob(b"", overwrite=True)
    assert await blob.get_blob_tags() == {}


async def test_tags_are_set_with_a_list_of_blocks(lake: ContainerClient) -> None:
    blob = lake.get_blob_client("a")
    await blob.stage_block("b1", b"one")
    await blob.commit_block_list([BlobBlock("b1")], tags=TAGS)
    assert await blob.get_blob_tags() == TAGS


async def test_lists_show_tags_if_they_are_asked_for(lake: ContainerClient) -> None:
    await lake.upload_blob("a", b"", tags=TAGS)
    await lake.upload_blob("b", b"")
    shown = [(blob.name, blob.tags, blob.tag_count) async for blob in lake.list_blobs(include=["tags"])]
    assert shown == [("a", TAGS, 3), ("b", None, None)]
    assert [blob.tags async for blob in lake.list_blobs()] == [None, None]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({f"t{number}": "" for number in range(11)}, "TagsTooLarge"),
        ({"a#": "b"}, "InvalidTag"),
        ({"a": "b!"}, "InvalidTag"),
        ({"a" * 129: "b"}, "InvalidTag"),
        ({"a": "b" * 257}, "InvalidTag"),
    ],
)
async def test_tags_have_limits(lake: ContainerClient, tags: dict[str, str], code: str) -> None:
    blob = await lake.upload_blob("a", b"")
    for attempt in (blob.set_blob_tags(tags), blob.upload_blob(b"x", overwrite=True, tags=tags)):
        with pytest.raises(HttpResponseError) as found:
            await attempt
        assert (found.value.status_code, found.value.error_code) == (400, code)  # type: ignore[attr-defined]  # given by the client
    assert (await blob.get_blob_properties()).size == 0


async def test_every_operation_honours_a_condition_on_tags(lake: ContainerClient) -> None:
    blob = await lake.upload_blob("a", b"x", tags={"tier": "gold"})
    wrong: dict[str, Any] = {"if_tags_match_condition": "\"tier\"='tin'"}
    right: dict[str, Any] = {"if_tags_match_condition": "\"tier\"='gold'"}
    not_met = (412, "ConditionNotMet")
    for operation in (blob.download_blob, blob.get_blob_tags, blob.get_block_list):
        assert await refused(operation(**wrong)) == not_met
        await operation(**right)
    assert await refused(blob.set_blob_metadata({}, **wrong)) == not_met
    assert await refused(blob.set_http_headers(**wrong)) == not_met
    assert await refused(blob.set_blob_tags({}, **wrong)) == not_met
    assert await refused(blob.upload_blob(b"y", overwrite=True, **wrong)) == not_met
    assert await refused(blob.commit_block_list([], **wrong)) == not_met
    assert await refused(blob.delete_blob(**wrong)) == not_met
    await blob.set_blob_metadata({}, **right)
    await blob.delete_blob(**right)


async def test_tags_have_conditions_on_their_blob(lake: ContainerClient) -> None:
    blob = await lake.upload_blob("a", b"x")
    etag = (await blob.get_blob_properties()).etag
    changed: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfModified}
    same: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    assert await refused(blob.set_blob_tags(TAGS, **changed)) == (412, "ConditionNotMet")
    assert await refused(blob.get_blob_tags(**changed)) == (412, "ConditionNotMet")
    await blob.set_blob_tags(TAGS, **same)
    assert await blob.get_blob_tags(**same) == TAGS


async def test_blobs_are_found_by_their_tags(emulator: BlobEmulator) -> None:
    async with BlobServiceClient.from_connection_string(emulator.connection_string, retry_total=0) as client:
        for name in ("cellar", "shop"):
            container = await client.create_container(name)
            for number in range(4):
                await container.upload_blob(str(number), b"", tags={"tier": "gold", "number": str(number)})
            await container.upload_blob("5", b"")
        where = "\"tier\"='gold' AND \"number\">='2'"
        pages = [
            [(blob.container_name, blob.name, blob.tags) async for blob in page]
            async for page in client.find_blobs_by_tags(where, results_per_page=3).by_page()
        ]
        assert [len(page) for page in pages] == [3, 1]
        assert [one[:2] for page in pages for one in page] == [
            ("cellar", "2"),
            ("cellar", "3"),
            ("shop", "2"),
            ("shop", "3"),
        ]
        assert pages[0][0][2] == {"tier": "gold", "number": "2"}
        only = [blob.name async for blob in client.find_blobs_by_tags(f"@container='shop' AND {where}")]
        assert only == ["2", "3"]
        earlier = [blob.name async for blob in client.find_blobs_by_tags(f"@container='cellar' AND {where}")]
        assert earlier == ["2", "3"]
        in_one = client.get_container_client("shop").find_blobs_by_tags("number = '1'")
        assert [(blob.container_name, blob.name) async for blob in in_one] == [("shop", "1")]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("a = '1'", True), ("a <> '1'", False), ("a > '0' and a < '2'", True), ("a >= '2' OR a <= '1'", True),
        ("b = '1' OR a = '2' AND a = '1'", False), ("c <> '1'", False), ("a='1' AND b='x y'", True),
    ],
)  # fmt: skip
def test_a_condition_is_read_as_it_is_documented(condition: str, holds: bool) -> None:
    assert TagCondition(condition).holds({"a": "1", "b": "x y"}) is holds


@pytest.mark.parametrize("condition", ["", "a", "a = 1", "a = '1' AND", "a = '1' b = '2'", "(a = '1')", "a LIKE 'x'"])
def test_a_condition_that_cannot_be_read_is_refused(condition: str) -> None:
    with pytest.raises(BlobError, match="cannot be read"):
        TagCondition(condition)
