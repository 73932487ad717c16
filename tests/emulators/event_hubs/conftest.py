"""An emulator on a free port, and what tests publish to it and read from it with the real SDK."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from quartet_emulators.event_hubs import EventHubsEmulator, NamespaceConfig
from quartet_emulators.event_hubs.config import HubConfig

CONFIG = NamespaceConfig(
    "emulatorNs1",
    (
        HubConfig("saga-events", 4, ("$Default", "order", "payment")),
        HubConfig("returns", 1, ("$Default",)),
    ),
)


@asynccontextmanager
async def running(
    data_dir: Path, config: NamespaceConfig = CONFIG, *, idle_timeout: float = 240
) -> AsyncIterator[EventHubsEmulator]:
    """An emulator for the length of a block."""
    emulator = EventHubsEmulator(data_dir, config)
    emulator.idle_timeout = idle_timeout
    await emulator.start()
    try:
        yield emulator
    finally:
        await emulator.stop()


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[EventHubsEmulator]:
    async with running(tmp_path) as started:
        yield started


@pytest.fixture(autouse=True)
def _no_bugs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a client does, the emulator has an answer of its own; an unforeseen exception is a failure."""
    yield
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR and "azure" not in record.name]


@pytest.fixture(autouse=True)
def _quiet_sdk() -> Iterator[None]:
    """The SDK warns about every detach that these tests provoke."""
    logger = logging.getLogger("azure")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)
