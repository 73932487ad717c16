"""What workers say that they have done: activities and entities. Turns of orchestrations have a module of their own."""

import logging
import uuid

from quartet_emulators.durable_tasks import entities, instances, records
from quartet_emulators.durable_tasks.entities import Entity
from quartet_emulators.durable_tasks.events import event
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.instances import Creation
from quartet_emulators.durable_tasks.protocol import microseconds, pb, text
from quartet_emulators.durable_tasks.store import Unit
from quartet_emulators.durable_tasks.work import Lease

_LOGGER = logging.getLogger(__name__)


def complete_activity(hub: TaskHub, unit: Unit, lease: Lease, response: pb.ActivityResponse) -> None:
    """An activity has ended; its orchestration gets the result, if it still waits for it."""
    key = lease.item.key
    row = unit.db.execute("SELECT instance, generation, task FROM activities WHERE key = ?", (key,)).fetchone()
    if row is None:
        return
    instance, generation, task = row
    unit.db.execute("DELETE FROM activities WHERE key = ?", (key,))
    if response.HasField("failureDetails"):
        failed = pb.TaskFailedEvent(taskScheduledId=task, failureDetails=response.failureDetails)
        ended = event(unit.now, "taskFailed", failed)
    else:
        result = response.result if response.HasField("result") else None
        completed = pb.TaskCompletedEvent(taskScheduledId=task, result=result)
        ended = event(unit.now, "taskCompleted", completed)
    hub.deliver(unit, instance, ended, generation=generation)


def complete_entity(hub: TaskHub, unit: Unit, lease: Lease, result: pb.EntityBatchResult) -> None:
    """A batch of operations has ended. Operations without a result stay in the queue, unless the whole batch failed."""
    entity = entities.by_key(unit, lease.item.key)
    if entity is None:
        return
    outcomes = list(result.results)
    if not outcomes and result.HasField("failureDetails"):
        failure = pb.OperationResultFailure(failureDetails=result.failureDetails)
        outcomes = [pb.OperationResult(failure=failure) for _ in lease.rows]
    else:
        entity.state = result.entityState.value if result.HasField("entityState") else None
    entity.modified = unit.now
    entities.update(unit, entity)
    for seq, data, outcome in zip(lease.rows, lease.events, outcomes, strict=False):
        _answer(hub, unit, seq, data, outcome)
    for action in result.actions:
        _act(hub, unit, entity, action)
    entities.settle(hub, unit, entity)


def _answer(hub: TaskHub, unit: Unit, seq: int, data: bytes, outcome: pb.OperationResult) -> None:
    row = unit.db.execute("SELECT caller, generation FROM operations WHERE seq = ?", (seq,)).fetchone()
    unit.db.execute("DELETE FROM operations WHERE seq = ?", (seq,))
    if row is None or row[0] is None:
        return
    request = pb.HistoryEvent.FromString(data).entityOperationCalled.requestId
    if outcome.HasField("failure"):
        failed = pb.EntityOperationFailedEvent(requestId=request, failureDetails=outcome.failure.failureDetails)
        answer = event(unit.now, "entityOperationFailed", failed)
    else:
        success = outcome.success
        output = success.result if success.HasField("result") else None
        done = pb.EntityOperationCompletedEvent(requestId=request, output=output)
        answer = event(unit.now, "entityOperationCompleted", done)
    hub.deliver(unit, row[0], answer, generation=row[1])


def _act(hub: TaskHub, unit: Unit, entity: Entity, action: pb.OperationAction) -> None:
    if action.HasField("sendSignal"):
        sent = action.sendSignal
        signalled = pb.EntityOperationSignaledEvent(
            requestId=uuid.uuid4().hex,
            operation=sent.name,
            input=sent.input if sent.HasField("input") else None,
            scheduledTime=sent.scheduledTime if sent.HasField("scheduledTime") else None,
            targetInstanceId=text(sent.instanceId),
        )
        entities.signal(hub, unit, sent.instanceId, signalled)
    elif action.HasField("startNewOrchestration"):
        start = action.startNewOrchestration
        instance_id = start.instanceId or uuid.uuid4().hex
        known = records.by_id(unit, hub.key, instance_id)
        if known is not None and not known.ended:
            _LOGGER.warning("entity %s: %s runs already, and is not started again", entity.id, instance_id)
            return
        if known is not None:
            hub.discard(unit, known)
        new = Creation(
            id=instance_id,
            name=start.name,
            version=start.version.value if start.HasField("version") else None,
            input=start.input.value if start.HasField("input") else None,
            start=microseconds(start.scheduledTime) if start.HasField("scheduledTime") else None,
        )
        instances.create(hub, unit, new)
