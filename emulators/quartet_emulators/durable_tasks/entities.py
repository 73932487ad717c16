"""Entities: a state, a queue of operations, and a lock.

Locks are taken in the order of the set that is asked for, one entity after the other, each in its turn in the queue.
While an entity is locked, only calls from the orchestration that holds the lock run.
"""

from dataclasses import dataclass
from typing import Final

from quartet_emulators.durable_tasks.events import Event, event
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.protocol import pb, text
from quartet_emulators.durable_tasks.records import Instance
from quartet_emulators.durable_tasks.store import Unit
from quartet_emulators.durable_tasks.work import Item, Kind

SIGNAL: Final = "entityOperationSignaled"
CALL: Final = "entityOperationCalled"
LOCK: Final = "entityLockRequested"

BATCH: Final = 100
"""The most operations of one work item."""


@dataclass(slots=True)
class Entity:
    """An entity as it lies on disk."""

    key: int
    hub: int
    id: str
    state: str | None
    modified: int
    section: str | None
    holder: str | None


def by_key(unit: Unit, key: int) -> Entity | None:
    """The entity with this key."""
    row = unit.db.execute("SELECT * FROM entities WHERE key = ?", (key,)).fetchone()
    return None if row is None else Entity(*row)


def by_id(unit: Unit, hub: int, entity_id: str) -> Entity | None:
    """The entity with this id in a task hub."""
    row = unit.db.execute("SELECT * FROM entities WHERE hub = ? AND id = ?", (hub, entity_id)).fetchone()
    return None if row is None else Entity(*row)


def update(unit: Unit, entity: Entity) -> None:
    """Write an entity that has changed."""
    unit.db.execute(
        "UPDATE entities SET state = ?, modified = ?, section = ?, holder = ? WHERE key = ?",
        (entity.state, entity.modified, entity.section, entity.holder, entity.key),
    )


def signal(hub: TaskHub, unit: Unit, entity_id: str, signalled: pb.EntityOperationSignaledEvent) -> None:
    """Queue an operation without an answer, now or when it is due."""
    operation = event(unit.now, SIGNAL, signalled)
    due = 0
    if signalled.HasField("scheduledTime"):
        due = signalled.scheduledTime.ToMicroseconds()
    if due <= unit.now:
        enqueue(hub, unit, entity_id, operation)
        return
    unit.db.execute(
        "INSERT INTO timers (due, hub, entity, what, event) VALUES (?, ?, ?, ?, ?)",
        (due, hub.key, entity_id, *operation),
    )
    unit.after(lambda: hub.arm(due))


def enqueue(hub: TaskHub, unit: Unit, entity_id: str, operation: Event, caller: tuple[int, int] | None = None) -> None:
    """Queue an operation or a request for the lock. `caller` is the orchestration's key and generation."""
    unit.db.execute(
        "INSERT OR IGNORE INTO entities (hub, id, modified) VALUES (?, ?, ?)", (hub.key, entity_id, unit.now)
    )
    entity = by_id(unit, hub.key, entity_id)
    assert entity is not None  # noqa: S101 - the line above makes it if it is missing
    unit.db.execute(
        "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?)",
        (unit.next_number(), entity.key, operation.what, *(caller or (None, None)), operation.data),
    )
    settle(hub, unit, entity)


def runnable(unit: Unit, entity: Entity) -> list[tuple[int, bytes]]:
    """The operations that may run now: their numbers and events."""
    found: list[tuple[int, bytes]] = []
    query = "SELECT seq, what, event FROM operations WHERE entity = ? ORDER BY seq"
    for seq, what, data in unit.db.execute(query, (entity.key,)):
        if entity.section is None and what == LOCK:
            break
        if entity.section is None or (what == CALL and _caller(data) == entity.holder):
            found.append((seq, data))
        if len(found) == BATCH:
            break
    return found


