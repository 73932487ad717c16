"""Blobs in memory and in Blob Storage keep the same promises."""

import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from examples.pipeline.blobs import NOTHING, Blobs, open_blobs
from examples.pipeline.tests.files import MemoryBlobs
from quartet import ConfigurationError, OutageError
from quartet.adapters import Settings


def settings_of(azure: Mapping[str, str]) -> Settings:
    return Settings.model_validate({name.lower(): value for name, value in azure.items()})


@pytest.fixture(params=["memory", "azure"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def blobs_of(kind: str, azure: Mapping[str, str]) -> AsyncIterator[Blobs]:
    if kind == "memory":
        yield MemoryBlobs()
        return
    async with open_blobs(settings_of(azure), "lake") as blobs:
        yield blobs


async def test_what_is_written_is_read(kind: str, azure_emulators_session: Mapping[str, str]) -> None:
    async with blobs_of(kind, azure_emulators_session) as blobs:
        assert await blobs.read("a/none") is None
        for content in (b"rows", b"", b"more rows"):
            assert await blobs.write("a/read", content)
            found = await blobs.read("a/read")
            assert found is not None
            assert found.content == content


async def test_the_first_one_counts_where_there_was_nothing(
    kind: str, azure_emulators_session: Mapping[str, str]
) -> None:
    async with blobs_of(kind, azure_emulators_session) as blobs:
        assert await blobs.write("a/first", b"", over=NOTHING)
        assert not await blobs.write("a/first", b"late", over=NOTHING)
        found = await blobs.read("a/first")
        assert found is not None
        assert found.content == b""


async def test_a_version_is_swapped_once(kind: str, azure_emulators_session: Mapping[str, str]) -> None:
    async with blobs_of(kind, azure_emulators_session) as blobs:
        await blobs.write("a/swapped", b"1")
        first = await blobs.read("a/swapped")
        assert first is not None
        assert await blobs.write("a/swapped", b"2", over=first.version)
        assert not await blobs.write("a/swapped", b"3", over=first.version)
        second = await blobs.read("a/swapped")
        assert second is not None
        assert (second.content, second.version != first.version) == (b"2", True)
        assert not await blobs.write("a/none", b"1", over=first.version)


async def test_every_name_is_listed(kind: str, azure_emulators_session: Mapping[str, str]) -> None:
    async with blobs_of(kind, azure_emulators_session) as blobs:
        written = {f"b/{number}" for number in range(30)}
        for name in written:
            await blobs.write(name, b"")
        assert written == {name async for name in blobs.names() if name.startswith("b/")}


async def test_an_account_that_is_away_is_an_outage(azure_emulators_session: Mapping[str, str]) -> None:
    with socket.socket() as taken:  # bound, and no server listens
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}/a"
        account = f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=aw==;BlobEndpoint={endpoint}"
        away = settings_of({**azure_emulators_session, "BLOB_CONNECTION_STRING": account})
        with pytest.raises(OutageError, match="Blob Storage does not do what it was asked"):
            async with open_blobs(away, "lake"):
                pass


async def test_a_wrong_key_is_a_mistake_in_the_configuration(azure_emulators_session: Mapping[str, str]) -> None:
    account = re.sub(r"AccountKey=[^;]*", "AccountKey=aw==", azure_emulators_session["BLOB_CONNECTION_STRING"])
    wrong = settings_of({**azure_emulators_session, "BLOB_CONNECTION_STRING": account})
    with pytest.raises(ConfigurationError, match="Blob Storage refuses the key or identity"):
        async with open_blobs(wrong, "lake"):
            pass
