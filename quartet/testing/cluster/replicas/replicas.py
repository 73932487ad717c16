"""All processes of the services, and the power over them: to start, kill, pause, resume and stop."""

import asyncio
from contextvars import Context
from functools import partial

from quartet.choreography import Choreography
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.plan.plan import ClusterPlan
from quartet.testing.cluster.replicas.replica import Replica
from quartet.testing.cluster.replicas.setup import Setup
from quartet.testing.cluster.servers.observer import Observer


class Replicas:
    """The processes, by name. One that ends has another life, unless it never comes back.

    Attributes:
        current: the replica that lives under each name, or did last.
        all: every life of every replica.
    """

    def __init__(self, app: Choreography, plan: ClusterPlan, setup: Setup, observer: Observer) -> None:
        self.current: dict[str, Replica] = {}
        self.all: list[Replica] = []
        self._app = app
        self._names = plan.processes_of(app.names)
        self._plan = plan
        self._setup = setup
        self._observer = observer
        self._trace = setup.network.trace
        self._gone: set[str] = set()
        self._over = False

    @property
    def alive(self) -> list[str]:
        """The services of which a process is left."""
        left = [name for name in self._names if name not in self._gone]
        return [service for service in self._app.names if any(_service(name) == service for name in left)]

    def boot_all(self) -> None:
        """Start every process."""
        for name in self._names:
            self._boot(name)

    def crash(self, process: Process, seconds: float) -> None:
        """Kill a process; its replica starts again some seconds later."""
        if not process.alive:
            return
        self._trace(process.name, "** killed")
        process.kill()
        if process.name in self.current:  # a command is started again by the person who runs it
            self._boot_later(process, seconds)

    def pause(self, process: Process, seconds: float) -> None:
        """Pause a process for some seconds."""
        if not process.alive or process.paused:
            return
        self._trace(process.name, f"** stopped for {seconds} s")
        process.pause()
        asyncio.get_running_loop().call_later(seconds, self._resume, process, context=Context())

    def stop(self, process: Process) -> None:
        """Tell a process to end; another one takes its place a second after it has."""
        if process.alive and process.name in self.current:
            self._trace(process.name, "** told to stop")
            self.current[process.name].stopping.set()

    def restart(self, process: Process) -> None:
        """Make a process receive with a new client."""
        replica = self.current.get(process.name)
        if process.alive and replica is not None and replica.process is process and hasattr(replica, "consumer"):
            self._trace(process.name, "** receives with a new client")
            process.start(replica.restart())

    def end_permanently(self, process: Process) -> None:
        """Kill a process that never comes back."""
        self._gone.add(process.name)
        process.kill()

    def repair(self) -> None:
        """Resume and start what is not running, and make all ports answer."""
        for name, replica in list(self.current.items()):
            self._resume(replica.process)
            if not replica.process.alive and name not in self._gone:
                self._boot(name, replica.process.life)
            self.current[name].time_out(0)
            self.current[name].hang(0)

    def end(self) -> None:
        """Mark every process as dead, so that nothing that it does on its way out counts."""
        self._over = True
        for replica in self.current.values():
            replica.process.alive = replica.process.paused = False

    def unhandled(self, task: object, message: str) -> None:
        """Report an exception that no one has caught. In a dead process it does not matter."""
        if self._over:
            return
        owners = [one.process for one in self.current.values() if one.process.alive and task in one.process.tasks]
        if owners:
            self._observer.broke("no replica breaks", f"{owners[0].name}: {message}")

    def _boot(self, name: str, life: int = 0) -> None:
        current = self.current.get(name)
        if self._over or name in self._gone or (current is not None and current.process.alive):
            return
        process = Process(name, life + 1, self._plan.skews.get(name, 0.0), self._plan.seed)
        replica = Replica(self._app.service(process.service), process, self._setup)
        self.current[name] = replica
        self.all.append(replica)
        process.start(replica.run()).add_done_callback(partial(self._ended, process), context=Context())
        self._trace(name, "started")

    def _boot_later(self, process: Process, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, self._boot, process.name, process.life, context=Context())

    def _ended(self, process: Process, task: "asyncio.Task[None]") -> None:
        """A process has ended: in order, or because something in it has failed."""
        if self._over or not process.alive:
            return
        if not task.cancelled() and (error := task.exception()) is not None:
            self._observer.broke("no replica breaks", f"{process.name}: {type(error).__name__} {error}")
            return
        self._trace(process.name, "** has stopped")
        process.kill()
        self._boot_later(process, 1)

    def _resume(self, process: Process) -> None:
        if process.paused:
            self._trace(process.name, "** resumes")
            process.resume()


def _service(name: str) -> str:
    return name.rpartition("-")[0]