def settle(hub: TaskHub, unit: Unit, entity: Entity) -> None:
    """Grant the lock if it is its turn, and offer what may run. Nothing, while a worker has the entity."""
    if hub.work.has(Kind.ENTITY, entity.key):
        return  # the end of its work item settles
    if entity.section is None:
        query = "SELECT what, seq FROM operations WHERE entity = ? ORDER BY seq LIMIT 1"
        row = unit.db.execute(query, (entity.key,)).fetchone()
        if row is not None and row[0] == LOCK:
            _grant(hub, unit, entity, row[1])
    if runnable(unit, entity):
        item = Item(Kind.ENTITY, entity.key, _name(entity.id))
        unit.after(lambda: hub.work.offer(item))


def unlock(hub: TaskHub, unit: Unit, entity_id: str, section: str) -> None:
    """End a critical section at one of its entities, also if the lock was not granted yet."""
    entity = by_id(unit, hub.key, entity_id)
    if entity is None:
        return
    if entity.section == section:
        entity.section = entity.holder = None
        update(unit, entity)
    for seq, data in unit.db.execute(
        "SELECT seq, event FROM operations WHERE entity = ? AND what = ?", (entity.key, LOCK)
    ).fetchall():
        if pb.HistoryEvent.FromString(data).entityLockRequested.criticalSectionId == section:
            unit.db.execute("DELETE FROM operations WHERE seq = ?", (seq,))
    settle(hub, unit, entity)


def lock(hub: TaskHub, unit: Unit, instance: Instance, request: pb.EntityLockRequestedEvent) -> None:
    """Ask for the locks of a set of entities."""
    mine = pb.EntityLockRequestedEvent()
    mine.CopyFrom(request)
    mine.position = 0
    mine.parentInstanceId.value = instance.id
    caller = (instance.key, instance.generation)
    if not mine.lockSet:
        _granted(hub, unit, mine, caller)
        return
    enqueue(hub, unit, mine.lockSet[0], event(unit.now, LOCK, mine), caller)


def _grant(hub: TaskHub, unit: Unit, entity: Entity, seq: int) -> None:
    query = "SELECT caller, generation, event FROM operations WHERE seq = ?"
    caller, generation, data = unit.db.execute(query, (seq,)).fetchone()
    request = pb.HistoryEvent.FromString(data).entityLockRequested
    unit.db.execute("DELETE FROM operations WHERE seq = ?", (seq,))
    entity.section, entity.holder = request.criticalSectionId, request.parentInstanceId.value
    update(unit, entity)
    request.position += 1
    if request.position < len(request.lockSet):
        following = request.lockSet[request.position]
        enqueue(hub, unit, following, event(unit.now, LOCK, request), (caller, generation))
    else:
        _granted(hub, unit, request, (caller, generation))


def _granted(hub: TaskHub, unit: Unit, request: pb.EntityLockRequestedEvent, caller: tuple[int, int]) -> None:
    granted = pb.EntityLockGrantedEvent(criticalSectionId=request.criticalSectionId)
    hub.deliver(unit, caller[0], event(unit.now, "entityLockGranted", granted), generation=caller[1])


def _caller(data: bytes) -> str:
    return pb.HistoryEvent.FromString(data).entityOperationCalled.parentInstanceId.value


def _name(entity_id: str) -> str:
    """The name in `@name@key`, as filters compare it."""
    return entity_id.removeprefix("@").partition("@")[0].lower()


def metadata(unit: Unit, entity: Entity, *, with_state: bool) -> pb.EntityMetadata:
    """What clients see of an entity."""
    (backlog,) = unit.db.execute("SELECT count(*) FROM operations WHERE entity = ?", (entity.key,)).fetchone()
    found = pb.EntityMetadata(
        instanceId=entity.id, backlogQueueSize=backlog, lockedBy=text(entity.holder),
        serializedState=text(entity.state) if with_state else None,
    )  # fmt: skip
    found.lastModifiedTime.FromMicroseconds(entity.modified)
    return found


def delete(hub: TaskHub, unit: Unit, key: int) -> None:
    """Delete an entity with its queue."""
    unit.db.execute("DELETE FROM operations WHERE entity = ?", (key,))
    unit.db.execute("DELETE FROM entities WHERE key = ?", (key,))
    unit.after(lambda: hub.work.withdraw(Kind.ENTITY, key))
