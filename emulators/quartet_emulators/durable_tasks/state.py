"""All task hubs of one data file: the disk, and what of it is in memory."""

import uuid
from asyncio import AbstractEventLoop
from pathlib import Path
from typing import Final

from quartet_emulators.durable_tasks import entities, records
from quartet_emulators.durable_tasks.alarm import Alarm
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.store import Store, Unit

FILE: Final = "durable-tasks.sqlite"


class State:
    """The task hubs. A hub is created by the first request that names it.

    Raises:
        StoreError: the file cannot be used.
    """

    def __init__(self, data_dir: Path, loop: AbstractEventLoop) -> None:
        self.store = Store(data_dir / FILE, loop)
        self._loop = loop
        self._hubs: dict[int, TaskHub] = {}
        self._numbers: dict[str, int] = {}
        self.alarm = Alarm(self.store, loop, self._hubs)
        self._loaded = False
        self.store.lost = self._load
        self._load()

    @property
    def hubs(self) -> list[TaskHub]:
        """Those that exist."""
        return list(self._hubs.values())

    def hub(self, name: str) -> TaskHub:
        """The task hub with this name.

        Raises:
            StoreError: it is new and cannot be written.
        """
        if not self._loaded:
            self._load()
        number = self._numbers.get(name)
        if number is None:
            with self.store.unit() as unit:
                number = unit.db.execute("INSERT INTO hubs (name) VALUES (?)", (name,)).lastrowid
            assert number is not None  # noqa: S101 - an INSERT always sets it
            self._add(number, name)
        return self._hubs[number]

    def empty(self, hub: TaskHub, unit: Unit) -> None:
        """Delete everything in a task hub."""
        rows = unit.db.execute(f"SELECT {records.COLUMNS} FROM instances WHERE hub = ?", (hub.key,))  # noqa: S608 - constants
        for row in rows.fetchall():
            hub.discard(unit, records.Instance(*row))
        for (key,) in unit.db.execute("SELECT key FROM entities WHERE hub = ?", (hub.key,)).fetchall():
            entities.delete(hub, unit, key)
        unit.db.execute("DELETE FROM activities WHERE hub = ?", (hub.key,))
        unit.db.execute("DELETE FROM timers WHERE hub = ?", (hub.key,))

    def close(self) -> None:
        """Write what waits to be written, and close the file."""
        self.alarm.stop()
        for hub in self._hubs.values():
            hub.retire()
        self.store.close()

    def _add(self, number: int, name: str) -> TaskHub:
        hub = TaskHub(number, self.store, self._loop, uuid.uuid4().hex, self.alarm.arm)
        self._hubs[number], self._numbers[name] = hub, number
        return hub

    def _load(self) -> None:
        """Read what is to be done from disk: at the start, and after a transaction that was lost."""
        for hub in self._hubs.values():
            hub.retire()
        self._hubs.clear()
        self._numbers.clear()
        self._loaded = False
        rows = self.store.db.execute("SELECT key, name FROM hubs").fetchall()
        with self.store.unit() as unit:
            for number, name in rows:
                hub = self._add(number, name)
                hub.load(unit)
                _load_entities(hub, unit)
            unit.after(self.alarm.start)
        self._loaded = True


def _load_entities(hub: TaskHub, unit: Unit) -> None:
    query = "SELECT DISTINCT entity FROM operations JOIN entities ON entities.key = entity WHERE hub = ?"
    for (key,) in unit.db.execute(query, (hub.key,)).fetchall():
        entity = entities.by_key(unit, key)
        if entity is not None:
            entities.settle(hub, unit, entity)
