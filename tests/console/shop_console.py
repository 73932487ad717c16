"""The console beside the running shop, served for real, and asked over HTTP."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import aiohttp

from quartet.local.supervisor import Process
from tests.saga.shop import LIMIT, Shop

SERVED = "the console is at"


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser would do."""

    address: str
    session: aiohttp.ClientSession
    process: str

    async def get(self, path: str) -> tuple[int, Any]:
        """The status, and the JSON."""
        async with self.session.get(f"{self.address}{path}") as answer:
            return answer.status, json.loads(await answer.text())

    async def post(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        """The same for an action; with the header that a browser adds."""
        own = {"sec-fetch-site": "same-origin", **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.session.post(f"{self.address}{path}", json=body, headers=own) as answer:
            return answer.status, json.loads(await answer.text())

    async def until(self, path: str, condition: Callable[[Any], bool]) -> Any:  # noqa: ANN401 -- JSON
        """The JSON at a path, as soon as it fulfils the condition."""
        deadline = time.monotonic() + LIMIT
        while True:
            status, found = await self.get(path)
            if status == 200 and condition(found):
                return found
            assert time.monotonic() < deadline, (path, status, found)
            await asyncio.sleep(0.1)  # a pause between two looks at a condition


@asynccontextmanager
async def console(shop: Shop, data: Path, actions: Literal["on", "off"] = "off") -> AsyncIterator[Page]:
    """The console in a process of its own, on a free port."""
    name = f"console_{data.name}"
    own = {"CONSOLE_PORT": "0", "CONSOLE_DATA": str(data), "CONSOLE_ACTIONS": actions, "LOG_FORMAT": "json"}
    process = Process(name, "quartet.console", ("services.shop:SHOP",), env=shop.environment | own)
    await shop.supervisor.start(process)
    try:
        _, line = await shop.until_logged(lambda who, line: who == name and SERVED in line)
        async with aiohttp.ClientSession() as session:
            yield Page(line.split()[-1].rstrip("/"), session, name)
    finally:
        await shop.supervisor.stop(name)
