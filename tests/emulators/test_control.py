"""The control endpoint."""

from collections import Counter

import aiohttp
import pytest
from quartet_emulators.control import ControlEndpoint


async def test_counters_are_nested_by_agent_and_live() -> None:
    blob: Counter[tuple[str, str]] = Counter({("order", "list"): 2, ("order", "checkpoint"): 1})
    control = ControlEndpoint({"blob": blob, "cosmos": Counter()})
    await control.start()
    async with aiohttp.ClientSession(control.url) as session:
        async with session.get("/counters") as response:
            assert await response.json() == {"blob": {"order": {"checkpoint": 1, "list": 2}}, "cosmos": {}}
        blob["payment", "list"] += 1
        async with session.get("/counters") as response:
            assert (await response.json())["blob"]["payment"] == {"list": 1}
        async with session.get("/health") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})
    await control.stop()


async def test_charges_are_rounded_to_hundredths() -> None:
    control = ControlEndpoint({"request_units": {("order", "batch"): 0.1 + 0.2}})
    await control.start()
    async with aiohttp.ClientSession(control.url) as session, session.get("/counters") as response:
        assert await response.json() == {"request_units": {"order": {"batch": 0.3}}}
    await control.stop()


async def test_a_taken_port_is_an_error() -> None:
    first = ControlEndpoint({})
    await first.start()
    with pytest.raises(OSError, match="address already in use"):
        await ControlEndpoint({}, port=first.port).start()
    await first.stop()
