"""The methods that workers call: work comes to them, and they say what they have done."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from quartet_emulators.durable_tasks import entities, work_items
from quartet_emulators.durable_tasks.calls import Call
from quartet_emulators.durable_tasks.completions import complete_activity, complete_entity
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.oversized import failure
from quartet_emulators.durable_tasks.protocol import FAILED, pb
from quartet_emulators.durable_tasks.store import Unit
from quartet_emulators.durable_tasks.turns import complete_turn
from quartet_emulators.durable_tasks.work import Item, Kind, Lease

_LOGGER = logging.getLogger(__name__)

PING_SECONDS = 30.0
"""A stream without work says this often that it lives: a worker reconnects after two minutes of silence."""

Response = TypeVar("Response", pb.OrchestratorResponse, pb.ActivityResponse, pb.EntityBatchResult)


async def get_work_items(call: Call, request: pb.GetWorkItemsRequest) -> AsyncIterator[bytes]:
    """Work, as it comes, for as long as the worker listens. What it has not completed then goes to others."""
    hub = call.hub
    stream = hub.work.open(request)
    try:
        while True:
            lease = await stream.next(PING_SECONDS)
            if stream.ended:
                return
            if lease is None:
                yield work_items.HEALTH_PING
                continue
            data = _read(hub, lease)
            if data is not None and not hub.attempts.allow(lease, len(data)):
                _fail(hub, lease, len(data))
                data = None
            await hub.store.committed()  # it may hold what another request has changed a moment ago
            if data is not None:
                yield data
    finally:
        hub.work.close(stream)


def _read(hub: TaskHub, lease: Lease) -> bytes | None:
    """What to send for a lease; None if there is nothing left to do."""
    if not hub.work.is_current(lease):
        return None
    with hub.store.unit() as unit:
        data = work_items.work_item(hub, unit, lease)
        if data is None:
            lease.completed = True
            unit.after(lambda: hub.work.finish(lease))
            entity = entities.by_key(unit, lease.item.key) if lease.item.kind is Kind.ENTITY else None
            if entity is not None:
                entities.settle(hub, unit, entity)
    return data


def _fail(hub: TaskHub, lease: Lease, size: int) -> None:
    """Do for a work item what a worker would do that failed with it."""
    _LOGGER.warning("%s %s of %d bytes was too large for its workers", lease.item.kind.value, lease.item.name, size)
    response = failure(lease, size)
    if isinstance(response, pb.ActivityResponse):
        _complete(hub, lease, response, complete_activity)
    elif isinstance(response, pb.EntityBatchResult):
        _complete(hub, lease, response, complete_entity)
    else:
        _complete(hub, lease, response, complete_turn)


async def complete_orchestrator_task(call: Call, response: pb.OrchestratorResponse) -> pb.CompleteTaskResponse:
    """A turn has ended, or a part of what it wants arrives."""
    hub = call.hub
    lease = hub.work.valid(response.completionToken, Kind.TURN)
    if lease is not None and response.isPartial:
        lease.actions += response.actions
    elif lease is not None and response.requiresHistory:
        hub.work.give_back(response.completionToken)
    else:
        _complete(hub, lease, response, complete_turn)
    return pb.CompleteTaskResponse()


async def complete_activity_task(call: Call, response: pb.ActivityResponse) -> pb.CompleteTaskResponse:
    """An activity has ended."""
    hub = call.hub
    _complete(hub, hub.work.valid(response.completionToken, Kind.ACTIVITY), response, complete_activity)
    return pb.CompleteTaskResponse()


async def complete_entity_task(call: Call, result: pb.EntityBatchResult) -> pb.CompleteTaskResponse:
    """A batch of operations has ended."""
    hub = call.hub
    _complete(hub, hub.work.valid(result.completionToken, Kind.ENTITY), result, complete_entity)
    return pb.CompleteTaskResponse()


def _complete(
    hub: TaskHub,
    lease: Lease | None,
    response: Response,
    apply: Callable[[TaskHub, Unit, Lease, Response], None],
) -> None:
    """Apply what a worker says in one unit. What it says of a lease that is none changes nothing."""
    if lease is None:
        return
    lease.completed = True
    hub.attempts.forget(lease)
    try:
        with hub.store.unit() as unit:
            unit.after(lambda: hub.work.finish(lease))
            apply(hub, unit, lease, response)
            unit.after(lambda: _more(hub, lease))
    except BaseException:
        lease.completed = False
        hub.work.give_back(lease.token)
        raise


def _more(hub: TaskHub, lease: Lease) -> None:
    """An instance or an entity has another turn if something came meanwhile."""
    item = lease.item
    if item.kind is Kind.TURN:
        row = hub.store.db.execute(
            "SELECT name, version FROM instances JOIN inbox ON inbox.instance = instances.key"
            " WHERE instances.key = ? AND status <> ? LIMIT 1",
            (item.key, FAILED),
        ).fetchone()
        if row is not None:
            hub.work.offer(Item(Kind.TURN, item.key, row[0], row[1]))


async def abandon_task_activity_work_item(
    call: Call, request: pb.AbandonActivityTaskRequest
) -> pb.AbandonActivityTaskResponse:
    """A worker does not do an activity."""
    call.hub.work.give_back(request.completionToken)
    return pb.AbandonActivityTaskResponse()


async def abandon_task_orchestrator_work_item(
    call: Call, request: pb.AbandonOrchestrationTaskRequest
) -> pb.AbandonOrchestrationTaskResponse:
    """A worker does not do a turn."""
    call.hub.work.give_back(request.completionToken)
    return pb.AbandonOrchestrationTaskResponse()


async def abandon_task_entity_work_item(
    call: Call, request: pb.AbandonEntityTaskRequest
) -> pb.AbandonEntityTaskResponse:
    """A worker does not do a batch of operations."""
    call.hub.work.give_back(request.completionToken)
    return pb.AbandonEntityTaskResponse()
