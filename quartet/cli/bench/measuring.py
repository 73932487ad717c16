"""Putting loads on a running stack, one after the other."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from quartet.choreography import Choreography
from quartet.cli.bench.driving import Clock, Limits, at_rate, keep_in_flight
from quartet.cli.bench.hearing import End, hearing
from quartet.cli.bench.memory import Sample, sampling
from quartet.cli.bench.mixing import Mix
from quartet.cli.bench.plan import AtRate, Idle, InFlight, Load, Measurement
from quartet.cli.bench.reading import Course, Reading, measurement, read, usage_by_group
from quartet.cli.bench.sending import Clients, clients
from quartet.cli.bench.watching import Watch
from quartet.cli.publish.outgoing import event_of
from quartet.engine.failures.timeouts import stretched
from quartet.local.stack import LocalStack
from quartet.terminal.cells import cell
from quartet.terminal.console import remarks
from quartet.terminal.user_error import UserError

# How long no saga may end before the run counts as wrong.
_STALLED_SECONDS: Final = 45
# What a participant does after the last end, such as writing its checkpoints, belongs to the sagas.
_AFTERMATH_SECONDS: Final = 1.5
_TELL_EVERY_SECONDS: Final = 5
_MOST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Bench:
    """A running stack, and the sagas that are begun on it.

    Attributes:
        processes: by the name of a process, its group: a participant, or the emulators.
    """

    stack: LocalStack
    app: Choreography
    processes: Mapping[str, str]
    mix: Mix
    clock: Clock

    async def idle(self, load: Idle) -> Measurement:
        """Watch the stack while it has nothing to do, and no client either."""
        before = await self.read()
        async with sampling(self.look) as samples:
            await asyncio.sleep(load.seconds)
        return self.measurement(load, Course(before, samples, await self.read()), Watch())

    @asynccontextmanager
    async def loading(self) -> AsyncIterator["Loading"]:
        """The connections that a load needs.

        Raises:
            OutageError: the hub does not answer.
        """
        watches = Watches()
        async with (
            hearing(self.stack.settings, self.mix.ends, watches.hear),
            clients(self.stack.settings) as senders,
        ):
            yield Loading(self, watches, senders)

    async def read(self) -> Reading:
        """Read the use of resources so far."""
        return await read(self.stack, self.processes, self.clock.now())

    def look(self) -> Sample:
        """Read the memory of the processes."""
        usage = usage_by_group(self.stack, self.processes)
        return Sample(self.clock.now(), {name: one.memory for name, one in usage.items()})

    def measurement(self, load: Load, course: Course, watch: Watch) -> Measurement:
        """The figures of a load."""
        return measurement(load, course, watch, self.app.names)


@dataclass(slots=True)
class Watches:
    """Passes the ends of sagas on to the watch of the load that is being measured."""

    current: Watch = field(default_factory=Watch)

    def hear(self, end: End) -> None:
        """A saga has ended, perhaps one of an earlier load."""
        self.current.hear(end)


@dataclass(frozen=True, slots=True)
class Loading:
    """Puts loads on a stack, one after the other."""

    bench: Bench
    watches: Watches
    senders: Clients

    async def measure(self, load: InFlight | AtRate, limits: Limits, prefix: str) -> Measurement:
        """Put a load on the stack until the limits are reached, and wait until all its sagas have ended.

        Args:
            load: the load.
            limits: of the load.
            prefix: of the ids of the sagas. A stack sees each only once.

        Raises:
            UserError: a saga has not ended, or not as it had to.
            OutageError: a server went away.
        """
        watch = self.watches.current = Watch()
        before = await self.bench.read()
        async with sampling(self.bench.look) as samples, _telling(load, watch):
            await self._drive(load, limits, watch, prefix)
            await watch.all_ended(stretched(_STALLED_SECONDS))
        check(watch, load)
        await asyncio.sleep(_AFTERMATH_SECONDS)
        return self.bench.measurement(load, Course(before, samples, await self.bench.read()), watch)

    async def _drive(self, load: InFlight | AtRate, limits: Limits, watch: Watch, prefix: str) -> None:
        sagas, clock = self.bench.mix.sagas(prefix), self.bench.clock

        async def begin(due: float | None) -> None:
            beginning = next(sagas)
            event = event_of(beginning.data, datetime.now(UTC))
            async with self.senders.one() as send:
                watch.begin(beginning, clock.now() if due is None else due)
                await send(event)

        if isinstance(load, AtRate):
            await at_rate(load.rate, limits, begin, clock)
        else:
            slots = asyncio.Semaphore(load.sagas)
            watch.on_end = slots.release
            await keep_in_flight(slots, limits, begin, clock)


def check(watch: Watch, load: Load) -> None:
    """Check that all sagas have ended as they had to.

    Raises:
        UserError: they have not.
    """
    if wrong := watch.wrong():
        shown = "; ".join(wrong[:_MOST_SHOWN])
        more = f"; and {len(wrong) - _MOST_SHOWN} more" if len(wrong) > _MOST_SHOWN else ""
        raise UserError(f"{load.title}: wrong, so there are no figures: {shown}{more}")


@asynccontextmanager
async def _telling(load: Load, watch: Watch) -> AsyncIterator[None]:
    """Write the progress every few seconds."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(_TELL_EVERY_SECONDS)
            say(f"{load.title}: {watch.ended} sagas have ended, {watch.waiting} have not")

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


def say(line: str) -> None:
    """Write a line about the progress to standard error."""
    remarks().print(cell(line))
