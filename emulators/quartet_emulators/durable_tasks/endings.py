"""How an execution ends: with an end of its instance, with a successor, or by being rewound."""

import uuid

from quartet_emulators.durable_tasks import instances, records
from quartet_emulators.durable_tasks.events import Event, event, execution_completed
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.instances import Creation
from quartet_emulators.durable_tasks.protocol import COMPLETED, FAILED, RUNNING, TERMINATED, past, pb, text
from quartet_emulators.durable_tasks.records import Instance
from quartet_emulators.durable_tasks.store import Unit
from quartet_emulators.durable_tasks.work import Kind

_STAYS = ("eventRaised", "executionTerminated", "executionSuspended", "executionResumed")
"""What a successor gets of the inbox. The rest answers what its predecessor began."""


def end(hub: TaskHub, unit: Unit, instance: Instance, complete: pb.CompleteOrchestrationAction) -> bytes:
    """End an instance and tell its parent; returns the last event of its history.

    What comes to a failed instance from now on is kept for the case that it is rewound.
    """
    result = complete.result if complete.HasField("result") else None
    failure = complete.failureDetails if complete.HasField("failureDetails") else None
    instance.status = complete.orchestrationStatus
    instance.output = None if result is None else result.value
    instance.failure = None if failure is None else failure.SerializeToString()
    instance.completed = unit.now
    if instance.status != FAILED:
        for table in ("inbox", "timers"):
            unit.db.execute(f"DELETE FROM {table} WHERE instance = ?", (instance.key,))  # noqa: S608 - constants
    _tell_parent(hub, unit, instance, complete)
    return execution_completed(unit.now, instance.status, result, failure)


def _tell_parent(hub: TaskHub, unit: Unit, instance: Instance, complete: pb.CompleteOrchestrationAction) -> None:
    if instance.parent is None:
        return
    task, generation = instance.parent_task, instance.parent_generation
    if instance.status == COMPLETED:
        result = complete.result if complete.HasField("result") else None
        done = pb.SubOrchestrationInstanceCompletedEvent(taskScheduledId=task, result=result)
        answer = event(unit.now, "subOrchestrationInstanceCompleted", done)
        hub.deliver(unit, instance.parent, answer, generation=generation)
        return
    details = pb.TaskFailureDetails(
        errorType="OrchestrationTerminated", errorMessage=f"Sub-orchestration '{instance.id}' was terminated"
    )
    if complete.HasField("failureDetails"):
        details = complete.failureDetails
    failed = pb.SubOrchestrationInstanceFailedEvent(taskScheduledId=task, failureDetails=details)
    answer = event(unit.now, "subOrchestrationInstanceFailed", failed)
    hub.deliver(unit, instance.parent, answer, generation=generation)


def end_without_worker(hub: TaskHub, unit: Unit, instance: Instance, reason: str | None) -> None:
    """End an instance without asking its worker."""
    complete = pb.CompleteOrchestrationAction(orchestrationStatus=TERMINATED, result=text(reason))
    history = [event(unit.now, "executionTerminated", pb.ExecutionTerminatedEvent(input=text(reason))).data]
    history.append(end(hub, unit, instance, complete))
    records.append_history(unit, instance, past(history))
    records.update(unit, instance)
    unit.after(lambda: hub.work.withdraw(Kind.TURN, instance.key))
    hub.announce(unit, instance)


def continue_as_new(hub: TaskHub, unit: Unit, instance: Instance, complete: pb.CompleteOrchestrationAction) -> None:
    """Begin again with a new input and an empty history, with the events that were not consumed, in their order."""
    instance.generation += 1
    instance.execution = uuid.uuid4().hex
    instance.status, instance.turns = RUNNING, 0
    instance.input = complete.result.value if complete.HasField("result") else None
    if complete.HasField("newVersion"):
        instance.version = complete.newVersion.value
    records.update(unit, instance)
    records.delete_history(unit, instance.key)
    arrived = unit.db.execute(
        "SELECT what, event FROM inbox WHERE instance = ? ORDER BY seq", (instance.key,)
    ).fetchall()
    for table in ("inbox", "timers"):
        unit.db.execute(f"DELETE FROM {table} WHERE instance = ?", (instance.key,))  # noqa: S608 - constants
    parent = _parent_of(unit, instance)
    started = instances.execution_started(unit.now, instance, None, parent)
    hub.deliver(unit, instance.key, started)
    for carried in complete.carryoverEvents:
        what = carried.WhichOneof("eventType")
        if what is not None:
            hub.deliver(unit, instance.key, Event(what, carried.SerializeToString()))
    for what, data in arrived:
        if what in _STAYS:
            hub.deliver(unit, instance.key, Event(what, data))


def _parent_of(unit: Unit, instance: Instance) -> pb.ParentInstanceInfo | None:
    parent = None if instance.parent is None else records.by_key(unit, instance.parent)
    return None if parent is None else instances.parent_info(parent, instance.parent_task)


def replace_history(hub: TaskHub, unit: Unit, instance: Instance, rewound: pb.RewindOrchestrationAction) -> None:
    """Put the history in place that the worker has rewritten, and let the instance have a turn with it.

    Sub-orchestrations that failed are rewound too. One that was purged or terminated is created again.
    """
    history = list(rewound.newHistory)
    records.delete_history(unit, instance.key)
    instance.turns = 0
    records.append_history(unit, instance, past(each.SerializeToString() for each in history))
    instance.status, instance.output, instance.failure, instance.completed = RUNNING, None, None, None
    records.update(unit, instance)
    reason, done = None, set()
    for each in history:
        if each.HasField("executionStarted"):
            instance.execution = each.executionStarted.orchestrationInstance.executionId.value
        elif each.HasField("executionRewound") and each.executionRewound.HasField("reason"):
            reason = each.executionRewound.reason.value
        elif each.HasField("subOrchestrationInstanceCompleted"):
            done.add(each.subOrchestrationInstanceCompleted.taskScheduledId)
    for each in history:
        if each.HasField("subOrchestrationInstanceCreated") and each.eventId not in done:
            _rewind_sub_orchestration(hub, unit, instance, each, reason)
    hub.deliver(unit, instance.key, Event("", b""))  # no event, but a turn


def _rewind_sub_orchestration(
    hub: TaskHub, unit: Unit, instance: Instance, created: pb.HistoryEvent, reason: str | None
) -> None:
    sub = created.subOrchestrationInstanceCreated
    known = records.by_id(unit, hub.key, sub.instanceId)
    if known is not None and known.status == TERMINATED:
        hub.discard(unit, known)
        known = None
    if known is None:
        new = Creation(
            id=sub.instanceId,
            name=sub.name,
            version=sub.version.value if sub.HasField("version") else None,
            input=sub.input.value if sub.HasField("input") else None,
            tags=dict(sub.tags),
            parent=instance,
            task=created.eventId,
        )
        instances.create(hub, unit, new)
    elif instances.can_be_rewound(known):
        instances.rewind(hub, unit, known, reason)
