"""The methods that clients call: instances."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from quartet_emulators.durable_tasks import instances, queries, records
from quartet_emulators.durable_tasks.calls import Call, RefusedError, existing
from quartet_emulators.durable_tasks.instances import Creation
from quartet_emulators.durable_tasks.protocol import PENDING, SUSPENDED, chunks, microseconds, pb
from quartet_emulators.durable_tasks.records import Instance
from quartet_emulators.durable_tasks.store import Unit

Page = TypeVar("Page")


async def hello(_call: Call, _request: Empty) -> Empty:
    """A greeting, before all else."""
    return Empty()


async def start_instance(call: Call, request: pb.CreateInstanceRequest) -> pb.CreateInstanceResponse:
    """Create an instance, unless its id is taken by one that the client does not want to replace."""
    hub, instance_id = call.hub, request.instanceId or uuid.uuid4().hex
    with hub.store.unit() as unit:
        known = records.by_id(unit, hub.key, instance_id)
        if known is not None:
            if known.status not in request.orchestrationIdReusePolicy.replaceableStatus:
                message = f"Orchestration instance '{instance_id}' already exists"
                raise RefusedError(grpc.StatusCode.ALREADY_EXISTS, message)
            hub.discard(unit, known)
        new = Creation(
            id=instance_id,
            name=request.name,
            version=request.version.value if request.HasField("version") else None,
            input=request.input.value if request.HasField("input") else None,
            start=microseconds(request.scheduledStartTimestamp)
            if request.HasField("scheduledStartTimestamp")
            else None,
            execution=request.executionId.value,
            tags=dict(request.tags),
            trace=request.parentTraceContext if request.HasField("parentTraceContext") else None,
        )
        instances.create(hub, unit, new)
    return pb.CreateInstanceResponse(instanceId=instance_id)


async def get_instance(call: Call, request: pb.GetInstanceRequest) -> pb.GetInstanceResponse:
    """The state of an instance, if it exists."""
    instance = _found(call, request)
    return pb.GetInstanceResponse(exists=False) if instance is None else _answer(call, instance, request)


async def wait_for_instance_start(call: Call, request: pb.GetInstanceRequest) -> pb.GetInstanceResponse:
    """The state of an instance, once it has begun."""
    return await _wait(call, request, lambda instance: instance.status != PENDING)


async def wait_for_instance_completion(call: Call, request: pb.GetInstanceRequest) -> pb.GetInstanceResponse:
    """The state of an instance, once it has ended."""
    return await _wait(call, request, lambda instance: instance.ended)


async def _wait(
    call: Call, request: pb.GetInstanceRequest, is_so: Callable[[Instance], bool]
) -> pb.GetInstanceResponse:
    """Wait; the client's deadline ends it. An instance that does not exist may be created yet."""
    instance = _found(call, request)
    while instance is None or not is_so(instance):
        await call.hub.change(request.instanceId)
        was, instance = instance, _found(call, request)
        if was is not None and instance is None:
            return pb.GetInstanceResponse(exists=False)
    return _answer(call, instance, request)


def _found(call: Call, request: pb.GetInstanceRequest) -> Instance | None:
    hub = call.hub
    with hub.store.unit() as unit:
        return records.by_id(unit, hub.key, request.instanceId)


def _answer(call: Call, instance: Instance, request: pb.GetInstanceRequest) -> pb.GetInstanceResponse:
    with call.hub.store.unit() as unit:
        state = queries.state_of(unit, instance, payloads=request.getInputsAndOutputs)
    return pb.GetInstanceResponse(exists=True, orchestrationState=state)


async def raise_event(call: Call, request: pb.RaiseEventRequest) -> pb.RaiseEventResponse:
    """Deliver an external event."""
    value = request.input if request.HasField("input") else None
    _tell(call, request.instanceId, "eventRaised", pb.EventRaisedEvent(name=request.name, input=value))
    return pb.RaiseEventResponse()


