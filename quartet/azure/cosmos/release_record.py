"""Which requests of operators a service knows, recorded where the commands can see it.

A release that does not know a request would take it for an event of the saga that it cannot read, and keep it as a dead
letter that blocks the saga there.
"""

from collections.abc import Collection
from typing import Any, Final

from azure.cosmos.aio import DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from quartet.azure.cosmos.client import outages
from quartet.engine.dead_letters.requests import RedriveRequested
from quartet.engine.declaration.participant import DEPLOYMENT

RELEASE_RECORD: Final = "release"
"""The id of the document, in the container `deployment`, with the types of the requests."""

_KNOWN: Final = (RedriveRequested.type,)


async def record_release(database: DatabaseProxy) -> None:
    """Write down which requests this release knows, if that is not what is written.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    if set(await known_requests(database)) == set(_KNOWN):
        return
    with outages():
        document = {"id": RELEASE_RECORD, "requests": list(_KNOWN)}
        await database.get_container_client(DEPLOYMENT.name).upsert_item(document)


async def known_requests(database: DatabaseProxy) -> Collection[str]:
    """The types of the requests that the service knows, which was last started on this database; none if it never was.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    container = database.get_container_client(DEPLOYMENT.name)
    try:
        with outages():
            document: dict[str, Any] = await container.read_item(RELEASE_RECORD, partition_key=RELEASE_RECORD)
    except CosmosResourceNotFoundError:
        return ()
    requests = document.get("requests")
    return requests if isinstance(requests, list) else ()
