"""One run of a plan: everything is started, everything goes wrong, everything is mended, and then it must add up."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import count
from random import Random
from typing import Any

from azure.core.exceptions import AzureError
from azure.eventhub.exceptions import EventHubError

from quartet.azure.settings import Settings
from quartet.engine.errors import OutageError
from quartet.process.service import Service
from services.inventory.service import SERVICE as INVENTORY
from services.operations.participants import PARTICIPANTS
from services.operations.publish.catalogue import Product
from services.operations.seed.seeding import seed
from services.order.service import SERVICE as ORDER
from services.order.settings import OrderSettings
from services.payment.service import SERVICE as PAYMENT
from services.shipping.service import SERVICE as SHIPPING
from tests.simulation.audited import opened
from tests.simulation.cosmos import MemoryCosmos
from tests.simulation.dead import check_without
from tests.simulation.end import check_end, is_quiet, open_orders
from tests.simulation.faults import BLOB, COSMOS, HUB, OPERATOR, Fault, Faults
from tests.simulation.hub import Blobs, Hub, Outgoing
from tests.simulation.loop import DeadlockError, LivelockError, VirtualLoop
from tests.simulation.network import Network
from tests.simulation.operator import Operator
from tests.simulation.plan import BUCKETS, Plan
from tests.simulation.process import Process
from tests.simulation.publication import Publication
from tests.simulation.replica import EPOCH, Replica, Servers
from tests.simulation.storage import DATABASES, FOREIGN, STATES
from tests.simulation.trace import Trace
from tests.simulation.watcher import Broken, Watcher

_SERVERS = {"cosmos away": COSMOS, "hub away": HUB, "blob away": BLOB}
# A conflict that lasts for twenty rounds, some ten seconds, is taken for something else.
_LAG_SECONDS = 2.0
SERVICES: dict[str, Service[Any, Any]] = {
    "order": ORDER,
    "inventory": INVENTORY,
    "payment": PAYMENT,
    "shipping": SHIPPING,
}


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
    loop = VirtualLoop(Random(plan.seed + 1))
    result = Result(trace=Trace(keep=trace))
    simulation = Simulation(plan, result)
    try:
        loop.run_until_complete(_main(simulation))
    except (DeadlockError, LivelockError) as error:
        result.broken.append(Broken("the system never hangs", f"{type(error).__name__} {error}"))
    finally:
        simulation.bury(loop)
        loop.close()
    return result


async def _main(simulation: "Simulation") -> None:
    await simulation.run()


class Simulation:
    """The servers, the replicas and whoever has power over them."""

    def __init__(self, plan: Plan, result: Result) -> None:
        self.plan = plan
        self.result = result
        self.watcher = Watcher(result.trace, self._now)
        self.faults = Faults(plan.faults)
        self.network = Network(self.faults, result.trace)
        self.network.power = self
        self.hub = Hub(plan.partitions, self.watcher.appended)
        self.replicas: dict[str, Replica] = {}
        self.processes: dict[str, Process] = {}
        self.dead: list[Process] = []
        self.rewritten: set[tuple[str, str, str]] = set()
        self.engines: list[Replica] = []
        self.services = SERVICES
        self.commands: list[Process] = []
        self.gone: set[str] = set()
        self.operators: list[asyncio.Task[bool]] = []
        self._nobody = Context()
        self._over = False

    async def run(self) -> None:
        """From the first order to the last check."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._unhandled)
        self.cosmos = MemoryCosmos(
            PARTICIPANTS, lambda: EPOCH.timestamp() + loop.time(), self.watcher.written, self.plan.scale
        )
        self.blobs = Blobs(loop.time, self.watcher.accounts.checkpointed)
        await self._fill_shelves()
        self.servers = Servers(
            self.cosmos,
            self.hub,
            self.blobs,
            self.network,
            _settings(self.plan.pace),
            {
                "order": OrderSettings(
                    order_deadline_seconds=self.plan.deadline, deadline_scan_seconds=5 * self.plan.pace
                )
            },
            self.plan.scale.batches,
            self.plan.room,
            self.plan.seed,
        )
        for name in self.plan.names():
            self._boot(name)
        senders = [
            customer.start(self._publish(customer, publication))
            for publication in self.plan.publications
            for customer in [Process(f"shop-{publication.order_id}", round(publication.at * 1000), seed=self.plan.seed)]
        ]
        for fault in self.faults.timed:
            loop.call_later(fault.at, self._strike, fault, context=self._nobody)
        await self._until(self.plan.until)
        self._mend()
        await asyncio.gather(*senders)
        await asyncio.gather(*self.operators, return_exceptions=True)
        # Without one of the services orders may stay open, so there is nothing to wait for but the deadlines.
        is_whole = len(self.alive) == len(SERVICES)
        limit = loop.time() + (3 * self.plan.deadline + 200 * self.plan.pace if is_whole else self.plan.deadline + 15)
        operator = Operator()
        while not self.watcher.broken and loop.time() < limit:
            await asyncio.sleep(1)
            # While the operator looks, something may come in.
            if is_quiet(self) and not await operator.look(self) and is_quiet(self) and not open_orders(self):
                break
        if is_whole:
            await check_end(self)
        else:
            check_without(self)
        self.result.broken = self.watcher.broken
        self._count()

    def _now(self) -> datetime:
        return EPOCH + timedelta(seconds=asyncio.get_running_loop().time())

    def bury(self, loop: asyncio.AbstractEventLoop) -> None:
        """Get rid of what still runs."""
        self._over = True
        self.result.trace.keep = False
        for process in self.processes.values():
            process.alive = process.paused = False
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        with suppress(DeadlockError):
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    # Power over processes

    def crash(self, process: Process, seconds: float) -> None:
        """Kill a process; its replica starts again some seconds later."""
        if not process.alive:
            return
        self.result.trace(process.name, "** killed")
        process.kill()
        if process.name not in self.processes:
            return  # nobody starts an operator again but the operator
        self.dead.append(process)
        asyncio.get_running_loop().call_later(seconds, self._boot, process.name, process.life, context=self._nobody)

    def pause(self, process: Process, seconds: float) -> None:
        """Stop a process for some seconds."""
        if not process.alive or process.paused:
            return
        self.result.trace(process.name, f"** stopped for {seconds} s")
        process.pause()
        asyncio.get_running_loop().call_later(seconds, self._resume, process, context=self._nobody)

    def stop(self, process: Process) -> None:
        """Tell a process to end; another one takes its place a second after it has."""
        if process.alive and process.name in self.processes:
            self.result.trace(process.name, "** told to stop")
            self.replicas[process.name].stopping.set()

    def restart(self, process: Process) -> None:
        """Have a process receive with a new client."""
        replica = self.replicas.get(process.name)
        if process.alive and replica is not None and replica.process is process and hasattr(replica, "consumer"):
            self.result.trace(process.name, "** receives with a new client")
            process.start(replica.restart())

    def _ended(self, process: Process, task: "asyncio.Task[None]") -> None:
        """A process has come to its end: in good order, or because something has broken it."""
        if self._over or not process.alive:
            return
        if not task.cancelled() and (error := task.exception()) is not None:
            self.watcher.broke("no replica breaks", f"{process.name}: {type(error).__name__} {error}")
            return
        self.result.trace(process.name, "** has stopped")
        process.kill()
        asyncio.get_running_loop().call_later(1, self._boot, process.name, process.life, context=self._nobody)

    def _resume(self, process: Process) -> None:
        if process.paused:
            self.result.trace(process.name, "** goes on")
            process.resume()

    def _boot(self, name: str, life: int = 0) -> None:
        current = self.processes.get(name)
        if self._over or name in self.gone or (current is not None and current.alive):
            return
        process = Process(name, life + 1, self.plan.skews.get(name, 0.0), self.plan.seed)
        self.processes[name] = process
        replica = Replica(SERVICES[process.service], process, self.servers)
        self.replicas[name] = replica
        self.engines.append(replica)
        process.start(replica.run()).add_done_callback(partial(self._ended, process), context=self._nobody)
        self.result.trace(name, "started")

    def _strike(self, fault: Fault) -> None:
        """Something goes wrong at its time."""
        if fault not in self.faults.timed:
            return
        self.faults.injected[fault.kind] += 1
        process = self.processes[fault.who]
        self.result.trace(fault.who, f"** {fault.kind}")
        if fault.kind in _SERVERS:
            self.network.away[_SERVERS[fault.kind]] = asyncio.get_running_loop().time() + fault.seconds
            return
        strikes: dict[str, Callable[[], object]] = {
            "crash": lambda: self.crash(process, fault.seconds),
            "pause": lambda: self.pause(process, fault.seconds),
            "stop": lambda: self.stop(process),
            "restart": lambda: self.restart(process),
            "hub recreated": self._recreate_hub,
            "stale reads": lambda: self.cosmos.views.fall_behind(process.name, min(fault.seconds, _LAG_SECONDS)),
            "checkpoint moved back": lambda: self.blobs.move_back(process.service, fault.amount),
            "ownership taken": lambda: self.blobs.hand_over(process.service, self.replicas[fault.who].receives_as),
            "redriven too early": self._redrive_early,
            "port times out": lambda: self.replicas[fault.who].time_out(fault.amount),
            "port hangs": lambda: self.replicas[fault.who].hang(min(fault.amount, 3)),
            "log breaks": lambda: self.replicas[fault.who].break_log(fault.seconds),
            "document of another release": lambda: self._rewrite(process.service, fault.amount),
            "dies for good": lambda: self._end_for_good(process),
        }
        strikes[fault.kind]()

    def _rewrite(self, service: str, which: int) -> None:
        """Another release writes a document of a service in a form that this one does not know."""
        database = next(name for name, owner in DATABASES.items() if owner == service)
        known = sorted(document["id"] for document in self.cosmos.documents(database, STATES[service]))
        if known:
            order_id = known[which % len(known)]
            self.result.trace(service, f"{order_id} is of another release now")
            self.cosmos.rewrite(database, STATES[service], order_id, {"version": FOREIGN})
            self.rewritten.add((database, STATES[service], order_id))

    def _recreate_hub(self) -> None:
        self.hub.recreate(f"{self._now():%Y-%m-%d %H:%M:%S}")
        self.watcher.another_hub()

    def _redrive_early(self) -> None:
        early = Operator(f"{len(self.operators) + 10}")
        self.operators.append(asyncio.get_running_loop().create_task(early.look(self), context=Context()))

    def _end_for_good(self, process: Process) -> None:
        """Kill a replica that never comes back."""
        self.gone.add(process.name)
        process.kill()
        self.dead.append(process)

    @property
    def alive(self) -> list[str]:
        """The services of which a replica is left."""
        left = [name for name in self.plan.names() if name not in self.gone]
        return [service for service in SERVICES if any(name.startswith(service) for name in left)]

    def _mend(self) -> None:
        """Nothing goes wrong any more; whoever is down comes up."""
        self.result.trace("operator", "everything is mended")
        self.faults.stop()
        self.network.away.clear()
        for name, process in list(self.processes.items()):
            self._resume(process)
            if not process.alive and name not in self.gone:
                self._boot(name, process.life)
            self.replicas[name].time_out(0)
            self.replicas[name].hang(0)
        for database, container, order_id in sorted(self.rewritten):
            # The release that knows the form is back: the documents can be read, and what waits can be redriven.
            self.cosmos.rewrite(database, container, order_id, {"version": 1})

    # What else there is

    async def _publish(self, customer: Process, publication: Publication) -> None:
        """Send it until the hub has accepted it, as often as that takes."""
        await self._until(publication.at)
        partition = self.hub.partition_of(publication.key)
        events = [Outgoing(publication.body, publication.content_type, publication.properties, publication)]
        while True:
            try:
                await self.network.request(
                    customer, HUB, f"publish {publication.what}", lambda: self.hub.append(partition, events)
                )
            except (AzureError, EventHubError):
                await asyncio.sleep(1)
            else:
                self.result.trace("shop", f"{publication.what} of {publication.order_id} to {partition}")
                return

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))

    async def _fill_shelves(self) -> None:
        """`quartet seed`, as often as it takes: whoever runs it sees that it has failed, and runs it again."""
        products = [Product(product_id=name, name=name, quantity=pieces) for name, pieces in self.plan.stock.items()]
        for life in count(1):
            process = Process(f"{OPERATOR}-seed", life, seed=self.plan.seed)
            self.commands.append(process)
            work = process.start(seed(opened(self.cosmos, self.network, process), products))
            await asyncio.wait([work])
            if not work.cancelled() and not isinstance(work.exception(), OutageError):
                work.result()
                return

    def _unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception that nobody has caught; in a dead process nobody minds."""
        if self._over:
            return
        task = context.get("task") or context.get("future")
        owners = [process for process in self.processes.values() if process.alive and task in process.tasks]
        if owners:
            self.watcher.broke("no replica breaks", f"{owners[0].name}: {context.get('message')}")

    def _count(self) -> None:
        result, watcher = self.result, self.watcher
        result.seconds = asyncio.get_running_loop().time()
        result.faults = self.faults.injected
        result.statuses = Counter(document["status"] for document in watcher.orders.values() if "status" in document)
        result.history = watcher.history
        result.requests = {
            process.name: process.servers
            for process in reversed([*self.commands, *(replica.process for replica in self.engines)])
        }
        result.figures["events"] = sum(len(log) for log in self.hub.partitions.values())
        result.figures["needed a person"] = len(watcher.needed_attention)
        result.figures["requests"] = self.network.requests
        result.figures["repeated answers in the hub"] = watcher.answers.repeats
        for replica in self.engines:
            stats = replica.engine.stats
            for name in ("repeated", "ignored", "conflicts", "retries", "dead letter"):
                result.figures[name] += stats[name]


@lru_cache
def _settings(pace: float) -> Settings:
    return Settings(
        cosmos_connection_string="in memory",
        event_hubs_connection_string="in memory",
        blob_connection_string="in memory",
        buckets=BUCKETS,
        load_balancing_seconds=2 * pace,
        ownership_expires_seconds=12 * pace,
        checkpoint_seconds=pace,
        watchdog_seconds=16 * pace,
        shutdown_seconds=2,
    )


def _order_settings(pace: float, deadline: float) -> OrderSettings:
    return OrderSettings(order_deadline_seconds=deadline, deadline_scan_seconds=5 * pace)
