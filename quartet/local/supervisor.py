"""Run programs as child processes, show their output, and leave none behind.

Every child is started through `quartet.local.child` and holds one end of a pipe: when the supervisor dies, even by
SIGKILL, the children end. Each child leads a process group of its own, so that Ctrl-C in a terminal reaches
the supervisor alone. The group stays in the supervisor's session: a child that is paused while the supervisor
dies then gets SIGHUP and SIGCONT from the kernel, as POSIX says for orphaned process groups.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from quartet.engine.failures.timeouts import stretched
from quartet.local.child import DEFAULT_GRACE, GRACE_VARIABLE
from quartet.local.output import Output, Sink, read_lines

OUTPUT_TIMEOUT = 2.0  # seconds that the last lines may take


@dataclass(frozen=True, slots=True)
class Process:
    """A program to run: `python -m MODULE ARGS...`.

    Attributes:
        name: unique in its supervisor; the prefix of its lines.
        env: added to the supervisor's own environment.
    """

    name: str
    module: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    def replicas(self, count: int) -> list["Process"]:
        """This process `count` times, named `hotel`, `hotel-2`, `hotel-3`, ..."""
        return [self if n == 1 else replace(self, name=f"{self.name}-{n}") for n in range(1, count + 1)]


@dataclass(frozen=True, slots=True)
class Exit:
    """A process has ended.

    Attributes:
        status: its exit status, or minus the number of the signal that killed it.
        lifetime: seconds from its start to its end.
    """

    name: str
    status: int
    lifetime: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        if self.status < 0:
            return f"{self.name} was killed by {_signal_name(-self.status)}"
        return f"{self.name} exited with status {self.status}"


class ProcessExitedError(Exception):
    """A process ended before it was ready."""

    def __init__(self, exit_: Exit) -> None:
        super().__init__(f"{exit_} before it was ready")
        self.exit = exit_


@dataclass(slots=True, eq=False)
class _Child:
    """A process that was started, and is perhaps running."""

    process: Process
    handle: asyncio.subprocess.Process
    group: int
    ready: asyncio.Future[None]
    ended: asyncio.Task[int] = field(init=False)
    started: float = field(default_factory=time.monotonic)
    is_expected: bool = False

    @property
    def is_running(self) -> bool:
        return self.handle.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Signal the whole group, whose leader may have ended meanwhile."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.handle.pid, number)


class Supervisor:
    """Starts, watches and stops processes; an asynchronous context manager that stops all of them at its end.

    Args:
        sink: takes every line; see `quartet.local.output`.
        grace: seconds from SIGTERM to SIGKILL.
    """

    def __init__(self, sink: Sink, *, grace: float = DEFAULT_GRACE) -> None:
        self._sink = sink
        self._grace = grace
        self._children: dict[str, _Child] = {}
        self._groups = 0
        self._events: asyncio.Queue[Exit | Exception] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._life_read, self._life_write = os.pipe()
        self._output = Output(self._sink, self._report_sink_error)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.stop_all()
        finally:
            os.close(self._life_read)
            os.close(self._life_write)
            await asyncio.to_thread(self._output.close, stretched(OUTPUT_TIMEOUT))

    async def start(self, *processes: Process, ready_line: str | None = None) -> None:
        """Start processes as one group: its members are stopped together, after every group that came later.

        With `ready_line`, returns when each of them has said it as a line of its own; there is no time limit.

        Raises:
            ValueError: a process of this name runs already.
            ProcessExitedError: one ended before it was ready; the others run on.
        """
        self._groups += 1
        children = [await self._spawn(process, self._groups, ready_line) for process in processes]
        if ready_line is not None:
            await asyncio.gather(*(child.ready for child in children))

    async def stop(self, *names: str) -> None:
        """Stop processes: SIGTERM, then SIGKILL for those that run after the grace. Ended ones are fine.

        Raises:
            KeyError: no process of this name was started.
        """
        children = [child for child in (self._children[name] for name in names) if child.is_running]
        for child in children:
            child.is_expected = True
            with contextlib.suppress(ProcessLookupError):
                child.handle.terminate()
            child.send(signal.SIGCONT)  # a paused one could not obey
        endings = [child.ended for child in children]
        try:
            if endings:
                await asyncio.wait(endings, timeout=self._grace)
        finally:  # also when this is cancelled: an interrupted caller expects them to end immediately
            for child in children:
                child.send(signal.SIGKILL)
        for ending in endings:
            await ending

    async def stop_all(self) -> None:
        """Stop every group, the latest first; within a group SIGTERM goes in reverse order of start."""
        try:
            for group in range(self._groups, 0, -1):
                names = [name for name, child in self._children.items() if child.group == group]
                await self.stop(*reversed(names))
        finally:
            for child in self._children.values():
                if child.is_running:
                    child.is_expected = True
                    child.send(signal.SIGKILL)

    async def kill(self, name: str) -> None:
        """End a process by SIGKILL, as a crash would; returns when it has ended. It is not an unexpected exit.

        Raises:
            KeyError: no process of this name was started.
        """
        child = self._children[name]
        if child.is_running:
            child.is_expected = True
            child.send(signal.SIGKILL)
        await child.ended

    def reconfigure(self, process: Process) -> None:
        """Let later restarts of the process of this name run `process`; what runs now is left alone.

        Raises:
            KeyError: no process of this name was started.
        """
        self._children[process.name].process = process

    async def restart(self, name: str, *, ready_line: str | None = None) -> None:
        """Stop a process if it runs and start it again, in its old place in the order of stopping.

        Raises:
            KeyError: no process of this name was started.
            ProcessExitedError: it ended before it was ready.
        """
        await self.stop(name)
        old = self._children[name]
        child = await self._spawn(old.process, old.group, ready_line)
        if ready_line is not None:
            await child.ready

    def pause(self, name: str) -> None:
        """Freeze a process (SIGSTOP): it keeps its connections and its memory, and does nothing.

        Returns when it is stopped. Only then does the kernel wake it if this supervisor dies.

        Raises:
            KeyError: no process of this name is running.
        """
        child = self._running(name)
        child.send(signal.SIGSTOP)
        if hasattr(os, "waitid"):  # macOS has it from Python 3.13 on
            with contextlib.suppress(ChildProcessError):  # it has ended, and asyncio knows already
                # WNOWAIT leaves the news, of its end too, to asyncio.
                os.waitid(os.P_PID, child.handle.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self, name: str) -> None:
        """Let a paused process continue (SIGCONT).

        Raises:
            KeyError: no process of this name is running.
        """
        self._running(name).send(signal.SIGCONT)

    def pid(self, name: str) -> int:
        """The process id of the process that was last started under this name."""
        return self._children[name].handle.pid

    def running(self) -> list[str]:
        """The names of the processes that have not ended, in the order of start."""
        return [name for name, child in self._children.items() if child.is_running]

    async def wait_for_exit(self) -> Exit:
        """Wait until a process ends that was not stopped or killed; every such end is reported once.

        Raises:
            Exception: the sink's own error, if output can no longer be shown.
        """
        event = await self._events.get()
        if isinstance(event, Exception):
            raise event
        return event

    def _running(self, name: str) -> _Child:
        child = self._children[name]
        if not child.is_running:
            raise KeyError(name)
        return child

    async def _spawn(self, process: Process, group: int, ready_line: str | None) -> _Child:
        old = self._children.get(process.name)
        if old and old.is_running:
            raise ValueError(f"{process.name} is running already")
        read_end, write_end = os.pipe()
        try:
            handle = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "quartet.local.child", process.module, *process.args),
                stdin=self._life_read,
                stdout=write_end,
                stderr=write_end,  # one pipe, so that the order of a process's lines is kept
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(process.env) | {GRACE_VARIABLE: str(self._grace)},
                process_group=0,
            )
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        child = _Child(process, handle, group, self._loop.create_future())
        reader = threading.Thread(target=self._read, args=(child, read_end, ready_line), daemon=True)
        reader.start()
        child.ended = asyncio.create_task(self._watch(child, reader), name=f"watch {process.name}")
        self._children[process.name] = child
        return child

    def _read(self, child: _Child, descriptor: int, ready_line: str | None) -> None:
        """Pass on all that a child says; runs on the child's own thread."""
        try:
            for line in read_lines(descriptor):
                self._output.put(child.process.name, line)
                if line == ready_line:
                    self._loop.call_soon_threadsafe(_set_ready, child)
        finally:
            os.close(descriptor)

    async def _watch(self, child: _Child, reader: threading.Thread) -> int:
        status = await child.handle.wait()
        lifetime = time.monotonic() - child.started
        # The pipe may stay open in a grandchild; its lines are still read, but not waited for.
        await asyncio.to_thread(reader.join, stretched(OUTPUT_TIMEOUT))
        await asyncio.sleep(0)  # a ready line that was read by now counts
        ended = Exit(child.process.name, status, lifetime)
        if not child.ready.done():
            child.ready.set_exception(ProcessExitedError(ended))
            child.ready.exception()  # retrieved: not every caller waits for it
        if not child.is_expected:
            self._events.put_nowait(ended)
        return status

    def _report_sink_error(self, error: Exception) -> None:
        self._loop.call_soon_threadsafe(self._events.put_nowait, error)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most realtime signals have no name
        return f"signal {number}"


def _set_ready(child: _Child) -> None:
    if not child.ready.done():
        child.ready.set_result(None)
