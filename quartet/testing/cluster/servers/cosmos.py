"""Cosmos DB in memory: the databases of all participants, what each process sees of them, and who observes writes."""

import json
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

from azure.cosmos.exceptions import CosmosHttpResponseError

from quartet.engine.declaration.participant import Participant
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.plan.scale import LARGE, Scale
from quartet.testing.cluster.servers.account import AccountContainer, Document, MakeAccount
from quartet.testing.cluster.servers.views import Views

Written: TypeAlias = Callable[[str, str, Document, str], None]
"""Told of every write, when it is done: database, container, document, and the process that has asked for it."""


class StoredContainer:
    """One container on the server."""

    def __init__(self, cosmos: "MemoryCosmos", content: AccountContainer, database: str, name: str) -> None:
        self.content = content
        self.database = database
        self.name = name
        self.path = f"{database}/{name}"
        self._cosmos = cosmos

    def run(self, process: Process, key: str, operations: list[Document]) -> tuple[list[Document], bool]:
        """Run a batch for a process: the result of each operation, and whether all succeeded."""
        results, written = self.content.run(key, operations)
        if written is not None:
            self._committed(process, written)
        return results, written is not None

    def write(self, process: Process, key: str, operation: Document) -> Document:
        """Run one operation for a process."""
        document = self.content.write(key, operation)
        self._committed(process, [document] if document else [])
        return document

    def overwrite(self, key: str, documents: Collection[Document]) -> None:
        """Write documents as another writer does, whom no one observes: their ETags are new."""
        if documents:
            replaced = [{"operationType": "Replace", "id": one["id"], "resourceBody": one} for one in documents]
            self.content.run(key, replaced)
            self.changed()

    def seen_by(self, process: Process) -> int:
        """The version that a process sees."""
        return self._cosmos.views.seen_by(process, self.path, self.content.version)

    def changed(self) -> None:
        """Note the time of a new version."""
        self._cosmos.views.changed(self.path, self.content.version)

    def _committed(self, process: Process, written: Collection[Document]) -> None:
        self.changed()
        for document in written:
            self._cosmos.written(self.database, self.name, document, f"{process.name}/{process.life}")
        self._cosmos.views.wrote(process, self.path, self.content.version)


class MemoryCosmos:
    """One account. It takes as little in a batch and gives as few rows in a page as `scale` says.

    Attributes:
        clock: the time of the server, in seconds since 1970.
        views: what each process sees.
        written: told of every write of a process.
    """

    def __init__(
        self,
        participants: Collection[Participant[Any, Any]],
        account: MakeAccount,
        clock: Callable[[], float],
        written: Written,
        scale: Scale = LARGE,
    ) -> None:
        self.account = account(clock)
        self.clock = clock
        self.scale = scale
        self.views = Views(clock)
        self.written = written
        self._containers = {
            (participant.database, spec.name): StoredContainer(
                self,
                self.account.create_container(participant.database, spec.name, spec.partition_key),
                participant.database,
                spec.name,
            )
            for participant in participants
            for spec in participant.all_containers
        }

    def check_size(self, operations: Collection[Document]) -> None:
        """Refuse a batch as a server with larger limits refuses a larger one. One document always fits.

        Raises:
            CosmosHttpResponseError: it has too many operations, or too many bytes.
        """
        if len(operations) > self.scale.operations:
            raise _refused(HTTPStatus.BAD_REQUEST, f"Batch request has {len(operations)} operations: too many")
        if len(operations) > 1 and len(json.dumps(operations)) > self.scale.size:
            raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request size is too large")

    def container(self, database: str, name: str) -> StoredContainer:
        """One of its containers.

        Raises:
            KeyError: no participant has it.
        """
        return self._containers[database, name]

    def documents(self, database: str, name: str) -> list[Document]:
        """Every document of a container."""
        return self.container(database, name).content.documents()

    def fill(self, database: str, name: str, document: Document) -> None:
        """Put a document there, as if it had always been there. It is not observed."""
        container = self.container(database, name)
        key = document[container.content.partition_key]
        container.content.write(key, {"operationType": "Create", "id": document["id"], "resourceBody": document})
        container.changed()

    def rewrite(self, database: str, name: str, item_id: str, changes: Mapping[str, object]) -> None:
        """Change fields of a document from outside, as another release does. It is not observed.

        Raises:
            StopIteration: there is no such document.
        """
        container = self.container(database, name)
        document = next(one for one in self.documents(database, name) if one["id"] == item_id)
        container.overwrite(document[container.content.partition_key], [{**document, **changes}])


def _refused(status: HTTPStatus, message: str) -> CosmosHttpResponseError:
    return CosmosHttpResponseError(status_code=int(status), message=message)  # type: ignore[no-untyped-call]  # the SDK's
