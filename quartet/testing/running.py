"""The processes of a world: each reads its partitions, handles the events, and stores its checkpoints."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from quartet.engine.batch import Batch
from quartet.engine.declaration.participant import Participant
from quartet.engine.errors import OutageError
from quartet.testing.steps import CHECKPOINT, Steps, Undisturbed
from quartet.testing.world import World

_BATCH: Final = 10
_LOOK_SECONDS: Final = 0.5
_MOST_SECONDS: Final = 3600.0


class Replica:
    """One process of one participant. It begins at the stored checkpoints."""

    def __init__(self, world: World, participant: Participant[Any, Any], steps: Steps) -> None:
        self._world = world
        self._participant = participant
        self._steps = steps
        self._engine = world.engine(participant, steps)
        self._positions = {
            partition: world.checkpoints.get((participant.name, partition), 0) for partition in world.hub.partitions
        }
        self._batches: dict[str, list[Batch]] = {partition: [] for partition in self._positions}

    @property
    def is_idle(self) -> bool:
        """Whether it has finished all that there is."""
        return not any(self._batches.values()) and all(
            self._positions[name] >= len(messages) for name, messages in self._world.hub.partitions.items()
        )

    @property
    def waits_for(self) -> str:
        """What it waits for, for people."""
        standing = [f"{one.what} of {one.saga} ({one.why})" for one in self._engine.standing(0)]
        return f"{self._participant.name}: {', '.join(standing) or 'behind the hub'}"

    async def run(self) -> None:
        """Work until cancelled."""
        await self._engine.prepare()
        async with asyncio.TaskGroup() as group:
            for partition in self._positions:
                group.create_task(self._consume(partition, group))

    async def _consume(self, partition: str, group: asyncio.TaskGroup) -> None:
        hub = self._world.hub
        while True:
            position = self._positions[partition]
            messages = hub.partitions[partition][position : position + _BATCH]
            if not messages:
                await hub.changed.wait()
                continue
            batch = await self._engine.process(partition, messages)
            self._positions[partition] += len(messages)
            self._batches[partition].append(batch)
            if batch.first_unfinished is not None:
                group.create_task(self._finish_later(partition, batch))
            await self._checkpoint(partition)

    async def _finish_later(self, partition: str, batch: Batch) -> None:
        await batch.finish()
        await self._checkpoint(partition)

    async def _checkpoint(self, partition: str) -> None:
        """Move the checkpoint up to the first event that is not finished."""
        name, batches = self._participant.name, self._batches[partition]
        for batch in batches:
            self._world.witness.settle(name, partition, batch.became)
        unfinished = [first for batch in batches if (first := batch.first_unfinished) is not None]
        position = min(unfinished, default=self._positions[partition])

        async def action() -> None:
            before = self._world.checkpoints.get((name, partition), 0)
            passed = self._world.hub.partitions[partition][before:position]
            hears, models = self._participant.hears, self._world.app.events
            self._world.witness.note_checkpoint(name, partition, passed, hears, models)
            self._world.checkpoints[name, partition] = position

        with suppress(OutageError):  # a later one will do
            await self._steps.take(CHECKPOINT, action)
        self._batches[partition] = [batch for batch in batches if batch.first_unfinished is not None]


async def run_until_quiet(world: World) -> None:
    """Run one process of each participant until none has anything to do."""
    replicas = [Replica(world, participant, Undisturbed()) for participant in world.app]
    tasks = [asyncio.create_task(replica.run()) for replica in replicas]
    try:
        await quiet(lambda: replicas, tasks)
    finally:
        await stop(tasks)


async def quiet(at_work: Callable[[], Sequence[Replica | None]], tasks: list[asyncio.Task[None]]) -> None:
    """Wait until these processes have finished all that there is.

    Raises:
        TimeoutError: they have not after an hour.
    """
    loop = asyncio.get_running_loop()
    late = loop.time() + _MOST_SECONDS
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        for task in tasks:
            if task.done():
                task.result()
        # A process that has crashed has another one in its place at the next look.
        replicas = at_work()
        if all(replica is not None and replica.is_idle for replica in replicas):
            return
        if loop.time() > late:
            waiting = "; ".join(replica.waits_for for replica in replicas if replica and not replica.is_idle)
            raise TimeoutError(f"not quiet after {_MOST_SECONDS:g} s: {waiting}")


async def stop(tasks: list[asyncio.Task[None]]) -> None:
    """End these processes, wherever they are."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
