"""One simulated run: sagas, faults, and the processes between them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from quartet.engine.declaration.participant import Participant
from quartet.events import EventData
from quartet.testing.faults import HUB_FAULTS, Fault, Trouble, TroubledSteps
from quartet.testing.garbage import garbage_for
from quartet.testing.running import Replica, quiet
from quartet.testing.world import World

_RESTART_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Publication:
    """Something that is said from outside, when, and in which partition."""

    data: EventData
    at: float
    partition: str


async def run_with_faults(world: World, publications: Sequence[Publication], faults: Sequence[Fault]) -> None:
    """Say all this under these faults, and wait until all participants have finished."""
    crews = [_Crew(world, participant, faults) for participant in world.app]
    tasks = [asyncio.ensure_future(work) for crew in crews for work in crew.work()]
    said = [asyncio.ensure_future(_say(world, one)) for one in publications]
    said += [asyncio.ensure_future(_spoil(world, fault)) for fault in faults if fault.kind in HUB_FAULTS]
    try:
        await asyncio.gather(*said)
        await asyncio.sleep(max((fault.at + fault.seconds for fault in faults), default=0.0))
        await quiet(lambda: [crew.replica for crew in crews], tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _say(world: World, one: Publication) -> None:
    await asyncio.sleep(one.at)
    identity = f"{one.data.saga_id}-{one.data.type}"
    world.say(one.data, id=identity, partition=one.partition)


async def _spoil(world: World, fault: Fault) -> None:
    """Put something into the hub that should not be there."""
    await asyncio.sleep(fault.at)
    partitions = list(world.hub.partitions)
    partition = partitions[fault.step % len(partitions)]
    bodies = [message.body for messages in world.hub.partitions.values() for message in messages]
    if fault.kind == "garbage":
        garbage = garbage_for(world.app, world.sagas[0] if world.sagas else "unknown")
        world.hub.append(partition, garbage[fault.step % len(garbage)].body)
    elif bodies:
        world.hub.append(partition, bodies[fault.step % len(bodies)])


class _Crew:
    """The processes of one participant: one that is started again when it dies, and second owners."""

    def __init__(self, world: World, participant: Participant[Any, Any], faults: Sequence[Fault]) -> None:
        self._world = world
        self._participant = participant
        self._own = [fault for fault in faults if fault.participant == participant.name]
        random = Random(f"{world.seed} {participant.name} steps")
        self._trouble = Trouble(self._own, random)
        self.replica: Replica | None = None

    def work(self) -> list[Any]:
        """What its processes do, until cancelled."""
        return [self._main(), *(self._second(fault) for fault in self._own if fault.kind == "second owner")]

    async def _main(self) -> None:
        while True:
            steps = TroubledSteps(self._trouble)
            self.replica = Replica(self._world, self._participant, steps)
            await self._live(self.replica, steps, None)
            self.replica = None
            await asyncio.sleep(_RESTART_SECONDS)

    async def _second(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at)
        steps = TroubledSteps(self._trouble)
        await self._live(Replica(self._world, self._participant, steps), steps, fault.seconds)
        await asyncio.Event().wait()

    async def _live(self, replica: Replica, steps: TroubledSteps, seconds: float | None) -> None:
        """Run a process until it crashes, or for this time."""
        run = asyncio.ensure_future(replica.run())
        crash = asyncio.ensure_future(steps.crashed.wait())
        try:
            await asyncio.wait({run, crash}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if run.done():
                run.result()
        finally:
            for task in (run, crash):
                task.cancel()
            await asyncio.gather(run, crash, return_exceptions=True)
