"""Does to the fleet what the scenario says, and measures how long it takes to come back."""

import asyncio
from collections import Counter, defaultdict
from typing import Final

from rich.console import Console

from quartet.engine.failures.timeouts import stretched
from services.order.domain import OrderStatus
from tests.chaos.customers import Customers
from tests.chaos.fleet import EMULATORS, Fleet
from tests.chaos.report import Recoveries
from tests.chaos.scenario import Act, acts, weather
from tests.chaos.verdict import until_settled
from tests.chaos.workload import Expected, probes

_RECOVERY_SECONDS: Final = stretched(45.0)
_COMPLETED: Final = frozenset({OrderStatus.COMPLETED})


class Director:
    """Plays act after act.

    Attributes:
        recoveries: how long each took to get over.
        probed: the orders that were placed to measure it.
        injected: how often each fault struck, by server.
    """

    def __init__(self, fleet: Fleet, customers: Customers, seed: int, console: Console) -> None:
        self._fleet = fleet
        self._customers = customers
        self._seed = seed
        self._console = console
        self.recoveries = Recoveries()
        self.probed: dict[str, Expected] = {}
        self.injected: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._counted: dict[str, dict[str, int]] = {}

    async def play(self, seconds: float) -> None:
        """Play for this time, then heal everything."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number, act in enumerate(acts(self._seed, self._fleet.cast)):
            left = start + seconds - loop.time()
            if left < act.seconds:
                break
            await self._faults(act)
            await self._perform(act)
            await self._faults(None)
            took = await self._recovery(number, loop.time())
            self.recoveries.seconds[act.kind].append(took)
            over = "not in time" if took is None else f"{took:.1f} s"
            self._console.print(f"{loop.time() - start:6.1f}  {act}; recovered: {over}", markup=False)
        await self._faults(None, calm=True)

    async def _perform(self, act: Act) -> None:
        fleet = self._fleet
        if act.kind.startswith("kill"):
            for name in act.targets:
                await fleet.supervisor.kill(name)
            await asyncio.sleep(act.seconds)
            for name in act.targets:
                await fleet.restart(name)
            if EMULATORS in act.targets:
                self._counted = {}
        elif act.kind.startswith("pause"):
            for name in act.targets:
                fleet.supervisor.pause(name)
            await asyncio.sleep(act.seconds)
            for name in act.targets:
                fleet.supervisor.resume(name)
        elif act.kind.startswith("outage"):
            server, *victims = act.targets
            await fleet.interrupt(server, act.seconds)
            for name in victims:
                await fleet.supervisor.kill(name)
            for name in victims:
                await fleet.restart(name)
        else:
            await asyncio.sleep(act.seconds)

    async def _faults(self, act: Act | None, *, calm: bool = False) -> None:
        """Switch on the faults of an act, besides the weather; count what those before have done."""
        rules = [] if calm else [*(act.rules if act else ()), *weather(self._fleet.cast)]
        await self._count()
        await self._fleet.inject({"seed": self._seed, "rules": rules})

    async def _count(self) -> None:
        now = await self._fleet.injected()
        for server, faults in now.items():
            before = self._counted.get(server, {})
            self.injected[server].update({fault: count - before.get(fault, 0) for fault, count in faults.items()})
        self._counted = now

    async def _recovery(self, number: int, end: float) -> float | None:
        """Seconds until one order on each partition, placed now, has ended; None if that took too long."""
        loop = asyncio.get_running_loop()
        orders = probes(number, self._seed)
        order_ids = [order.order_id for order in orders]
        self.probed |= {order_id: Expected("probe", _COMPLETED) for order_id in order_ids}
        await self._customers.place(orders)
        done = await until_settled(self._fleet.settings, order_ids, _RECOVERY_SECONDS)
        return loop.time() - end if done else None
