"""Sagas that come to a hub at a rate, and a console process that follows them with pages open."""

import asyncio
import itertools
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import producer_client
from quartet.events import CONTENT_TYPE, partition_of
from quartet.local.hub_config import CONSOLE, PARTITIONS
from quartet.local.stack import LocalStack, StackOptions, any_ports, console_port
from quartet.process.application import Application
from services.shop import SHOP
from tests.console.made import Maker, saga_id

_TICK: Final = 0.1


@dataclass(frozen=True, slots=True)
class Followed:
    """What was measured.

    Attributes:
        sagas, events: how many were sent; `kept`: how many sagas the projection has; `told`: how many a page heard of.
        rate: sagas a second that were sent.
        behind: the longest time, in seconds, from the sending of a saga's last events to the news of it on a page.
        median: of these times.
        rest: seconds from the end of the sending until everything was kept.
        overviews: how many each page got a second.
        cpu: of the console, as a share of a core.
        search_ms: the slowest search meanwhile.
    """

    sagas: int
    events: int
    kept: int
    told: int
    rate: float
    behind: float
    median: float
    rest: float
    overviews: float
    cpu: float
    memory_mb: float
    search_ms: float

    def __str__(self) -> str:
        return (
            f"{self.sagas} sagas, {self.events} events at {self.rate:.0f} sagas/s: {self.kept} kept; news after "
            f"{self.median:.2f} s (median), {self.behind:.2f} s (slowest); all kept {self.rest:.2f} s after the end; "
            f"{self.overviews:.2f} overviews/s to each page; slowest search {self.search_ms:.0f} ms; "
            f"{self.cpu:.0%} of a core, {self.memory_mb:.0f} MB"
        )


def resident_mb(pid: int | str = "self") -> float:
    """The memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Page:
    """A page that is open: counts what it gets."""

    def __init__(self) -> None:
        self.overviews = 0
        self.seen: dict[str, float] = {}

    async def read(self, session: aiohttp.ClientSession, address: str) -> None:
        async with session.get(f"{address}/api/live") as answer:
            kind = ""
            async for line in answer.content:
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    kind = text.removeprefix("event: ")
                elif text.startswith("data: ") and kind == "overview":
                    self.overviews += 1
                elif text.startswith("data: ") and kind == "sagas":
                    now = time.monotonic()
                    self.seen.update(dict.fromkeys(json.loads(text.removeprefix("data: ")), now))


class Sender:
    """Sends made sagas at a rate, all events of a saga together."""

    def __init__(self, client: EventHubProducerClient) -> None:
        self._client = client
        self._maker = Maker()
        self.sent_at: dict[str, float] = {}
        self.events = 0

    async def send(self, rate: int, seconds: int) -> float:
        """Send, and return how many seconds it took."""
        began = time.monotonic()
        numbers = itertools.count()
        for tick in range(round(seconds / _TICK)):
            await self._send([next(numbers) for _ in range(round(rate * _TICK))])
            await asyncio.sleep(max(0.0, began + (tick + 1) * _TICK - time.monotonic()))
        return time.monotonic() - began

    async def _send(self, numbers: list[int]) -> None:
        partitions: dict[str, list[int]] = {}
        for number in numbers:
            partition = partition_of(saga_id(number), [str(one) for one in range(PARTITIONS)])
            partitions.setdefault(partition, []).append(number)
        for partition, some in partitions.items():
            batch = await self._client.create_batch(partition_id=partition)
            for body in itertools.chain.from_iterable(map(self._maker.bodies, some)):
                data = EventData(body)
                data.content_type = CONTENT_TYPE
                batch.add(data)
                self.events += 1
            await self._client.send_batch(batch)
            self.sent_at.update(dict.fromkeys(map(saga_id, some), time.monotonic()))


async def follow_at_rate(
    directory: Path,
    *,
    rate: int,
    seconds: int,
    pages: int,
    searches: bool,
    say: Callable[[str, str], None] | None = None,
) -> Followed:
    """Start emulators and a console, send sagas at a rate, and measure."""
    application = Application("services.shop:SHOP", SHOP)
    options = StackOptions(application, directory / "stack", any_ports())
    async with LocalStack(options, say or (lambda *_: None)) as stack:
        await stack.start_emulators()
        address = await stack.start_console(console_port(any_port=True))
        pid = stack.supervisor.pid(CONSOLE)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session, Credentials() as own:
            open_pages = [Page() for _ in range(pages)]
            reading = [asyncio.create_task(page.read(session, address)) for page in open_pages]
            slowest: list[float] = [0.0]
            if searches:
                reading.append(asyncio.create_task(_search(session, address, slowest)))
            async with producer_client(stack.settings, own, "quartet-bench") as client:
                sender = Sender(client)
                before = cpu_seconds(pid)
                took = await sender.send(rate, seconds)
            used = cpu_seconds(pid) - before
            ended = time.monotonic()
            kept = await _until_kept(session, address, len(sender.sent_at), pages=open_pages)
            rest = time.monotonic() - ended
            memory = resident_mb(pid)
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
    late = [open_pages[0].seen[saga] - at for saga, at in sender.sent_at.items() if saga in open_pages[0].seen]
    return Followed(
        sagas=len(sender.sent_at),
        events=sender.events,
        kept=kept,
        told=len(late),
        rate=len(sender.sent_at) / took,
        behind=max(late, default=0.0),
        median=statistics.median(late) if late else 0.0,
        rest=rest,
        overviews=statistics.mean(page.overviews for page in open_pages) / (took + rest),
        cpu=used / took,
        memory_mb=memory,
        search_ms=slowest[0],
    )


async def _search(session: aiohttp.ClientSession, address: str, slowest: list[float]) -> None:
    for text in itertools.cycle(("cust-00", "reason:payment_declined", "ord-0000", "status:failed rosin")):
        async with session.get(f"{address}/api/sagas", params={"q": text}) as answer:
            found: dict[str, Any] = await answer.json()
        slowest[0] = max(slowest[0], found["took_ms"])
        await asyncio.sleep(0.2)


async def _until_kept(session: aiohttp.ClientSession, address: str, sagas: int, *, pages: list[Page]) -> int:
    """Wait until the projection has all sagas and the first page has heard of all; the caller has the limit."""
    while True:
        async with session.get(f"{address}/api/overview") as answer:
            overview = await answer.json()
        if overview["sagas"] >= sagas and len(pages[0].seen) >= sagas and not overview["open"]:
            return int(overview["sagas"])
        await asyncio.sleep(0.1)
