"""What goes wrong in a simulated run: drawn from a seed, and each a value that can be left out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, TypeAlias, TypeVar

from quartet.engine.errors import OutageError, TransientError
from quartet.testing.steps import CALL

R = TypeVar("R")
Kind: TypeAlias = Literal[
    "crash before", "crash after", "lost answer", "outage", "silence", "pause", "second owner", "repeat", "garbage"
]

STEP_FAULTS: Final[tuple[Kind, ...]] = ("crash before", "crash after", "lost answer")
TIMED_FAULTS: Final[tuple[Kind, ...]] = ("outage", "silence", "pause", "second owner")
HUB_FAULTS: Final[tuple[Kind, ...]] = ("repeat", "garbage")

_MOST_FAULTS: Final = 10
_FIRST_STEPS: Final = 40
_SECONDS: Final = 20.0
_LONGEST_STEP: Final = 0.02
_NOT_DONE: Final = 0.5  # of the calls that are not answered


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: `crash before`, `crash after`: the process dies there, and is started again a second later.
            `lost answer`: the step is done, but its answer is an error. `outage`: every step fails. `silence`: no call
            of a port is answered, whether it is done or not. `pause`: no step is taken. `second owner`: another process
            of the participant reads the same partitions. `repeat`: a message is in the hub once more, in any partition.
            `garbage`: a message that is not an event of the application.
        participant: whose step or process it is.
        step: the number of the step, counted per participant over all its processes; of `repeat` and `garbage`, which.
        at: when it begins, in seconds.
        seconds: how long it lasts.
    """

    kind: Kind
    participant: str = ""
    step: int = 0
    at: float = 0.0
    seconds: float = 0.0


def draw_faults(random: Random, participants: Sequence[str]) -> tuple[Fault, ...]:
    """Some faults of every kind."""
    return tuple(_draw(random, participants) for _ in range(random.randint(0, _MOST_FAULTS)))


def _draw(random: Random, participants: Sequence[str]) -> Fault:
    kind = random.choice((*STEP_FAULTS, *STEP_FAULTS, *TIMED_FAULTS, *HUB_FAULTS))
    name, number = random.choice(participants), random.randint(1, _FIRST_STEPS)
    at, seconds = round(random.uniform(0, _SECONDS), 2), round(random.uniform(1, _SECONDS), 2)
    if kind in STEP_FAULTS:
        return Fault(kind, name, step=number)
    if kind in TIMED_FAULTS:
        return Fault(kind, name, at=at, seconds=seconds)
    return Fault(kind, step=number, at=at)


class Trouble:
    """The faults of one participant, and the steps of its processes so far."""

    def __init__(self, faults: Sequence[Fault], random: Random) -> None:
        self.timed = [fault for fault in faults if fault.kind in TIMED_FAULTS]
        self.by_step = {fault.step: fault.kind for fault in faults if fault.kind in STEP_FAULTS}
        self.random = random
        self.taken = 0

    def lasting(self, kind: Kind, now: float) -> Fault | None:
        """The fault of this kind that there is now."""
        lasting = (one for one in self.timed if one.kind == kind and one.at <= now < one.at + one.seconds)
        return next(lasting, None)


class TroubledSteps:
    """The `Steps` of one process in trouble. It ends by `crashed`, and takes no step after that."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self.crashed = asyncio.Event()

    async def take(self, what: str, action: Callable[[], Awaitable[R]]) -> R:
        """See `Steps.take`."""
        trouble = self._trouble
        trouble.taken += 1
        kind = trouble.by_step.get(trouble.taken)
        await asyncio.sleep(trouble.random.uniform(0, _LONGEST_STEP))
        await self._wait_out()
        now = asyncio.get_running_loop().time()
        if trouble.lasting("outage", now):
            raise OutageError(f"{what}: the server is away")
        if kind == "crash before":
            await self._die()
        is_silent = what.startswith(CALL) and trouble.lasting("silence", now) is not None
        if is_silent and trouble.random.random() < _NOT_DONE:
            raise TransientError(f"{what}: no answer, and it was not done")
        result = await action()
        if kind == "crash after":
            await self._die()
        if is_silent:
            raise TransientError(f"{what}: no answer, but it was done")
        if kind == "lost answer":
            raise (TransientError if what.startswith(CALL) else OutageError)(f"{what}: the answer is lost")
        return result

    async def _wait_out(self) -> None:
        """Wait while the process is paused, and forever once it is dead."""
        now = asyncio.get_running_loop().time()
        if pause := self._trouble.lasting("pause", now):
            await asyncio.sleep(pause.at + pause.seconds - now)
        if self.crashed.is_set():
            await asyncio.Event().wait()

    async def _die(self) -> None:
        self.crashed.set()
        await asyncio.Event().wait()
