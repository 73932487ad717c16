"""Blobs in memory and in Blob Storage keep the same promises."""

import asyncio
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
        with pytest.raises(OutageError, match="Blob Storage cannot be reached"):
            async with open_blobs(away, "lake"):
                pass


@asynccontextmanager
async def account_that_answers(status: int) -> AsyncIterator[str]:
    """The connection string of an account that answers every request with a status; with 0, it says nothing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if status:
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        endpoint = f"http://127.0.0.1:{port}/a"
        yield f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=aw==;BlobEndpoint={endpoint}"


@pytest.mark.parametrize("status", [429, 503])
async def test_an_account_that_is_too_busy_is_an_outage(
    status: int, azure_emulators_session: Mapping[str, str]
) -> None:
    async with account_that_answers(status) as account:
        busy = settings_of({**azure_emulators_session, "BLOB_CONNECTION_STRING": account})
        with pytest.raises(OutageError, match="Blob Storage is away"):
            async with open_blobs(busy, "lake"):
                pass


async def test_an_error_of_the_server_keeps_its_status_so_that_the_engine_repeats_it_with_a_bound(
    azure_emulators_session: Mapping[str, str],
) -> None:
    async with account_that_answers(500) as account:
        broken = settings_of({**azure_emulators_session, "BLOB_CONNECTION_STRING": account})
        with pytest.raises(Exception, match="No") as raised:
            async with open_blobs(broken, "lake"):
                pass
        assert getattr(raised.value, "status_code", None) == 500


async def test_a_wrong_key_is_a_mistake_in_the_configuration(azure_emulators_session: Mapping[str, str]) -> None:
    account = re.sub(r"AccountKey=[^;]*", "AccountKey=aw==", azure_emulators_session["BLOB_CONNECTION_STRING"])
    wrong = settings_of({**azure_emulators_session, "BLOB_CONNECTION_STRING": account})
    with pytest.raises(ConfigurationError, match="Blob Storage refuses the key or identity"):
        async with open_blobs(wrong, "lake"):
            pass
