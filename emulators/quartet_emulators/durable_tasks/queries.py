"""What clients ask: one instance, pages of instances and entities, histories."""

from collections.abc import Sequence
from typing import Any, Final

from quartet_emulators.durable_tasks import entities
from quartet_emulators.durable_tasks.entities import Entity
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.instances import tags_of
from quartet_emulators.durable_tasks.protocol import ENDED, StringValue, microseconds, pb, text, timestamp
from quartet_emulators.durable_tasks.records import COLUMNS, Instance
from quartet_emulators.durable_tasks.store import Unit

PAGE: Final = 100
"""The rows of a page, if the client does not say how many."""

MOST: Final = 1000
"""The most rows of a page; the Python client asks for two thousand million."""

PAGE_BYTES: Final = 1024 * 1024
"""A page ends after this much: clients refuse messages of more than 4 MiB by default."""

Where = tuple[list[str], list[Any]]


class TokenError(Exception):
    """A continuation token that this server did not give."""


def state_of(unit: Unit, instance: Instance, *, payloads: bool) -> pb.OrchestrationState:
    """An instance as clients see it; `payloads` are its input and output."""
    parent = None
    if instance.parent is not None:
        row = unit.db.execute("SELECT id FROM instances WHERE key = ?", (instance.parent,)).fetchone()
        parent = None if row is None else row[0]
    failure = pb.TaskFailureDetails.FromString(instance.failure) if instance.failure is not None else None
    return pb.OrchestrationState(
        instanceId=instance.id,
        name=instance.name,
        version=text(instance.version),
        orchestrationStatus=instance.status,
        scheduledStartTimestamp=None if instance.scheduled is None else timestamp(instance.scheduled),
        createdTimestamp=timestamp(instance.created),
        lastUpdatedTimestamp=timestamp(instance.updated),
        completedTimestamp=None if instance.completed is None else timestamp(instance.completed),
        input=text(instance.input) if payloads else None,
        output=text(instance.output) if payloads else None,
        customStatus=text(instance.custom_status),
        failureDetails=failure,
        executionId=text(instance.execution),
        parentInstanceId=text(parent),
        tags=tags_of(instance),
    )


def query_instances(hub: TaskHub, unit: Unit, query: pb.InstanceQuery) -> pb.QueryInstancesResponse:
    """A page of instances, the oldest first.

    Raises:
        TokenError: the continuation token is none of ours.
    """
    where = matching(hub, query)
    if query.HasField("instanceIdPrefix"):
        _prefix(where, "id", query.instanceIdPrefix.value)
    if query.continuationToken.value:
        created, key = _numbers(query.continuationToken.value)
        _and(where, "(created, key) > (?, ?)", created, key)
    page = pb.QueryInstancesResponse()
    most = _rows(query.maxInstanceCount)
    last = None
    for instance in _instances(unit, where, "created, key", most + 1):
        if last is not None and (len(page.orchestrationState) == most or page.ByteSize() > PAGE_BYTES):
            page.continuationToken.value = f"{last.created}:{last.key}"
            break
        page.orchestrationState.append(state_of(unit, instance, payloads=query.fetchInputsAndOutputs))
        last = instance
    return page


def list_ids(hub: TaskHub, unit: Unit, request: pb.ListInstanceIdsRequest) -> pb.ListInstanceIdsResponse:
    """A page of ids of instances that have ended, the first end first.

    Raises:
        TokenError: the continuation token is none of ours.
    """
    where: Where = (["hub = ?", "completed IS NOT NULL"], [hub.key])
    _among(where, "status", request.runtimeStatus)
    if request.HasField("completedTimeFrom"):
        _and(where, "completed >= ?", microseconds(request.completedTimeFrom))
    if request.HasField("completedTimeTo"):
        _and(where, "completed < ?", microseconds(request.completedTimeTo))
    if request.lastInstanceKey.value:
        completed, _, instance_id = request.lastInstanceKey.value.partition(":")
        if not completed.isdecimal():
            raise TokenError
        _and(where, "(completed, id) > (?, ?)", int(completed), instance_id)
    most = _rows(request.pageSize)
    found = list(_instances(unit, where, "completed, id", most + 1))
    following = None
    if len(found) > most:
        following = StringValue(value=f"{found[most - 1].completed}:{found[most - 1].id}")
    return pb.ListInstanceIdsResponse(instanceIds=[each.id for each in found[:most]], lastInstanceKey=following)


