"""What the SDK's `EventHubConsumerClient` looks like to the runtime: its event processor, step by step.

It shares out partitions through the checkpoint store, has one batch under way per partition, cancels the callback of
a partition that it has lost, and starts a partition from its checkpoint. Two replicas may both take themselves for the
owner of a partition: each learns of its loss when it looks the next time.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from azure.core.exceptions import AzureError
from azure.eventhub import CloseReason
from azure.eventhub.exceptions import ConnectionLostError

from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.plan.faults import BLOB
from quartet.testing.cluster.servers.blobs import Blobs
from quartet.testing.cluster.servers.hub import Hub, Stored

R = TypeVar("R")

# How many events a batch may have: mostly few, so that many batches run at the same time.
_SIZES = (1, 1, 1, 2, 2, 3, 5, 8, 20, 1000)


class Context:
    """A `PartitionContext`."""

    def __init__(self, receiver: "Receiver", partition: str) -> None:
        self.partition_id = partition
        self._receiver = receiver

    async def update_checkpoint(self, event: Stored) -> None:
        """As in the SDK."""
        await self._receiver.checkpoint(self.partition_id, event.sequence_number)


class Receiver:
    """Receives for one replica of a consumer group. `interval` and `expires` are seconds, `number` is its client's."""

    def __init__(
        self,
        hub: Hub,
        blobs: Blobs,
        network: Network,
        process: Process,
        *,
        interval: float,
        expires: float,
        number: int = 1,
    ) -> None:
        self._hub = hub
        self._blobs = blobs
        self._network = network
        self._process = process
        self._random = process.random
        self._interval = interval
        self._expires = expires
        self._group = process.service
        self.me = f"{process.name}/{process.life}.{number}"
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._running = False
        self._on: dict[str, Any] = {}

    async def receive_batch(self, **callbacks: Any) -> None:  # noqa: ANN401 -- as in the SDK
        """As in the SDK: look after the partitions until closed."""
        self._on = callbacks
        self._running = True
        while self._running:
            try:
                mine = await self._claim()
                new = [partition for partition in mine if partition not in self._tasks]
                if new:
                    checkpoints = await self._ask("read checkpoints", lambda: dict(self._blobs.checkpoints))
                    for partition in new:
                        start = self._start(partition, checkpoints)
                        self._tasks[partition] = asyncio.create_task(self._receive(partition, start))
                for partition in [name for name in self._tasks if name not in mine]:
                    self._tasks[partition].cancel()
            except AzureError as error:
                await self._on["on_error"](None, error)
            await asyncio.sleep(self._interval * (1 + 0.2 * self._random.random()))

    async def close(self) -> None:
        """As in the SDK."""
        self._running = False
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def checkpoint(self, partition: str, sequence_number: int) -> None:
        """Write a checkpoint."""
        place = self._hub.place(partition)
        await self._ask(
            f"checkpoint {place} at {sequence_number}",
            lambda: self._blobs.checkpoint(self._group, place, sequence_number),
        )

    async def _claim(self) -> list[str]:
        """Confirm what is ours, take what is free, and take one from the owner that has most."""
        of_group = await self._ask("list owners", lambda: self._blobs.listed(self._group))
        places = {self._hub.place(partition): partition for partition in self._hub.partitions}
        listed = {places[place]: entry for place, entry in of_group.items() if place in places}
        now = self._blobs.clock() + self._process.skew
        alive = {name: entry for name, entry in listed.items() if now - entry.renewed < self._expires and entry.owner}
        mine = [name for name in self._hub.partitions if name in alive and alive[name].owner == self.me]
        free = [name for name in self._hub.partitions if name not in alive]
        owners = sorted({entry.owner for entry in alive.values()} | {self.me})
        share = -(-len(self._hub.partitions) // len(owners))
        wanted = mine + self._random.sample(free, max(0, min(len(free), share - len(mine))))
        if len(wanted) < len(self._hub.partitions) // len(owners):
            rich = max(owners, key=lambda owner: sum(entry.owner == owner for entry in alive.values()))
            theirs = [name for name, entry in alive.items() if entry.owner == rich and rich != self.me]
            wanted += self._random.sample(theirs, min(1, len(theirs)))
        got: list[str] = []
        for name in wanted:
            etag = listed[name].etag if name in listed else None
            claim = partial(self._blobs.claim, self._group, self._hub.place(name), self.me, etag)
            if await self._ask(f"claim {self._hub.place(name)}", claim) is not None:
                got.append(name)
        return got

    def _start(self, partition: str, checkpoints: dict[tuple[str, str], int]) -> int:
        checkpoint = checkpoints.get((self._group, self._hub.place(partition)))
        if checkpoint is not None:
            return checkpoint + 1
        return 0 if self._on["starting_position"] == "-1" else len(self._hub.partitions[partition])

    def _checkpoint_of(self, partition: str) -> int:
        return self._blobs.checkpoints.get((self._group, self._hub.place(partition)), -1)

    async def _receive(self, partition: str, position: int) -> None:
        context = Context(self, partition)
        hub = self._hub.created_at
        try:
            await self._on["on_partition_initialize"](context)
            while self._running:
                try:
                    position = await self._next(context, position, hub)
                except ConnectionLostError as error:
                    await self._on["on_error"](context, error)
                    break
        finally:
            await asyncio.shield(self._close(context))

    async def _next(self, context: Context, position: int, hub: str) -> int:
        """Hand over one batch, and say where the next one begins."""
        partition = context.partition_id
        place = self._hub.place(partition)
        await self._hub.beyond(partition, position)
        if hub != self._hub.created_at:
            await asyncio.get_running_loop().create_future()  # a link to a hub that is gone delivers nothing
        await asyncio.sleep(0.001 + 0.05 * self._random.random())
        fault = self._network.faults.on_receive(self._process.name, asyncio.get_running_loop().time())
        if fault is not None:
            self._network.trace(self._process.name, f"** {fault.kind}: partition {place} at {position}")
            match fault.kind:
                case "delivered again":
                    position = max(0, position - fault.amount)
                case "rewound":
                    position = min(position, self._checkpoint_of(partition) + 1)
                case "from the start":
                    position = 0
                case "stalls":
                    await asyncio.get_running_loop().create_future()
                case _:
                    raise ConnectionLostError("link detached")
        size = min(self._random.choice(_SIZES), self._on["max_batch_size"])
        batch = self._hub.partitions[partition][position : position + size]
        self._network.trace(self._process.name, f"receives {place} from {position}, {len(batch)} events")
        await self._on["on_event_batch"](context, batch)
        return position + len(batch)

    async def _close(self, context: Context) -> None:
        partition = context.partition_id
        reason = CloseReason.OWNERSHIP_LOST if self._running else CloseReason.SHUTDOWN
        await self._on["on_partition_close"](context, reason)
        self._tasks.pop(partition, None)

    async def _ask(self, what: str, apply: Callable[[], R]) -> R:
        return await self._network.request(self._process, BLOB, what, apply)
