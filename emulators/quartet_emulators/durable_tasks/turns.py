"""The end of a turn: what an orchestrator wants done becomes history, activities, timers and sub-orchestrations."""

import uuid
from collections.abc import Iterable

from google.protobuf.message import Message

from quartet_emulators.durable_tasks import endings, entities, instances, records
from quartet_emulators.durable_tasks.events import event, orchestrator_completed
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.instances import Creation
from quartet_emulators.durable_tasks.protocol import (
    ENDED,
    PENDING,
    RUNNING,
    SUSPENDED,
    past,
    pb,
    text,
)
from quartet_emulators.durable_tasks.records import Instance
from quartet_emulators.durable_tasks.store import Unit
from quartet_emulators.durable_tasks.work import Item, Kind, Lease


def complete_turn(hub: TaskHub, unit: Unit, lease: Lease, response: pb.OrchestratorResponse) -> None:
    """A turn has ended. All that follows from it is one change."""
    instance = records.by_key(unit, lease.item.key)
    if instance is None:
        return
    unit.db.executemany("DELETE FROM inbox WHERE seq = ?", [(seq,) for seq in lease.rows])
    instance.updated = unit.now
    instance.custom_status = response.customStatus.value if response.HasField("customStatus") else None
    if response.HasField("orchestrationTraceContext"):
        instance.trace = response.orchestrationTraceContext.SerializeToString()
    if instance.status == PENDING:
        instance.status = RUNNING
    _suspend_or_resume(instance, lease.events)
    Turn(hub, unit, instance, lease.events).carry_out([*lease.actions, *response.actions])
    records.update(unit, instance)
    hub.announce(unit, instance)


def _suspend_or_resume(instance: Instance, events: Iterable[bytes]) -> None:
    for data in events:
        what = pb.HistoryEvent.FromString(data).WhichOneof("eventType")
        if what == "executionSuspended":
            instance.status = SUSPENDED
        elif what == "executionResumed":
            instance.status = RUNNING


