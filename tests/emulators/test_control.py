"""The control endpoint: what it says of the parts, wherever they run."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from quartet_emulators.blob import BlobEmulator
from quartet_emulators.control import ControlEndpoint
from quartet_emulators.control_parts import PartRoutes
from quartet_emulators.faults import NO_FAULTS
from quartet_emulators.parts.local import Counters, LocalPart
from quartet_emulators.parts.part import Part, Serving

NOTHING_COUNTED: Counter[tuple[str, str]] = Counter()


def part_with(counters: Counters) -> LocalPart[BlobEmulator]:
    """A part that is never started."""
    server = BlobEmulator(Path("none"))
    return LocalPart(
        "blob", server, lambda: Serving({}, "", ""), data_dir=Path("none"), counters=counters, faults=NO_FAULTS
    )


@asynccontextmanager
async def control_of(parts: Mapping[str, Part]) -> AsyncIterator[aiohttp.ClientSession]:
    control = ControlEndpoint(PartRoutes(parts).all())
    await control.start()
    async with aiohttp.ClientSession(control.url) as session:
        yield session
    await control.stop()


async def answer(session: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with session.get(path) as response:
        return response.status, await response.json()


async def test_counters_are_nested_by_agent_and_live() -> None:
    blob: Counter[tuple[str, str]] = Counter({("order", "list"): 2, ("order", "checkpoint"): 1})
    parts = {"blob": part_with({"blob": blob}), "cosmos": part_with({"cosmos": NOTHING_COUNTED})}
    async with control_of(parts) as session:
        assert await answer(session, "/counters") == (
            200,
            {"blob": {"order": {"checkpoint": 1, "list": 2}}, "cosmos": {}},
        )
        blob["payment", "list"] += 1
        _, found = await answer(session, "/counters")
        assert found["blob"]["payment"] == {"list": 1}
        assert await answer(session, "/health") == (200, {"status": "ok"})


async def test_charges_are_rounded_to_hundredths() -> None:
    part = part_with({"request_units": {("order", "batch"): 0.1 + 0.2}})
    async with control_of({"cosmos": part}) as session:
        assert await answer(session, "/counters") == (200, {"request_units": {"order": {"batch": 0.3}}})


async def test_a_taken_port_is_an_error() -> None:
    first = ControlEndpoint([])
    await first.start()
    with pytest.raises(OSError, match="address already in use"):
        await ControlEndpoint([], port=first.port).start()
    await first.stop()
