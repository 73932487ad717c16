"""Databases and containers: created where a key allows it, checked everywhere."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError

from quartet.azure.cosmos.client import outages
from quartet.engine.declaration.participant import DEPLOYMENT, ContainerSpec
from quartet.engine.errors import ConfigurationError

PER_DOCUMENT: Final = -1
"""The `defaultTtl` of a container in which only documents with a `ttl` expire."""

BUCKETS_RECORD = "buckets"
"""The id of the document, in the container `deployment`, with the count of buckets."""


async def open_database(
    client: CosmosClient, database: str, containers: tuple[ContainerSpec, ...], *, buckets: int, may_create: bool
) -> DatabaseProxy:
    """A participant's database, with every container there and laid out for `buckets` buckets.

    `may_create` says that the credential is a key, which may create what is missing. An identity may not: the
    infrastructure code has done it, and a missing one is a mistake in the deployment.

    Raises:
        ConfigurationError: something is missing, or differs from the code.
        OutageError: Cosmos DB did not answer.
    """
    with outages():
        proxy = client.get_database_client(database)
        if may_create:
            # Not the SDK's "if not exists": it looks first and fails if a replica creates it in between.
            with suppress(CosmosResourceExistsError):
                await client.create_database(database)
        for spec in containers:
            await _open_container(proxy, database, spec, may_create=may_create)
        await _check_buckets(proxy, database, buckets)
    return proxy


async def _open_container(proxy: DatabaseProxy, database: str, spec: ContainerSpec, *, may_create: bool) -> None:
    try:
        properties = await proxy.get_container_client(spec.name).read()
    except CosmosResourceNotFoundError as error:
        if not may_create:
            raise ConfigurationError(
                f"the container {database}/{spec.name} is missing in Cosmos DB: deploy the infrastructure first"
            ) from error
        with suppress(CosmosResourceExistsError):
            await proxy.create_container(
                spec.name,
                PartitionKey(path=spec.partition_key),
                indexing_policy=_indexing(spec, {}),
                default_ttl=PER_DOCUMENT,
            )
        properties = await proxy.get_container_client(spec.name).read()
    paths = properties["partitionKey"]["paths"]
    if paths != [spec.partition_key]:
        raise ConfigurationError(
            f"the container {database}/{spec.name} is partitioned by {', '.join(paths)}, not by {spec.partition_key}: "
            "it belongs to something else, or to another version"
        )
    if may_create and ((spec.expires and not lets_expire(properties)) or not sorts(spec, properties)):
        await _bring_up_to_date(proxy, spec, properties)


def lets_expire(properties: Mapping[str, Any]) -> bool:
    """Whether documents of a container with a `ttl` expire. Cosmos DB ignores the field if there is no default."""
    return properties.get("defaultTtl") is not None


def sorts(spec: ContainerSpec, properties: Mapping[str, Any]) -> bool:
    """Whether a container has the composite index that its queries need."""
    composites = properties.get("indexingPolicy", {}).get("compositeIndexes", [])
    found = [
        tuple(entry["path"] for entry in composite) for composite in composites if len({*map(_order, composite)}) == 1
    ]
    return not spec.sorted_by or spec.sorted_by in found


def _order(entry: Mapping[str, Any]) -> str:
    return str(entry.get("order", "ascending"))


def _indexing(spec: ContainerSpec, policy: Mapping[str, Any]) -> dict[str, Any] | None:
    """An indexing policy with what a container's queries need; None for that of Cosmos DB itself."""
    if not spec.sorted_by:
        return dict(policy) or None
    composite = [{"path": path, "order": "descending"} for path in spec.sorted_by]
    return {**policy, "compositeIndexes": [*policy.get("compositeIndexes", []), composite]}


async def _bring_up_to_date(proxy: DatabaseProxy, spec: ContainerSpec, properties: Mapping[str, Any]) -> None:
    """Change a container that an earlier release created. The rest of its definition stays."""
    policy, ttl = properties.get("indexingPolicy"), properties.get("defaultTtl")
    await proxy.replace_container(
        properties["id"],
        properties["partitionKey"],
        indexing_policy=policy if sorts(spec, properties) else _indexing(spec, policy or {}),
        conflict_resolution_policy=properties.get("conflictResolutionPolicy"),
        default_ttl=PER_DOCUMENT if ttl is None else ttl,
    )


async def _check_buckets(proxy: DatabaseProxy, database: str, buckets: int) -> None:
    """Every document's partition key depends on the bucket count: with another one, no saga would be found."""
    container = proxy.get_container_client(DEPLOYMENT.name)
    try:
        recorded = (await container.read_item(BUCKETS_RECORD, partition_key=BUCKETS_RECORD))["count"]
    except CosmosResourceNotFoundError:
        try:
            recorded = (await container.create_item({"id": BUCKETS_RECORD, "count": buckets}))["count"]
        except CosmosResourceExistsError:  # another replica was first
            recorded = (await container.read_item(BUCKETS_RECORD, partition_key=BUCKETS_RECORD))["count"]
    if recorded != buckets:
        raise ConfigurationError(
            f"the database {database} was laid out with {recorded} buckets, and BUCKETS is {buckets}: "
            f"set BUCKETS={recorded}"
        )
