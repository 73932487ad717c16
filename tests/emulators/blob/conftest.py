from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quartet_emulators.blob import BlobEmulator

from tests.emulators.blob.signed_client import SignedClient


class Clock:
    """A clock that the test moves; it starts at a time with a fraction, which HTTP dates do not have."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.75

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[BlobEmulator]:
    """An emulator on the real clock, which the SDKs sign with."""
    emulator = BlobEmulator(tmp_path)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def http(tmp_path: Path, clock: Clock) -> AsyncIterator[SignedClient]:
    """A signed client of an emulator on the test's clock, with the container `shop`."""
    emulator = BlobEmulator(tmp_path, clock=clock)
    await emulator.start()
    async with SignedClient(emulator.port, date=clock.now) as client:
        assert (await client("PUT", "shop?restype=container")).status == 201
        yield client
    await emulator.stop()
