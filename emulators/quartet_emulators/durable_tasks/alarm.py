"""Timers: sleeps until the next one is due, and delivers what is due."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Mapping

from quartet_emulators.durable_tasks import entities
from quartet_emulators.durable_tasks.events import Event
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.protocol import MICROSECONDS
from quartet_emulators.durable_tasks.store import Store, StoreError, Unit

_TOGETHER = 500  # timers in one transaction: requests get a turn in between
_LONGEST_SLEEP = 3600.0  # seconds; the machine's clock may be set meanwhile
_RETRY = 1.0  # seconds, after a transaction that could not be written


class Alarm:
    """The timers of all task hubs.

    Args:
        hubs: the task hubs by number, which may grow.
    """

    def __init__(self, store: Store, loop: AbstractEventLoop, hubs: Mapping[int, TaskHub]) -> None:
        self._store = store
        self._loop = loop
        self._hubs = hubs
        self._due: int | None = None
        self._handle: TimerHandle | None = None

    def arm(self, due: int) -> None:
        """A timer is due at this time."""
        if self._due is None or due < self._due:
            self._set(due)

    def start(self) -> None:
        """Look for what is on disk."""
        (due,) = self._store.db.execute("SELECT min(due) FROM timers").fetchone()
        self.stop()
        if due is not None:
            self._set(due)

    def stop(self) -> None:
        """Deliver nothing more."""
        if self._handle is not None:
            self._handle.cancel()
        self._due = self._handle = None

    def _set(self, due: int) -> None:
        self.stop()
        self._due = due
        seconds = max(0.0, (due - self._store.now()) / MICROSECONDS)
        self._handle = self._loop.call_later(min(seconds, _LONGEST_SLEEP), self._ring)

    def _ring(self) -> None:
        self._due = self._handle = None
        try:
            with self._store.unit() as unit:
                unit.after(self.start)
                self._deliver(unit)
        except StoreError:
            self._handle = self._loop.call_later(_RETRY, self.start)

    def _deliver(self, unit: Unit) -> None:
        query = "SELECT key, hub, instance, entity, what, event FROM timers WHERE due <= ? ORDER BY due, key LIMIT ?"
        for key, number, instance, entity, what, data in unit.db.execute(query, (unit.now, _TOGETHER)).fetchall():
            unit.db.execute("DELETE FROM timers WHERE key = ?", (key,))
            hub = self._hubs[number]
            if instance is None:
                entities.enqueue(hub, unit, entity, Event(what, data))
            else:
                hub.deliver(unit, instance, Event(what, data))
