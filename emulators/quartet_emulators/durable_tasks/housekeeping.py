"""The methods that clients call: entities, purges, and task hubs as a whole."""

from quartet_emulators.durable_tasks import endings, entities, queries, records
from quartet_emulators.durable_tasks.calls import Call
from quartet_emulators.durable_tasks.protocol import pb, text
from quartet_emulators.durable_tasks.store import Unit


async def purge_instances(call: Call, request: pb.PurgeInstancesRequest) -> pb.PurgeInstancesResponse:
    """Delete instances that have ended, and entities by id."""
    hub = call.hub
    with hub.store.unit() as unit:
        if request.HasField("purgeInstanceFilter"):
            chosen, gone = queries.ended(hub, unit, request.purgeInstanceFilter), 0
        else:
            ids = [request.instanceId] if request.instanceId else list(request.instanceBatch.instanceIds)
            known = [records.by_id(unit, hub.key, instance_id) for instance_id in ids]
            chosen = [instance for instance in known if instance is not None and instance.ended]
            gone = sum(_purge_entity(call, unit, entity_id) for entity_id in ids)
        if request.recursive:
            chosen = [instance for instance in records.family(unit, chosen) if instance.ended]
        for instance in chosen:
            hub.discard(unit, instance)
    answer = pb.PurgeInstancesResponse(deletedInstanceCount=len(chosen) + gone)
    answer.isComplete.value = True
    return answer


def _purge_entity(call: Call, unit: Unit, entity_id: str) -> bool:
    entity = entities.by_id(unit, call.hub.key, entity_id) if entity_id.startswith("@") else None
    if entity is not None:
        entities.delete(call.hub, unit, entity.key)
    return entity is not None


async def skip_graceful_orchestration_terminations(
    call: Call, request: pb.SkipGracefulOrchestrationTerminationsRequest
) -> pb.SkipGracefulOrchestrationTerminationsResponse:
    """End instances without a turn; says which of them have ended or do not exist."""
    hub, left = call.hub, []
    reason = request.reason.value if request.HasField("reason") else None
    with hub.store.unit() as unit:
        for instance_id in request.instanceBatch.instanceIds:
            instance = records.by_id(unit, hub.key, instance_id)
            if instance is None or instance.ended:
                left.append(instance_id)
            else:
                endings.end_without_worker(hub, unit, instance, reason)
    return pb.SkipGracefulOrchestrationTerminationsResponse(unterminatedInstanceIds=left)


async def signal_entity(call: Call, request: pb.SignalEntityRequest) -> pb.SignalEntityResponse:
    """Queue an operation of an entity."""
    hub = call.hub
    signalled = pb.EntityOperationSignaledEvent(
        requestId=request.requestId,
        operation=request.name,
        input=request.input if request.HasField("input") else None,
        scheduledTime=request.scheduledTime if request.HasField("scheduledTime") else None,
        targetInstanceId=text(request.instanceId),
    )
    with hub.store.unit() as unit:
        entities.signal(hub, unit, request.instanceId, signalled)
    return pb.SignalEntityResponse()


async def get_entity(call: Call, request: pb.GetEntityRequest) -> pb.GetEntityResponse:
    """An entity, if it has a state."""
    hub = call.hub
    with hub.store.unit() as unit:
        entity = entities.by_id(unit, hub.key, request.instanceId)
        if entity is None or entity.state is None:
            return pb.GetEntityResponse(exists=False)
        found = entities.metadata(unit, entity, with_state=request.includeState)
    return pb.GetEntityResponse(exists=True, entity=found)


async def query_entities(call: Call, request: pb.QueryEntitiesRequest) -> pb.QueryEntitiesResponse:
    """A page of entities."""
    with call.hub.store.unit() as unit:
        return queries.query_entities(call.hub, unit, request.query)


async def clean_entity_storage(call: Call, request: pb.CleanEntityStorageRequest) -> pb.CleanEntityStorageResponse:
    """Release the locks of orchestrations that are gone; delete entities without state, lock and queue."""
    hub, released, removed = call.hub, 0, 0
    with hub.store.unit() as unit:
        if request.releaseOrphanedLocks:
            for key, section, holder in unit.db.execute(
                "SELECT id, section, holder FROM entities WHERE hub = ? AND section IS NOT NULL", (hub.key,)
            ).fetchall():
                instance = records.by_id(unit, hub.key, holder)
                if instance is None or instance.ended:
                    entities.unlock(hub, unit, key, section)
                    released += 1
        if request.removeEmptyEntities:
            for (number,) in unit.db.execute(
                "SELECT key FROM entities WHERE hub = ? AND state IS NULL AND section IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM operations WHERE entity = key)",
                (hub.key,),
            ).fetchall():
                entities.delete(hub, unit, number)
                removed += 1
    return pb.CleanEntityStorageResponse(emptyEntitiesRemoved=removed, orphanedLocksReleased=released)


async def create_task_hub(call: Call, request: pb.CreateTaskHubRequest) -> pb.CreateTaskHubResponse:
    """Create the task hub that the call names, or empty it."""
    hub = call.hub
    if request.recreateIfExists:
        with hub.store.unit() as unit:
            call.state.empty(hub, unit)
    return pb.CreateTaskHubResponse()


async def delete_task_hub(call: Call, _request: pb.DeleteTaskHubRequest) -> pb.DeleteTaskHubResponse:
    """Delete all that is in the task hub."""
    hub = call.hub
    with hub.store.unit() as unit:
        call.state.empty(hub, unit)
    return pb.DeleteTaskHubResponse()
