"""The auditor over the running shop, with the real servers; the test moves its clock and reads the hub."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from unittest.mock import patch

from quartet.azure.settings import Settings, load_settings
from quartet.cli.audit.watch import Watch
from quartet.cli.lag.reading import open_lag_reader
from quartet.cli.lag.silence import silent_log
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.reading.hub_reader import read_hubs
from quartet.console.auditing.auditor import Auditor
from quartet.console.auditing.running import Checkpoints, RunningAudit
from quartet.engine.ports import Message
from services.operations.audit.watching import watch
from services.shop import SHOP
from tests.saga.shop import LIMIT, Shop

SETTLE = 3.0


class ShopAudit:
    """The auditor of the shop."""

    def __init__(self, settings: Settings) -> None:
        self.now = time.time()
        self.running = RunningAudit(SHOP, SHOP.hubs(), silent_log(), every=0, now=lambda: self.now)
        self.auditor: Auditor
        self.watch: Watch
        self._settings = settings
        self._read: dict[tuple[str, str], int] = {}

    async def hear(self) -> None:
        """Read what is new in the hub."""
        new: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
        for one in await read_hubs(self._settings, lambda _: True):
            place = (one.message.hub, one.partition)
            if one.message.sequence_number > self._read.get(place, -1):
                new[place].append(one.message)
        for place, messages in new.items():
            self.running.hear(*place, self._read.get(place, -1), messages)
            self._read[place] = messages[-1].sequence_number

    async def step(self, seconds: float = SETTLE) -> None:
        """Move the clock, and let the auditor work until nothing is due."""
        self.now += seconds
        while await self.auditor.step(self.now):
            pass

    async def until_judged(self) -> None:
        """Hear and work until every saga is judged. Checkpoints are written now and then, so that takes a moment."""
        deadline = time.monotonic() + LIMIT
        while True:
            await self.hear()
            await self.step()
            if not self.auditor.behind:
                return
            assert time.monotonic() < deadline, f"{self.auditor.behind} sagas are still in progress"
            await asyncio.sleep(0.1)  # a pause between two looks at a condition

    def broken_by(self, order_id: str) -> set[str]:
        """The rules that an order breaks now."""
        return {one.rule for one in self.running.view().findings if one.subject == order_id and not one.resolved_at}


@asynccontextmanager
async def auditing(shop: Shop) -> AsyncIterator[ShopAudit]:
    """An auditor that has heard nothing yet."""
    with patch.dict(os.environ, shop.environment):
        settings = load_settings()
        async with AsyncExitStack() as stack:
            cosmos = await stack.enter_async_context(open_cosmos(settings))
            watching = await stack.enter_async_context(watch(cosmos))
            reader = await stack.enter_async_context(open_lag_reader(settings))
            audit = ShopAudit(settings)
            stack.callback(audit.running.close)
            audit.watch = watching
            audit.auditor = audit.running.auditor(watching, Checkpoints(reader, SHOP.names, lambda: audit.now))
            yield audit
