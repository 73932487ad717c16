"""What clients and orchestrators do to an instance: create it, end it, suspend it, rewind it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import Message

from quartet_emulators.durable_tasks import records
from quartet_emulators.durable_tasks.events import Event, event
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.protocol import FAILED, PENDING, RUNNING, pb, text, timestamp
from quartet_emulators.durable_tasks.records import Instance
from quartet_emulators.durable_tasks.store import Unit


@dataclass(frozen=True, slots=True)
class Creation:
    """A new instance.

    Attributes:
        start: when it is to start, in microseconds since 1970; None means now.
        parent, task: the orchestration that waits for it, and the id of the task there.
    """

    id: str
    name: str
    version: str | None = None
    input: str | None = None
    start: int | None = None
    execution: str = ""
    tags: Mapping[str, str] | None = None
    trace: pb.TraceContext | None = None
    parent: Instance | None = None
    task: int | None = None


def create(hub: TaskHub, unit: Unit, new: Creation) -> Instance:
    """Write a new instance; its id must be free. Its first turn is now, or when it is to start."""
    parent = new.parent
    instance = Instance(
        key=0, hub=hub.key, id=new.id, name=new.name, version=new.version, status=PENDING, input=new.input,
        output=None, custom_status=None, failure=None, created=unit.now, updated=unit.now, completed=None,
        scheduled=new.start, execution=new.execution or uuid.uuid4().hex, generation=0, turns=0,
        parent=None if parent is None else parent.key,
        parent_generation=None if parent is None else parent.generation, parent_task=new.task,
        tags=_packed(new.tags), trace=None,
    )  # fmt: skip
    records.insert(unit, instance)
    known_parent = None if parent is None else parent_info(parent, new.task)
    started = execution_started(unit.now, instance, new.trace, known_parent)
    if new.start is not None and new.start > unit.now:
        schedule(hub, unit, new.start, instance.key, started)
    else:
        hub.deliver(unit, instance.key, started)
    hub.announce(unit, instance)
    return instance


def execution_started(
    now: int, instance: Instance, trace: pb.TraceContext | None, parent: pb.ParentInstanceInfo | None
) -> Event:
    """The event with which an execution begins."""
    started = pb.ExecutionStartedEvent(
        name=instance.name,
        version=text(instance.version),
        input=text(instance.input),
        orchestrationInstance=pb.OrchestrationInstance(instanceId=instance.id, executionId=text(instance.execution)),
        parentInstance=parent,
        scheduledStartTimestamp=None if instance.scheduled is None else timestamp(instance.scheduled),
        parentTraceContext=trace,
        tags=tags_of(instance),
    )
    return event(now, "executionStarted", started)


def schedule(hub: TaskHub, unit: Unit, due: int, key: int, what: Event) -> None:
    """Deliver an event to an instance later."""
    unit.db.execute(
        "INSERT INTO timers (due, hub, instance, what, event) VALUES (?, ?, ?, ?, ?)", (due, hub.key, key, *what)
    )
    unit.after(lambda: hub.arm(due))


def tell(hub: TaskHub, unit: Unit, instance: Instance, what: str, body: Message) -> None:
    """Deliver an event from outside: raised, terminated, suspended, resumed."""
    hub.deliver(unit, instance.key, event(unit.now, what, body))


def terminate(hub: TaskHub, unit: Unit, instance: Instance, output: str | None, *, recursive: bool) -> None:
    """End an instance at its next turn, and with `recursive` all its sub-orchestrations."""
    terminated = pb.ExecutionTerminatedEvent(input=text(output), recurse=recursive)
    for each in records.family(unit, [instance]) if recursive else [instance]:
        if not each.ended:
            tell(hub, unit, each, "executionTerminated", terminated)


def rewind(hub: TaskHub, unit: Unit, instance: Instance, reason: str | None) -> None:
    """Let an instance that failed continue from before its failure. Its next turn rewrites the history."""
    instance.status, instance.output, instance.failure, instance.completed = RUNNING, None, None, None
    instance.updated = unit.now
    records.update(unit, instance)
    tell(hub, unit, instance, "executionRewound", pb.ExecutionRewoundEvent(reason=text(reason)))
    hub.announce(unit, instance)


def restart(hub: TaskHub, unit: Unit, instance: Instance, *, new_id: bool) -> str:
    """Run an instance that has ended once more, with the same input; says with which id."""
    instance_id = uuid.uuid4().hex if new_id else instance.id
    if not new_id:
        hub.discard(unit, instance)
    tags = tags_of(instance)
    return create(hub, unit, Creation(instance_id, instance.name, instance.version, instance.input, tags=tags)).id


def can_be_rewound(instance: Instance) -> bool:
    """Only a failure can be taken back."""
    return instance.status == FAILED


def tags_of(instance: Instance) -> dict[str, str]:
    """Its tags."""
    return dict(pb.ExecutionStartedEvent.FromString(instance.tags).tags) if instance.tags else {}


def _packed(tags: Mapping[str, str] | None) -> bytes | None:
    return pb.ExecutionStartedEvent(tags=tags).SerializeToString() if tags else None


def parent_info(parent: Instance, task: int | None) -> pb.ParentInstanceInfo:
    """What a sub-orchestration knows of its parent."""
    return pb.ParentInstanceInfo(
        taskScheduledId=task,
        name=text(parent.name),
        version=text(parent.version),
        orchestrationInstance=pb.OrchestrationInstance(instanceId=parent.id, executionId=text(parent.execution)),
    )