class Turn:
    """One turn of one instance, whose record it changes."""

    def __init__(self, hub: TaskHub, unit: Unit, instance: Instance, events: list[bytes]) -> None:
        self._hub = hub
        self._unit = unit
        self._instance = instance
        self._history = list(events)

    def carry_out(self, actions: Iterable[pb.OrchestratorAction]) -> None:
        """Do what the orchestrator wants; its end comes last."""
        ends = []
        for action in actions:
            what = action.WhichOneof("orchestratorActionType")
            if what in ("completeOrchestration", "rewindOrchestration"):
                ends.append(action)
            elif what == "scheduleTask":
                self._schedule_task(action.id, action.scheduleTask)
            elif what == "createTimer":
                self._create_timer(action.id, action.createTimer)
            elif what == "createSubOrchestration":
                self._create_sub_orchestration(action.id, action.createSubOrchestration)
            elif what == "sendEvent":
                self._send_event(action.id, action.sendEvent)
            elif what == "sendEntityMessage":
                self._send_entity_message(action.id, action.sendEntityMessage)
            elif what == "terminateOrchestration":
                self._terminate(action.terminateOrchestration)
        self._end(ends)

    def _end(self, ends: list[pb.OrchestratorAction]) -> None:
        hub, unit, instance = self._hub, self._unit, self._instance
        for action in ends:
            if action.HasField("rewindOrchestration"):
                endings.replace_history(hub, unit, instance, action.rewindOrchestration)
                return
            complete = action.completeOrchestration
            if complete.orchestrationStatus not in ENDED:
                endings.continue_as_new(hub, unit, instance, complete)
                return
        self._history.append(orchestrator_completed(unit.now))
        for action in ends[:1]:
            self._history.append(endings.end(hub, unit, instance, action.completeOrchestration))
        records.append_history(unit, instance, past(self._history))

    def _note(self, number: int, what: str, body: Message) -> None:
        self._history.append(event(self._unit.now, what, body, number).data)

    def _schedule_task(self, number: int, task: pb.ScheduleTaskAction) -> None:
        hub, instance = self._hub, self._instance
        version = task.version if task.HasField("version") else None
        value = task.input if task.HasField("input") else None
        trace = task.parentTraceContext if task.HasField("parentTraceContext") else None
        scheduled = pb.TaskScheduledEvent(
            name=task.name, version=version, input=value, parentTraceContext=trace, tags=task.tags
        )
        self._note(number, "taskScheduled", scheduled)
        where = pb.OrchestrationInstance(instanceId=instance.id, executionId=text(instance.execution))
        request = pb.ActivityRequest(
            name=task.name, version=version, input=value, orchestrationInstance=where, taskId=number,
            parentTraceContext=trace, tags=task.tags,
        )  # fmt: skip
        named = None if version is None else version.value
        key = self._unit.db.execute(
            "INSERT INTO activities (hub, instance, generation, task, name, version, request)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (hub.key, instance.key, instance.generation, number, task.name, named, request.SerializeToString()),
        ).lastrowid
        assert key is not None  # noqa: S101 - an INSERT always sets it
        item = Item(Kind.ACTIVITY, key, task.name, named)
        self._unit.after(lambda: hub.work.offer(item))

    def _create_timer(self, number: int, timer: pb.CreateTimerAction) -> None:
        self._note(number, "timerCreated", pb.TimerCreatedEvent(fireAt=timer.fireAt))
        due = timer.fireAt.ToMicroseconds()
        fired = event(max(due, self._unit.now), "timerFired", pb.TimerFiredEvent(fireAt=timer.fireAt, timerId=number))
        instances.schedule(self._hub, self._unit, due, self._instance.key, fired)

    def _create_sub_orchestration(self, number: int, sub: pb.CreateSubOrchestrationAction) -> None:
        hub, unit, instance = self._hub, self._unit, self._instance
        sub_id = sub.instanceId or uuid.uuid4().hex
        value = sub.input if sub.HasField("input") else None
        version = sub.version if sub.HasField("version") else None
        trace = sub.parentTraceContext if sub.HasField("parentTraceContext") else None
        created = pb.SubOrchestrationInstanceCreatedEvent(
            instanceId=sub_id, name=sub.name, version=version, input=value, parentTraceContext=trace, tags=sub.tags
        )
        self._note(number, "subOrchestrationInstanceCreated", created)
        known = records.by_id(unit, hub.key, sub_id)
        if known is not None and not known.ended:
            details = pb.TaskFailureDetails(
                errorType="OrchestrationAlreadyExists",
                errorMessage=f"Orchestration instance '{sub_id}' already exists",
            )
            failed = pb.SubOrchestrationInstanceFailedEvent(taskScheduledId=number, failureDetails=details)
            instances.tell(hub, unit, instance, "subOrchestrationInstanceFailed", failed)
            return
        if known is not None:
            hub.discard(unit, known)
        new = Creation(
            id=sub_id, name=sub.name, version=None if version is None else version.value,
            input=None if value is None else value.value, tags=dict(sub.tags), trace=trace,
            parent=instance, task=number,
        )  # fmt: skip
        instances.create(hub, unit, new)

    def _send_event(self, number: int, sent: pb.SendEventAction) -> None:
        data = sent.data if sent.HasField("data") else None
        target = sent.instance.instanceId
        self._note(number, "eventSent", pb.EventSentEvent(instanceId=target, name=sent.name, input=data))
        other = records.by_id(self._unit, self._hub.key, target)
        if other is not None:
            raised = pb.EventRaisedEvent(name=sent.name, input=data)
            instances.tell(self._hub, self._unit, other, "eventRaised", raised)

    def _send_entity_message(self, number: int, message: pb.SendEntityMessageAction) -> None:
        hub, unit, instance = self._hub, self._unit, self._instance
        what = message.WhichOneof("EntityMessageType")
        if what is None:
            return
        self._note(number, what, getattr(message, what))
        if what == "entityOperationSignaled":
            signalled = message.entityOperationSignaled
            entities.signal(hub, unit, signalled.targetInstanceId.value, signalled)
        elif what == "entityOperationCalled":
            called = message.entityOperationCalled
            called.parentInstanceId.value = instance.id
            data = event(unit.now, what, called)
            caller = (instance.key, instance.generation)
            entities.enqueue(hub, unit, called.targetInstanceId.value, data, caller)
        elif what == "entityLockRequested":
            entities.lock(hub, unit, instance, message.entityLockRequested)
        elif what == "entityUnlockSent":
            unlocked = message.entityUnlockSent
            entities.unlock(hub, unit, unlocked.targetInstanceId.value, unlocked.criticalSectionId)

    def _terminate(self, action: pb.TerminateOrchestrationAction) -> None:
        other = records.by_id(self._unit, self._hub.key, action.instanceId)
        if other is not None and not other.ended:
            reason = action.reason.value if action.HasField("reason") else None
            instances.terminate(self._hub, self._unit, other, reason, recursive=action.recurse)
