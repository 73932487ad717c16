"""Orchestration instances as they lie on disk."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Final

from quartet_emulators.durable_tasks.protocol import ENDED, pb
from quartet_emulators.durable_tasks.schema import OWNED_BY_AN_INSTANCE
from quartet_emulators.durable_tasks.store import Unit

_TURN_BITS: Final = 24


@dataclass(slots=True)
class Instance:
    """An instance; its fields are those of the table. `key` is 0 until it is inserted."""

    key: int
    hub: int
    id: str
    name: str
    version: str | None
    status: pb.OrchestrationStatus
    input: str | None
    output: str | None
    custom_status: str | None
    failure: bytes | None
    created: int
    updated: int
    completed: int | None
    scheduled: int | None
    execution: str
    generation: int
    turns: int
    parent: int | None
    parent_generation: int | None
    parent_task: int | None
    tags: bytes | None
    trace: bytes | None

    @property
    def ended(self) -> bool:
        """Whether it has come to an end."""
        return self.status in ENDED


COLUMNS: Final = ", ".join(field.name for field in fields(Instance))
_NAMES: Final = [field.name for field in fields(Instance)][1:]
_VALUES: Final = attrgetter(*_NAMES)
_INSERT: Final = f"INSERT INTO instances ({', '.join(_NAMES)}) VALUES ({', '.join('?' for _ in _NAMES)})"  # noqa: S608 - constants
_UPDATE: Final = f"UPDATE instances SET {', '.join(f'{name} = ?' for name in _NAMES)} WHERE key = ?"  # noqa: S608 - constants
_BY_KEY: Final = f"SELECT {COLUMNS} FROM instances WHERE key = ?"  # noqa: S608 - constants
_BY_ID: Final = f"SELECT {COLUMNS} FROM instances WHERE hub = ? AND id = ?"  # noqa: S608 - constants


def by_key(unit: Unit, key: int) -> Instance | None:
    """The instance with this key."""
    row = unit.db.execute(_BY_KEY, (key,)).fetchone()
    return None if row is None else Instance(*row)


def by_id(unit: Unit, hub: int, instance_id: str) -> Instance | None:
    """The instance with this id in a task hub."""
    row = unit.db.execute(_BY_ID, (hub, instance_id)).fetchone()
    return None if row is None else Instance(*row)


def insert(unit: Unit, instance: Instance) -> None:
    """Write a new instance, and give it its key."""
    key = unit.db.execute(_INSERT, _VALUES(instance)).lastrowid
    assert key is not None  # noqa: S101 - an INSERT always sets it
    instance.key = key


def update(unit: Unit, instance: Instance) -> None:
    """Write an instance that has changed."""
    unit.db.execute(_UPDATE, (*_VALUES(instance), instance.key))


def delete(unit: Unit, key: int) -> None:
    """Delete an instance with all that belongs to it."""
    delete_history(unit, key)
    for table in OWNED_BY_AN_INSTANCE:
        unit.db.execute(f"DELETE FROM {table} WHERE instance = ?", (key,))  # noqa: S608 - constants
    unit.db.execute("DELETE FROM instances WHERE key = ?", (key,))


def append_history(unit: Unit, instance: Instance, events: bytes) -> None:
    """Write the history of one turn."""
    unit.db.execute("INSERT INTO history VALUES (?, ?)", (instance.key << _TURN_BITS | instance.turns, events))
    instance.turns += 1


def history(unit: Unit, key: int) -> bytes:
    """The whole history, as past events of a request."""
    rows = unit.db.execute("SELECT events FROM history WHERE place BETWEEN ? AND ? ORDER BY place", _places(key))
    return b"".join(row[0] for row in rows)


def delete_history(unit: Unit, key: int) -> None:
    """Delete the whole history."""
    unit.db.execute("DELETE FROM history WHERE place BETWEEN ? AND ?", _places(key))


def family(unit: Unit, roots: Iterable[Instance]) -> list[Instance]:
    """These instances and all their sub-orchestrations, also the indirect ones."""
    found = list(roots)
    seen = {instance.key for instance in found}
    for instance in found:  # grows meanwhile
        query = f"SELECT {COLUMNS} FROM instances WHERE parent = ?"  # noqa: S608 - constants
        children = [Instance(*row) for row in unit.db.execute(query, (instance.key,))]
        found += [child for child in children if child.key not in seen]
        seen.update(child.key for child in children)
    return found


def _places(key: int) -> tuple[int, int]:
    return key << _TURN_BITS, (key + 1 << _TURN_BITS) - 1
