"""A task hub: a name space of its own, with its own workers."""

import asyncio
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from typing import Final

from quartet_emulators.durable_tasks import records
from quartet_emulators.durable_tasks.dispatcher import Dispatcher
from quartet_emulators.durable_tasks.events import Event
from quartet_emulators.durable_tasks.oversized import Attempts
from quartet_emulators.durable_tasks.protocol import ENDED, FAILED
from quartet_emulators.durable_tasks.records import Instance
from quartet_emulators.durable_tasks.store import Store, Unit
from quartet_emulators.durable_tasks.work import Item, Kind

_FIRST: Final = ("executionStarted", "executionTerminated")
"""What wakes an instance that is to start later. Other events wait with it."""


class TaskHub:
    """What of a task hub is in memory: its work, and who waits for an instance.

    Attributes:
        key: its number in the store.
        arm: called with the time at which a new timer is due.
    """

    def __init__(self, key: int, store: Store, loop: AbstractEventLoop, epoch: str, arm: Callable[[int], None]) -> None:
        self.key = key
        self.store = store
        self.arm = arm
        self.work = Dispatcher(loop, f"{epoch}-{key}")
        self.attempts = Attempts()
        self._watchers: dict[str, list[Future[None]]] = {}

    def load(self, unit: Unit) -> None:
        """Find in the store what is to be done."""
        instances = unit.db.execute(
            "SELECT DISTINCT instances.key, name, version, status FROM inbox"
            " JOIN instances ON instances.key = inbox.instance"
            " WHERE hub = ? AND (coalesce(scheduled, 0) <= ? OR what IN (?, ?))",
            (self.key, unit.now, *_FIRST),
        ).fetchall()
        for key, name, version, status in instances:
            if status not in ENDED:
                unit.after(_offering(self, Item(Kind.TURN, key, name, version)))
        for row in unit.db.execute("SELECT key, name, version FROM activities WHERE hub = ?", (self.key,)):
            unit.after(_offering(self, Item(Kind.ACTIVITY, *row)))

    def deliver(self, unit: Unit, key: int, event: Event, *, generation: int | None = None) -> None:
        """Put an event into the inbox of an instance, which then has a turn.

        An instance that has ended gets nothing, but one that failed: it may be rewound, and continues then with what
        came meanwhile. `generation` is that of the execution which the event answers, if it answers one.
        """
        query = "SELECT status, generation, name, version, coalesce(scheduled, 0) FROM instances WHERE key = ?"
        row = unit.db.execute(query, (key,)).fetchone()
        if row is None:
            return
        status, current, name, version, start = row
        if (generation is not None and generation != current) or (status in ENDED and status != FAILED):
            return
        unit.db.execute("INSERT INTO inbox VALUES (?, ?, ?, ?)", (unit.next_number(), key, *event))
        if status != FAILED and (start <= unit.now or event.what in _FIRST):
            unit.after(_offering(self, Item(Kind.TURN, key, name, version)))

    def discard(self, unit: Unit, instance: Instance) -> None:
        """Delete an instance with all that belongs to it."""
        rows = unit.db.execute("SELECT key FROM activities WHERE instance = ?", (instance.key,)).fetchall()
        records.delete(unit, instance.key)

        def forget() -> None:
            self.work.withdraw(Kind.TURN, instance.key)
            for (activity,) in rows:
                self.work.withdraw(Kind.ACTIVITY, activity)

        unit.after(forget)
        self.announce(unit, instance)

    def announce(self, unit: Unit, instance: Instance) -> None:
        """Wake those who wait for this instance."""
        name = instance.id
        unit.after(lambda: self._wake(name))

    def _wake(self, instance_id: str) -> None:
        for watcher in self._watchers.pop(instance_id, ()):
            if not watcher.done():
                watcher.set_result(None)

    def retire(self) -> None:
        """Another object takes the place of this one: all that wait look again, and all workers come back."""
        self.work.end_streams()
        for name in list(self._watchers):
            self._wake(name)

    async def change(self, instance_id: str) -> None:
        """Wait until an instance has changed, or has been created."""
        watcher: Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.setdefault(instance_id, []).append(watcher)
        try:
            await watcher
        finally:
            watchers = self._watchers.get(instance_id, [])
            if watcher in watchers:
                watchers.remove(watcher)
                if not watchers:
                    del self._watchers[instance_id]


def _offering(hub: TaskHub, item: Item) -> Callable[[], None]:
    return lambda: hub.work.offer(item)
