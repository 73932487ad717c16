"""An application as the processes of its services, on servers in memory, and what goes wrong with them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from contextvars import Context
from datetime import datetime, timedelta
from random import Random
from typing import Any

from quartet.azure.environment import EnvironmentSettings
from quartet.choreography import Choreography
from quartet.testing.clock import DeadlockError, LivelockError
from quartet.testing.cluster.machine.loop import ProcessLoop, owner_of
from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.machine.trace import Trace
from quartet.testing.cluster.plan.faults import Faults, ProcessFault
from quartet.testing.cluster.plan.plan import EPOCH, ClusterPlan
from quartet.testing.cluster.publishing import publish, sender_of
from quartet.testing.cluster.replicas.operator import Operator
from quartet.testing.cluster.replicas.replicas import Replicas
from quartet.testing.cluster.replicas.setup import Setup, settings_at
from quartet.testing.cluster.servers.account import MakeAccount
from quartet.testing.cluster.servers.blobs import Blobs
from quartet.testing.cluster.servers.books import Books
from quartet.testing.cluster.servers.cosmos import MemoryCosmos
from quartet.testing.cluster.servers.hub import Hub, Stored
from quartet.testing.cluster.servers.observer import Observer
from quartet.testing.cluster.strikes import strike


class Cluster:
    """The servers, the processes, and the faults of one run.

    A run is a coroutine of the caller: it prepares what is stored, awaits `live` and `settle`, and looks at the end.

    Attributes:
        app, plan: what runs, and how.
        loop: the virtual clock.
        trace: what happened, line by line.
        faults, network: what goes wrong, and with which requests.
        cosmos, hubs, blobs: the servers; the hubs by their labels, see `Message.hub`.
        layout: which events come in by which hub.
        books: how far the services are, and which dead letters are open.
        replicas: the processes of the services.
        commands: the processes of commands.
        figures: what the operators have done.
    """

    def __init__(
        self,
        app: Choreography,
        plan: ClusterPlan,
        account: MakeAccount,
        observer: Observer,
        *,
        ports: Mapping[str, str],
        own_settings: Mapping[str, EnvironmentSettings] | None = None,
        operator: Callable[[str], Operator] = Operator,
        trace: Trace | None = None,
    ) -> None:
        """A cluster in which nothing runs yet.

        Args:
            app: the application. It must name its services.
            plan: what is published, and what goes wrong.
            account: makes the account of Cosmos DB.
            observer: sees what the servers store.
            ports: the name of each port, by its environment variable: `simulated`, or `package.module:factory`.
            own_settings: the settings of participants that have their own, by name.
            operator: makes the person who redrives dead letters, with a name.
            trace: collects what happens; if not given, nothing does.
        """
        self.app = app
        self.plan = plan
        self.loop = ProcessLoop(Random(plan.seed + 1))
        self.loop.set_exception_handler(self._unhandled)
        self.trace = trace or Trace(keep=False)
        self.books = Books(observer)
        self.faults = Faults(plan.faults)
        self.network = Network(self.faults, self.trace)
        self.cosmos = MemoryCosmos(app.participants, account, self._epoch_seconds, self.books.written, plan.scale)
        self.layout = app.hubs(plan.layout)
        self.hubs = {
            self.layout.label(hub): Hub(hub.name, plan.partitions, observer.appended, self.layout.label(hub))
            for hub in self.layout.all
        }
        self.blobs = Blobs(self.loop.time, self.books.checkpointed)
        self.setup = Setup(
            self.cosmos,
            self.hubs,
            self.layout,
            self.blobs,
            self.network,
            settings_at(plan.pace, app.hub),
            own_settings or {},
            ports,
            plan.scale.batches,
            plan.room,
            plan.seed,
        )
        self.replicas = Replicas(app, plan, self.setup, observer)
        self.network.power = self.replicas
        self.commands: list[Process] = []
        self.figures: Counter[str] = Counter()
        self.rewritten: set[tuple[str, str, str]] = set()
        self._operator = operator
        self._early: list[asyncio.Task[bool]] = []

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this on the virtual clock, and end everything. A run that hangs breaks a rule. Only once."""
        try:
            self.loop.run_until_complete(work)
        except (DeadlockError, LivelockError) as error:
            self.books.observer.broke("the system never hangs", f"{type(error).__name__} {error}")
        finally:
            self._bury()
            self.loop.close()

    @property
    def now(self) -> datetime:
        """The true time."""
        return EPOCH + timedelta(seconds=self.loop.time())

    def is_quiet(self) -> bool:
        """Whether every service needs nothing more of the hub, and nothing is on its way there."""
        return not self.network.late and not self.behind()

    def behind(self) -> list[tuple[str, str]]:
        """The services that still need something of a partition that they hear, and its place."""
        return [
            (service, place)
            for service in self.replicas.alive
            for hub in self.layout.read_by(self.app.participant(service))
            for place in self.books.behind(service, self.hubs[self.layout.label(hub)].logs)
        ]

    @property
    def logs(self) -> dict[str, list[Stored]]:
        """What each partition of every hub holds, by its place."""
        return {place: log for hub in self.hubs.values() for place, log in hub.logs.items()}

    @property
    def requests(self) -> dict[str, list[tuple[str, float]]]:
        """By process, of which kind each of its requests was, and when. Of each name, the first life counts."""
        processes = [*self.commands, *(replica.process for replica in self.replicas.all)]
        return {process.name: process.servers for process in reversed(processes)}

    async def live(self) -> None:
        """Start all processes, publish, and do what the plan says goes wrong; then repair everything."""
        self.replicas.boot_all()
        senders = [
            sender.start(publish(self, sender, publication))
            for publication in self.plan.publications
            for sender in [sender_of(publication, self.plan.seed)]
        ]
        for fault in self.faults.timed:
            self.loop.call_later(fault.at, self._strike, fault, context=Context())
        await self.until(self.plan.until)
        self._repair()
        await asyncio.gather(*senders)
        await asyncio.gather(*self._early, return_exceptions=True)

    async def settle(self, limit: float, is_over: Callable[[], bool]) -> None:
        """Wait until all is quiet and over, and nothing is left to redrive; at most until `limit`, in seconds."""
        operator = self._operator("0")
        while not self.books.observer.broken and self.loop.time() < limit:
            await asyncio.sleep(1)
            # While the operator looks, something may come in.
            if self.is_quiet() and not await operator.look(self) and self.is_quiet() and is_over():
                break

    def redrive_early(self) -> None:
        """Let another operator look at the dead letters now, whatever is broken."""
        operator = self._operator(f"{len(self._early) + 10}")
        self._early.append(self.loop.create_task(operator.look(self), context=Context()))

    def recreate_hub(self) -> None:
        """Replace every hub by an empty one of the same name."""
        for hub in self.hubs.values():
            hub.recreate(f"{self.now:%Y-%m-%d %H:%M:%S}")
        self.books.hub_recreated()

    def _epoch_seconds(self) -> float:
        return EPOCH.timestamp() + self.loop.time()

    async def until(self, at: float) -> None:
        """Wait until this number of seconds after the beginning."""
        await asyncio.sleep(max(0.0, at - self.loop.time()))

    def _strike(self, fault: ProcessFault) -> None:
        if fault in self.faults.timed:
            strike(self, fault)

    def _repair(self) -> None:
        """End all faults. What is down starts, and the release that knows the rewritten documents is back."""
        self.trace("operator", "everything is repaired")
        self.faults.stop()
        self.network.away.clear()
        self.replicas.repair()
        for database, container, item_id in sorted(self.rewritten):
            self.cosmos.rewrite(database, container, item_id, {"version": 1})

    def _bury(self) -> None:
        """Cancel what still runs."""
        self.trace.keep = False
        self.replicas.end()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            with suppress(DeadlockError):
                self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def _unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report what no one has caught: in a living process, or in the cluster itself."""
        handle: asyncio.Handle | None = context.get("handle")
        if handle is not None and owner_of(handle) is None:
            self.books.observer.broke("the cluster itself works", repr(context.get("exception")))
        self.replicas.unhandled(context.get("task") or context.get("future"), str(context.get("message")))
