"""Requests between processes and servers: they take time, and every fault can hit them."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Final, Protocol, TypeVar

from azure.cosmos.exceptions import CosmosHttpResponseError

from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.machine.replies import after as after_another
from quartet.testing.cluster.machine.replies import delay, do_silently, fail, lost, not_sent, succeed, twice
from quartet.testing.cluster.machine.trace import Trace
from quartet.testing.cluster.plan.faults import Faults, ProcessFault

R = TypeVar("R")

PLANNED: Final = "as planned"
"""What Cosmos DB says with every status that a fault gives."""


class Power(Protocol):
    """What can end or pause a process."""

    def crash(self, process: Process, seconds: float) -> None:
        """Kill it; another process takes its place after some seconds."""

    def pause(self, process: Process, seconds: float) -> None:
        """Pause it for some seconds."""

    def stop(self, process: Process) -> None:
        """Tell it to end (SIGTERM)."""

    def restart(self, process: Process) -> None:
        """Make it receive with a new client."""


class Network:
    """Carries requests. A request that has left its process is not undone by the death of that process.

    Attributes:
        away: the servers that cannot be reached, and until when.
        requests: how many there were.
        late: how many will still be done although no process waits for them.
    """

    def __init__(self, faults: Faults, trace: Trace) -> None:
        self._servers = Context()
        self.faults = faults
        self.trace = trace
        self.power: Power
        self.away: dict[str, float] = {}
        self.requests = 0
        self.late = 0

    async def request(
        self,
        process: Process,
        server: str,
        what: str,
        apply: Callable[[], R],
        disturb: Callable[[], None] | None = None,
        *,
        kind: str | None = None,
    ) -> R:
        """Do `apply` at the server, and return what it returns or raises.

        `disturb` is what another writer does before it: fault `conflicts`. `kind` says which faults can hit the
        request; without it, those of its server.
        """
        if not process.alive:
            raise asyncio.CancelledError
        loop = asyncio.get_running_loop()
        process.requests += 1
        process.servers.append((kind or server, loop.time()))
        self.requests += 1
        fault = self.faults.on_request(process.name, kind or server, loop.time(), process.requests)
        reply: asyncio.Future[R] = loop.create_future()
        there, back = delay(process.random), delay(process.random)
        if fault is None and not self.away:
            loop.call_later(there, self._serve, server, apply, reply, back, None, context=self._servers)
            return await reply
        if fault is not None:
            self.trace(process.name, f"** {fault.kind}: {what}")
        if self.away.get(server, 0.0) > loop.time() or (fault is not None and fault.kind == "not sent"):
            await asyncio.sleep(there + back)
            raise not_sent(server)
        if fault is None:
            loop.call_later(there, self._serve, server, apply, reply, back, None, context=self._servers)
            return await reply
        return await self._faulty(process, server, fault, apply, reply=reply, delays=(there, back), disturb=disturb)

    async def _faulty(
        self,
        process: Process,
        server: str,
        fault: ProcessFault,
        apply: Callable[[], R],
        *,
        reply: "asyncio.Future[R]",
        delays: tuple[float, float],
        disturb: Callable[[], None] | None,
    ) -> R:
        loop = asyncio.get_running_loop()
        there, back = delays
        after: Callable[[], None] | None = None
        if fault.kind.startswith("status "):
            await asyncio.sleep(there + back)
            status = int(fault.kind.split()[1])
            raise CosmosHttpResponseError(status_code=status, message=PLANNED)  # type: ignore[no-untyped-call]  # the SDK's
        power = self._power_over(process, fault)
        match fault.kind.split():
            case ["pause", "before"]:
                power()
                await asyncio.sleep(0)
            case [_, "before"]:
                power()
            case ["crash" | "pause" | "stop", "after"]:
                after = power
            case [_, "during"]:
                power()
                back = fault.seconds
            case ["slow"]:
                there, back = (fault.seconds, back) if fault.amount % 2 else (there, fault.seconds)
            case ["reply", "lost"]:
                after = lambda: fail(reply, lost(server))  # noqa: E731 -- short, and used once
            case ["done", "late"]:
                self.late += 1
                loop.call_later(fault.seconds, self._do_late, apply, context=self._servers)
                await asyncio.sleep(there + back)
                raise lost(server)
            case ["sent", "again"]:
                apply = twice(apply)
            case ["conflicts"]:
                apply = after_another(disturb, apply)
            case kind:
                raise AssertionError(kind)
        if not process.alive:
            raise asyncio.CancelledError
        loop.call_later(there, self._serve, server, apply, reply, back, after, context=self._servers)
        return await reply

    def _power_over(self, process: Process, fault: ProcessFault) -> Callable[[], None]:
        """What the fault does to the process itself, if it does anything."""
        match fault.kind.split()[0]:
            case "crash":
                return lambda: self.power.crash(process, fault.seconds)
            case "pause":
                return lambda: self.power.pause(process, fault.seconds)
            case "stop":
                return lambda: self.power.stop(process)
            case _:
                return lambda: self.power.restart(process)

    def _do_late(self, apply: Callable[[], object]) -> None:
        self.late -= 1
        do_silently(apply)

    def _serve(
        self,
        server: str,
        apply: Callable[[], R],
        reply: "asyncio.Future[R]",
        back: float,
        after: Callable[[], None] | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        if self.away.get(server, 0.0) > loop.time():
            fail(reply, lost(server))
            return
        try:
            result = apply()
        except Exception as error:  # noqa: BLE001 -- it is the answer
            if after is not None:
                after()
            loop.call_later(back, fail, reply, error)
        else:
            if after is not None:
                after()
            loop.call_later(back, succeed, reply, result)
