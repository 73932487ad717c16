"""Work items as they go over the wire, read from disk when they are sent and joined without parsing what is stored."""

from collections.abc import Iterable
from typing import Final

from quartet_emulators.durable_tasks import entities, records
from quartet_emulators.durable_tasks.events import orchestrator_started
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.protocol import field, fields, pb, text
from quartet_emulators.durable_tasks.store import Unit
from quartet_emulators.durable_tasks.work import Kind, Lease

HEALTH_PING: Final = pb.WorkItem(healthPing=pb.HealthPing()).SerializeToString()

STREAMED_BYTES: Final = 1024 * 1024
"""A worker that can stream a history gets one that is longer in a stream of its own."""

NEW_BYTES: Final = 1024 * 1024
"""New events of one item end after this much; the next item has the rest."""

_ALONE: Final = "executionRewound"
"""An event that must be the only one of its turn."""

_FIRST: Final = "executionStarted"
"""An event that others of its turn follow: they may have come while the instance waited for its start."""


def work_item(hub: TaskHub, unit: Unit, lease: Lease) -> bytes | None:
    """What a worker gets; None if there is nothing left to do."""
    build = {Kind.TURN: _turn, Kind.ACTIVITY: _activity, Kind.ENTITY: _entity}[lease.item.kind]
    request = build(hub, unit, lease)
    if request is None:
        return None
    return request + pb.WorkItem(completionToken=lease.token).SerializeToString()


def _turn(_hub: TaskHub, unit: Unit, lease: Lease) -> bytes | None:
    key = lease.item.key
    instance = records.by_key(unit, key)
    rows = unit.db.execute("SELECT seq, what, event FROM inbox WHERE instance = ? ORDER BY seq", (key,)).fetchall()
    if instance is None or instance.ended or not rows:
        return None
    rows = [row for row in rows if row[1] == _ALONE][:1] or sorted(rows, key=lambda row: row[1] != _FIRST)
    rows = rows[: _fitting(row[2] for row in rows)]
    lease.rows = [row[0] for row in rows]
    lease.events = [orchestrator_started(unit.now), *(row[2] for row in rows if row[2])]
    head = pb.OrchestratorRequest(
        instanceId=instance.id,
        executionId=text(instance.execution),
        entityParameters=pb.OrchestratorEntityParameters(),
    )
    if instance.trace is not None:
        head.orchestrationTraceContext.ParseFromString(instance.trace)
    history = records.history(unit, key)
    if len(history) > STREAMED_BYTES and lease.stream.takes_long_histories:
        head.requiresHistoryStreaming, history = True, b""
    new = fields(pb.OrchestratorRequest, "newEvents", lease.events)
    return field(pb.WorkItem, "orchestratorRequest", head.SerializeToString() + history + new)


def _activity(_hub: TaskHub, unit: Unit, lease: Lease) -> bytes | None:
    row = unit.db.execute("SELECT request FROM activities WHERE key = ?", (lease.item.key,)).fetchone()
    return None if row is None else field(pb.WorkItem, "activityRequest", row[0])


def _entity(_hub: TaskHub, unit: Unit, lease: Lease) -> bytes | None:
    entity = entities.by_key(unit, lease.item.key)
    rows = [] if entity is None else entities.runnable(unit, entity)
    if entity is None or not rows:
        return None
    rows = rows[: _fitting(row[1] for row in rows)]
    lease.rows = [row[0] for row in rows]
    lease.events = [row[1] for row in rows]
    head = pb.EntityRequest(instanceId=entity.id, entityState=text(entity.state))
    operations = fields(pb.EntityRequest, "operationRequests", lease.events)
    return field(pb.WorkItem, "entityRequestV2", head.SerializeToString() + operations)


def _fitting(events: Iterable[bytes]) -> int:
    """How many events fit into one item; at least one."""
    count = size = 0
    for data in events:
        count, size = count + 1, size + len(data)
        if size >= NEW_BYTES:
            break
    return count
