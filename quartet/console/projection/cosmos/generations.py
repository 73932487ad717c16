"""Which generation of documents counts. To forget everything is one write; what is left over is removed afterwards."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from quartet.azure.cosmos.client import CONFLICT, NOT_FOUND, in_time, outages, run_batch
from quartet.console.projection.cosmos.documents import META
from quartet.engine.errors import OutageError

VERSION: Final = 3
"""Of the documents. Those of another version are forgotten, and made again from the hub."""

_PAGE: Final = 100
_SOME: Final = 5_000
_ATTEMPTS: Final = 10


async def read_meta(container: ContainerProxy) -> Mapping[str, Any]:
    """The document about the generation; of the first one, if there is none yet."""
    try:
        async with in_time():
            return await container.read_item(META, partition_key=META)
    except CosmosResourceNotFoundError:
        return {"generation": 1, "version": VERSION, "made_at": {}}


async def begin_next(container: ContainerProxy, made_at: Mapping[str, str]) -> int:
    """Begin a generation that is read from these hubs, and return its number."""
    for _ in range(_ATTEMPTS):
        meta = await read_meta(container)
        generation = int(meta["generation"]) + 1
        document = {
            "id": META,
            "pk": META,
            "kind": META,
            "generation": generation,
            "version": VERSION,
            "made_at": dict(made_at),
        }
        etag = meta.get("_etag")
        put = ("create", (document,), {}) if etag is None else ("replace", (META, document), {"if_match_etag": etag})
        try:
            await run_batch(container, META, [put])
        except HttpResponseError as error:
            if error.status_code not in CONFLICT:
                raise
        else:
            return generation
    raise OutageError("Cosmos DB: another process forgets the projection all the time")


async def remove_before(container: ContainerProxy, generation: int) -> None:
    """Remove the documents of earlier generations. It takes a request for each hundred of them.

    Raises:
        OutageError: the store does not answer. Some of them are left.
    """
    while by_pk := await _left_over(container, generation):
        for pk, ids in by_pk.items():
            for first in range(0, len(ids), _PAGE):
                await _remove(container, pk, ids[first : first + _PAGE])


async def _left_over(container: ContainerProxy, generation: int) -> Mapping[str, list[str]]:
    query = container.query_items(
        f"SELECT TOP {_SOME} c.id, c.pk FROM c WHERE c.generation < @generation AND c.kind != @meta",  # noqa: S608 -- a constant
        parameters=[{"name": "@generation", "value": generation}, {"name": "@meta", "value": META}],
        max_item_count=1000,
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    with outages():
        async for row in query:
            found[row["pk"]].append(row["id"])
    return found


async def _remove(container: ContainerProxy, pk: str, ids: list[str]) -> None:
    try:
        await run_batch(container, pk, [("delete", (one,), {}) for one in ids])
    except HttpResponseError as error:
        if error.status_code != NOT_FOUND:
            raise
        # Some have expired, or another process has removed them: one by one.
        for one in ids:
            try:
                async with in_time():
                    await container.delete_item(one, partition_key=pk)
            except CosmosResourceNotFoundError:
                continue
