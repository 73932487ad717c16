"""One run of a plan: everything is started, everything goes wrong, everything is mended, and then it must add up."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from quartet_emulators.cosmos.in_process import InProcessAccount

from quartet.engine.errors import OutageError
from quartet.testing.cluster.cluster import Cluster
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.machine.trace import Trace
from quartet.testing.cluster.plan.faults import OPERATOR
from services.operations.participants import SIMULATED_PORTS
from services.operations.publish.catalogue import Product
from services.operations.seed.seeding import seed
from services.order.settings import OrderSettings
from services.shop import SHOP
from tests.simulation.audited import opened
from tests.simulation.dead import check_without
from tests.simulation.end import check_end, open_orders
from tests.simulation.operator import Operator
from tests.simulation.plan import Plan
from tests.simulation.watcher import Broken, Watcher


@dataclass(slots=True)
class Result:
    """What came of a run.

    Attributes:
        broken: the rules that were broken; empty if all is well.
        figures: what there was to count.
        faults: what went wrong, by kind.
        statuses: how the orders ended.
        history: see `Watcher.history`.
        requests: of which kind each request of each replica was, and when, without those of later lives.
        trace: what happened, if it was asked for.
        seconds: how long it took, in the time of the run.
    """

    broken: list[Broken] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    history: list[str] = field(default_factory=list)
    requests: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    trace: Trace = field(default_factory=lambda: Trace(keep=False))
    seconds: float = 0.0


def run_plan(plan: Plan, *, trace: bool = False) -> Result:
    """Run it, and say what came of it. Takes no time but the processor's."""
    simulation = Simulation(plan, Trace(keep=trace))
    simulation.cluster.run(simulation.run())
    return simulation.result


class Simulation:
    """The shop on a cluster, and the watcher over it."""

    def __init__(self, plan: Plan, trace: Trace) -> None:
        self.plan = plan
        self.watcher = Watcher(trace, lambda: self.cluster.now)
        self.cluster = Cluster(
            SHOP,
            plan,
            InProcessAccount,
            self.watcher,
            ports=SIMULATED_PORTS,
            own_settings={
                "order": OrderSettings(order_deadline_seconds=plan.deadline, deadline_scan_seconds=5 * plan.pace)
            },
            operator=Operator,
            trace=trace,
        )
        self.result = Result(self.watcher.broken, self.cluster.figures, trace=trace)

    async def run(self) -> None:
        """From the first order to the last check."""
        await self._fill_shelves()
        await self.cluster.live()
        # Without one of the services orders may stay open, so there is nothing to wait for but the deadlines.
        is_whole = len(self.cluster.replicas.alive) == len(SHOP.services)
        deadline, pace = self.plan.deadline, self.plan.pace
        seconds = 3 * deadline + 200 * pace if is_whole else deadline + 15
        await self.cluster.settle(self.cluster.loop.time() + seconds, lambda: not open_orders(self))
        if is_whole:
            await check_end(self)
        else:
            check_without(self)
        self._count()

    async def _fill_shelves(self) -> None:
        """`quartet seed`, as often as it takes: whoever runs it sees that it has failed, and runs it again."""
        products = [Product(product_id=name, name=name, quantity=pieces) for name, pieces in self.plan.stock.items()]
        for life in count(1):
            process = Process(f"{OPERATOR}-seed", life, seed=self.plan.seed)
            self.cluster.commands.append(process)
            work = process.start(seed(opened(self.cluster.cosmos, self.cluster.network, process), products))
            await asyncio.wait([work])
            if not work.cancelled() and not isinstance(work.exception(), OutageError):
                work.result()
                return

    def _count(self) -> None:
        result, watcher, cluster = self.result, self.watcher, self.cluster
        result.seconds = cluster.loop.time()
        result.faults = cluster.faults.injected
        result.statuses = Counter(document["status"] for document in watcher.orders.values() if "status" in document)
        result.history = watcher.history
        result.requests = cluster.requests
        result.figures["events"] = sum(len(log) for log in cluster.logs.values())
        result.figures["needed a person"] = len(watcher.needed_attention)
        result.figures["requests"] = cluster.network.requests
        result.figures["repeated answers in the hub"] = watcher.answers.repeats
        for replica in cluster.replicas.all:
            for name in ("repeated", "ignored", "conflicts", "retries", "dead letter"):
                result.figures[name] += replica.engine.stats[name]
