"""A request that aiohttp's parser lets through and its request cannot take is answered like any other bad one."""

import asyncio
from pathlib import Path

import pytest
from quartet_emulators.blob import BlobEmulator
from quartet_emulators.cosmos import CosmosEmulator

from quartet.engine.failures.timeouts import stretched


@pytest.mark.parametrize("kind", [BlobEmulator, CosmosEmulator])
@pytest.mark.parametrize("target", [b"", b"\r\nUpgrade: h2c"])
async def test_a_connect_without_a_target_is_answered(
    tmp_path: Path, kind: type[BlobEmulator] | type[CosmosEmulator], target: bytes
) -> None:
    emulator = kind(tmp_path)
    await emulator.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
        writer.write(b"CONNECT " + target + b"\r\n\r\n")
        answer = await asyncio.wait_for(reader.readline(), stretched(5))
        writer.close()
        await writer.wait_closed()
    finally:
        await emulator.stop()
    assert int(answer.split()[1]) >= 400, answer