def query_entities(hub: TaskHub, unit: Unit, query: pb.EntityQuery) -> pb.QueryEntitiesResponse:
    """A page of entities by id. Those without a state are shown on demand."""
    where: Where = (["hub = ?"], [hub.key])
    if query.HasField("instanceIdStartsWith"):
        _prefix(where, "id", query.instanceIdStartsWith.value)
    if query.HasField("lastModifiedFrom"):
        _and(where, "modified >= ?", microseconds(query.lastModifiedFrom))
    if query.HasField("lastModifiedTo"):
        _and(where, "modified < ?", microseconds(query.lastModifiedTo))
    if not query.includeTransient:
        _and(where, "state IS NOT NULL")
    if query.continuationToken.value:
        _and(where, "id > ?", query.continuationToken.value)
    page = pb.QueryEntitiesResponse()
    most = _rows(query.pageSize.value)
    sql = f"SELECT * FROM entities WHERE {' AND '.join(where[0])} ORDER BY id LIMIT ?"  # noqa: S608 - constants
    for row in unit.db.execute(sql, (*where[1], most + 1)).fetchall():
        if page.entities and (len(page.entities) == most or page.ByteSize() > PAGE_BYTES):
            page.continuationToken.value = page.entities[-1].instanceId
            break
        page.entities.append(entities.metadata(unit, Entity(*row), with_state=query.includeState))
    return page


def matching(hub: TaskHub, query: pb.InstanceQuery | pb.PurgeInstanceFilter) -> Where:
    """The condition that queries and purges have in common."""
    where: Where = (["hub = ?"], [hub.key])
    _among(where, "status", query.runtimeStatus)
    if query.HasField("createdTimeFrom"):
        _and(where, "created >= ?", microseconds(query.createdTimeFrom))
    if query.HasField("createdTimeTo"):
        _and(where, "created < ?", microseconds(query.createdTimeTo))
    return where


def ended(hub: TaskHub, unit: Unit, chosen: pb.PurgeInstanceFilter) -> list[Instance]:
    """The instances that have ended, among those that a filter chooses."""
    where = matching(hub, chosen)
    _among(where, "status", ENDED)
    return _instances(unit, where, "created, key", -1)


def _instances(unit: Unit, where: Where, order: str, most: int) -> list[Instance]:
    sql = f"SELECT {COLUMNS} FROM instances WHERE {' AND '.join(where[0])} ORDER BY {order} LIMIT ?"  # noqa: S608 - constants
    return [Instance(*row) for row in unit.db.execute(sql, (*where[1], most)).fetchall()]


def _rows(wanted: int) -> int:
    return min(wanted, MOST) if wanted > 0 else PAGE


def _and(where: Where, condition: str, *values: object) -> None:
    where[0].append(condition)
    where[1].extend(values)


def _among(where: Where, column: str, values: Sequence[object]) -> None:
    if values:
        _and(where, f"{column} IN ({', '.join('?' for _ in values)})", *values)


def _prefix(where: Where, column: str, prefix: str) -> None:
    """As a comparison of characters: LIKE ignores case, and gives meaning to some of them."""
    _and(where, f"substr({column}, 1, ?) = ?", len(prefix), prefix)


def _numbers(token: str) -> tuple[int, int]:
    first, _, second = token.partition(":")
    if not (first.isdecimal() and second.isdecimal()):
        raise TokenError
    return int(first), int(second)
