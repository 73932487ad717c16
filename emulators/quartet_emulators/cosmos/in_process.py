"""An account in this process: the emulator's rules without its wire and its disk. A simulation uses it as a server."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeAlias, cast

from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.exchange import Call
from quartet_emulators.cosmos.partitions.keys import text_of_value
from quartet_emulators.cosmos.reading.pages import query_page
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.storage.item import Item
from quartet_emulators.cosmos.storage.memory_items import MemoryItems
from quartet_emulators.cosmos.writing import documents
from quartet_emulators.cosmos.writing.batch import run_batch, run_operation
from quartet_emulators.cosmos.writing.transaction import Transaction

Document: TypeAlias = dict[str, Any]
Operation: TypeAlias = dict[str, Any]
"""One operation as it goes over the wire: `operationType`, `id`, `resourceBody`, `ifMatch`, `ifNoneMatch`."""


class InProcessAccount:
    """Databases and containers in memory. `clock` gives the time in seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._containers = 0

    def create_container(self, database: str, name: str, partition_key: str) -> "InProcessContainer":
        """A new container with this path as its partition key, in which documents with a `ttl` expire."""
        self._containers += 1
        number = self._containers
        properties: dict[str, Any] = {"id": name, "partitionKey": {"paths": [partition_key], "kind": "Hash"}}
        properties["defaultTtl"] = -1
        container = Container(number, number.to_bytes(8, "big"), database, properties, MemoryItems())
        return InProcessContainer(container, self._clock)

    def refusal_of(self, error: Exception) -> tuple[int, str] | None:
        """The status and the message of a request that was refused; None if the error is something else."""
        return (int(error.status), error.message) if isinstance(error, CosmosError) else None


class InProcessContainer:
    """One container.

    Every change has a version. What is read can be read as it was at an earlier version, as a replica that lags would
    show it. A document that was deleted is shown again at an earlier version, and remains in later ones.
    """

    def __init__(self, container: Container, clock: Callable[[], float]) -> None:
        self._container = container
        self._clock = clock
        self._versions: list[Item] = []

    @property
    def partition_key(self) -> str:
        """The name of the field with the partition key."""
        return self._container.partition_key.paths[0][0]

    @property
    def version(self) -> int:
        """The version of the last change; 0 if there was none."""
        return self._container.lsn

    def documents(self) -> list[Document]:
        """Every document."""
        return [_document(item) for item in self._container.scan(self._clock())]

    def run(self, key: str, operations: Sequence[Operation]) -> tuple[list[Document], list[Document] | None]:
        """Run a transactional batch.

        Returns:
            The result of each operation, without its document; and the documents that were written, or None if an
            operation was refused and so all of them.

        Raises:
            CosmosError: the batch as a whole is not acceptable.
        """
        tx = self._transaction(key)
        result = run_batch(tx, [_copy(operation) for operation in operations], minimal=True)
        results: list[Document] = json.loads(result.body)
        return results, self._commit(tx) if result.succeeded else None

    def write(self, key: str, operation: Operation) -> Document:
        """Run one operation, and return the document that it leaves; an empty one if that is none.

        Raises:
            CosmosError: it is refused.
        """
        tx = self._transaction(key)
        outcome = run_operation(tx, _copy(operation))
        self._commit(tx)
        return {} if outcome.item is None else _document(outcome.item)

    def read(self, key: str, item_id: str, version: int) -> Document:
        """One document.

        Raises:
            CosmosError: 404 if there is none.
        """
        item = documents.existing(Transaction(self._at(version), text_of_value(key), self._clock()), item_id)
        return _document(item)

    def find(self, items: Iterable[tuple[str, str]], version: int) -> list[Document]:
        """Those that exist of some documents, each named by its id and its partition key."""
        view, now = self._at(version), self._clock()
        found = (view.find(text_of_value(key), item_id, now) for item_id, key in items)
        return [_document(item) for item in found if item is not None]

    def query(
        self,
        text: str,
        parameters: Sequence[Mapping[str, Any]],
        *,
        key: str | None,
        page: int,
        token: str | None,
        version: int,
    ) -> tuple[list[Document], str | None]:
        """One page of a query: its rows, and the token of the next page if there is one.

        Raises:
            CosmosError: the query or the token is not acceptable.
        """
        allowed = {"x-ms-documentdb-query-enablecrosspartition": "true"}
        headers = {"x-ms-max-item-count": str(page), **allowed} | ({"x-ms-continuation": token} if token else {})
        call = Call("POST", [], headers, json.dumps({"query": text, "parameters": list(parameters)}).encode())
        partition = None if key is None else text_of_value(key)
        answer = query_page(self._at(version), call, partition, self._clock())
        return json.loads(answer.body)["Documents"], answer.headers.get("x-ms-continuation")

    def _transaction(self, key: str) -> Transaction:
        return Transaction(self._container, text_of_value(key), self._clock())

    def _commit(self, tx: Transaction) -> list[Document]:
        tx.commit()
        written = tx.written
        self._versions += written
        return [_document(item) for item in written]

    def _at(self, version: int) -> Container:
        if version >= self._container.lsn:
            return self._container
        newest = {(item.partition, item.id): item for item in self._versions if item.lsn <= version}
        return self._container.seen_through(MemoryItems(sorted(newest.values(), key=attrgetter("place"))))


def _document(item: Item) -> Document:
    return cast(Document, json.loads(item.body))


def _copy(operation: Operation) -> Operation:
    """The server gets bytes over the wire, and not the objects of its client."""
    body = operation.get("resourceBody")
    return {**operation, "resourceBody": dict(body)} if body is not None else dict(operation)