async def suspend_instance(call: Call, request: pb.SuspendRequest) -> pb.SuspendResponse:
    """Suspend an instance at its next turn."""
    reason = request.reason if request.HasField("reason") else None
    with call.hub.store.unit() as unit:
        suspended = existing(call.hub, unit, request.instanceId).status == SUSPENDED
    if not suspended:
        _tell(call, request.instanceId, "executionSuspended", pb.ExecutionSuspendedEvent(input=reason))
    return pb.SuspendResponse()


async def resume_instance(call: Call, request: pb.ResumeRequest) -> pb.ResumeResponse:
    """Let a suspended instance continue."""
    reason = request.reason if request.HasField("reason") else None
    _tell(call, request.instanceId, "executionResumed", pb.ExecutionResumedEvent(input=reason))
    return pb.ResumeResponse()


def _tell(call: Call, instance_id: str, what: str, body: Message) -> None:
    hub = call.hub
    with hub.store.unit() as unit:
        instances.tell(hub, unit, existing(hub, unit, instance_id), what, body)


async def terminate_instance(call: Call, request: pb.TerminateRequest) -> pb.TerminateResponse:
    """End an instance at its next turn."""
    hub = call.hub
    output = request.output.value if request.HasField("output") else None
    with hub.store.unit() as unit:
        instance = existing(hub, unit, request.instanceId)
        instances.terminate(hub, unit, instance, output, recursive=request.recursive)
    return pb.TerminateResponse()


async def rewind_instance(call: Call, request: pb.RewindInstanceRequest) -> pb.RewindInstanceResponse:
    """Let a failed instance continue from before its failure."""
    hub = call.hub
    with hub.store.unit() as unit:
        instance = existing(hub, unit, request.instanceId)
        if not instances.can_be_rewound(instance):
            message = f"Orchestration instance '{instance.id}' is not in a failed state"
            raise RefusedError(grpc.StatusCode.FAILED_PRECONDITION, message)
        instances.rewind(hub, unit, instance, request.reason.value if request.HasField("reason") else None)
    return pb.RewindInstanceResponse()


async def restart_instance(call: Call, request: pb.RestartInstanceRequest) -> pb.RestartInstanceResponse:
    """Run an instance that has ended once more."""
    hub = call.hub
    with hub.store.unit() as unit:
        instance = existing(hub, unit, request.instanceId)
        if not instance.ended:
            message = f"Orchestration instance '{instance.id}' is not in a terminal state"
            raise RefusedError(grpc.StatusCode.FAILED_PRECONDITION, message)
        restarted = instances.restart(hub, unit, instance, new_id=request.restartWithNewInstanceId)
    return pb.RestartInstanceResponse(instanceId=restarted)


async def query_instances(call: Call, request: pb.QueryInstancesRequest) -> pb.QueryInstancesResponse:
    """A page of instances."""
    return _page(call, lambda unit: queries.query_instances(call.hub, unit, request.query))


async def list_instance_ids(call: Call, request: pb.ListInstanceIdsRequest) -> pb.ListInstanceIdsResponse:
    """A page of ids of instances that have ended."""
    return _page(call, lambda unit: queries.list_ids(call.hub, unit, request))


def _page(call: Call, read: Callable[[Unit], Page]) -> Page:
    try:
        with call.hub.store.unit() as unit:
            return read(unit)
    except queries.TokenError as error:
        raise RefusedError(
            grpc.StatusCode.INVALID_ARGUMENT, "the continuation token is not one of this server"
        ) from error


async def stream_instance_history(
    call: Call, request: pb.StreamInstanceHistoryRequest
) -> AsyncIterator[pb.HistoryChunk]:
    """The history of an instance, in chunks."""
    hub = call.hub
    with hub.store.unit() as unit:
        history = records.history(unit, existing(hub, unit, request.instanceId).key)
    await hub.store.committed()
    for chunk in chunks(history, queries.PAGE_BYTES):
        yield chunk
