"""Cosmos DB in memory: the emulator's own rules without its wire and its disk, behind what the SDK's clients look like.

Whether it agrees with the emulator behind the real SDK is for `test_cosmos_agrees` to say.
"""

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar, cast

from azure.core.exceptions import AzureError
from azure.cosmos._base import _format_batch_operations
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)
from quartet_emulators.cosmos import documents
from quartet_emulators.cosmos.batch import run_batch
from quartet_emulators.cosmos.container import Container, Item
from quartet_emulators.cosmos.documents import ALWAYS, Conditions, Outcome
from quartet_emulators.cosmos.errors import CosmosError, bad_request, too_large
from quartet_emulators.cosmos.exchange import Call
from quartet_emulators.cosmos.pages import query_page
from quartet_emulators.cosmos.partition_keys import text_of_value
from quartet_emulators.cosmos.storage import Storage
from quartet_emulators.cosmos.transaction import Transaction

from quartet.engine.declaration.participant import DEPLOYMENT, Participant
from tests.simulation.faults import ADMIN, COSMOS
from tests.simulation.network import Network
from tests.simulation.process import Process
from tests.simulation.scale import Scale
from tests.simulation.views import Views

R = TypeVar("R")
Document: TypeAlias = dict[str, Any]
Written: TypeAlias = Callable[[str, str, Document, str], None]
"""Told of every write, when it is done: database, container, document, and the process that has asked for it."""


class _NoDisk:
    """Where the emulator would write to disk, memory is enough."""

    def write(self, rows: object) -> None:
        """Forget them."""

    def write_and_delete(self, *what: object) -> None:
        """Forget them."""


_NO_DISK = cast(Storage, _NoDisk())


class MemoryCosmos:
    """One account with the databases of all participants. It takes as little at once as `scale` says."""

    def __init__(
        self,
        participants: Collection[Participant[Any, Any]],
        clock: Callable[[], float],
        written: Written,
        scale: Scale,
    ) -> None:
        self.clock = clock
        self.scale = scale
        self.views = Views(clock)
        self.written = written
        self._containers: dict[tuple[str, str], Container] = {}
        for participant in participants:
            for spec in participant.all_containers:
                key = len(self._containers) + 1
                properties = {"id": spec.name, "partitionKey": {"paths": [spec.partition_key], "kind": "Hash"}}
                self._containers[participant.database, spec.name] = Container(
                    key, key.to_bytes(8, "big"), participant.database, properties
                )

    def container(self, database: str, name: str) -> Container:
        """The container itself."""
        return self._containers[database, name]

    def documents(self, database: str, name: str) -> list[Document]:
        """All that is in a container."""
        return [_document(item) for item in self.container(database, name).scan(self.clock())]

    def commit(self, tx: Transaction, by: str) -> None:
        """Make the writes of a transaction of this process true, and tell of them."""
        new = list(tx._written.values())  # noqa: SLF001 -- it has no public name
        tx.commit(_NO_DISK)
        self.views.changed(tx.container)
        for item in new:
            self.written(tx.container.database, tx.container.name, _document(item), by)

    def fill(self, database: str, name: str, document: Document) -> None:
        """Put a document there, as if it had always been there."""
        container = self.container(database, name)
        key = document[container.partition_key.paths[0][0]]
        tx = Transaction(container, text_of_value(key), self.clock())
        documents.create(tx, document)
        tx.commit(_NO_DISK)
        self.views.changed(container)

    def rewrite(self, database: str, name: str, item_id: str, changes: Mapping[str, object]) -> None:
        """Somebody from outside, another release perhaps, changes fields of a document."""
        container = self.container(database, name)
        item = next(item for item in self.documents(database, name) if item["id"] == item_id)
        tx = Transaction(container, text_of_value(item[container.partition_key.paths[0][0]]), self.clock())
        found = tx.find(item_id)
        if found is None:
            raise AssertionError("it was found a moment ago")
        tx.write(item_id, {**_document(found), **changes}, found)
        tx.commit(_NO_DISK)
        self.views.changed(container)

    def touch(self, container: Container, key: str, ids: Collection[str]) -> None:
        """Another writer writes these documents as they are: their ETags are new."""
        tx = Transaction(container, text_of_value(key), self.clock())
        for item_id in ids:
            item = tx.find(item_id)
            if item is not None:
                tx.write(item_id, _document(item), item)
        tx.commit(_NO_DISK)
        self.views.changed(container)


class MemoryDatabase:
    """What the SDK's `DatabaseProxy` looks like to a service."""

    def __init__(self, cosmos: MemoryCosmos, network: Network, process: Process, name: str) -> None:
        self._cosmos = cosmos
        self._network = network
        self._process = process
        self._name = name

    def get_container_client(self, container: str) -> "MemoryContainer":
        """As in the SDK."""
        return MemoryContainer(self._cosmos, self._network, self._process, self._name, container)


class MemoryContainer:
    """What the SDK's `ContainerProxy` looks like: the calls that are used, with the exceptions that the SDK raises."""

    def __init__(self, cosmos: MemoryCosmos, network: Network, process: Process, database: str, name: str) -> None:
        self._cosmos = cosmos
        self._network = network
        self._process = process
        self._by = f"{process.name}/{process.life}"
        self._container = cosmos.container(database, name)
        self._path = f"{database}/{name}"
        self._kind = ADMIN if name == DEPLOYMENT.name else COSMOS
        self._key_name = self._container.partition_key.paths[0][0]

    async def execute_item_batch(self, batch_operations: Sequence[Any], partition_key: str) -> list[Document]:
        """As in the SDK, which takes the conditions out of the tuples that it is given. Results have no bodies."""
        operations = _format_batch_operations(batch_operations)
        ids = [op.get("id") or op["resourceBody"]["id"] for op in operations]

        def apply() -> list[Document]:
            self._check_size(operations)
            tx = self._transaction(partition_key)
            result = run_batch(tx, [_copy(operation) for operation in operations], minimal=True)
            responses: list[Document] = json.loads(result.body)
            if not result.succeeded:
                raise _batch_error(responses)
            self._cosmos.commit(tx, self._by)
            self._cosmos.views.wrote(self._process, self._container)
            return responses

        what = f"{self._path} [{partition_key}] " + ", ".join(
            f"{operation['operationType'].lower()} {item_id}"
            for operation, item_id in zip(operations, ids, strict=True)
        )
        touch = lambda: self._cosmos.touch(self._container, partition_key, ids)  # noqa: E731 -- short, and used once
        return await self._request(what, apply, touch)

    async def read_item(self, item: str, partition_key: str) -> Document:
        """As in the SDK."""

        def apply() -> Document:
            tx = Transaction(self._view(), text_of_value(partition_key), self._cosmos.clock())
            outcome = documents.read(tx, item)
            return {} if outcome.item is None else _document(outcome.item)

        return await self._request(f"{self._path} [{partition_key}] read {item}", apply)

    async def create_item(self, body: Document) -> Document:
        """As in the SDK."""
        return await self._write("create", body, lambda tx: documents.create(tx, dict(body)))

    async def upsert_item(self, body: Document) -> Document:
        """As in the SDK."""
        return await self._write("upsert", body, lambda tx: documents.upsert(tx, dict(body)))

    async def replace_item(
        self, item: str, body: Document, *, etag: str | None = None, match_condition: object = None
    ) -> Document:
        """As in the SDK."""
        when = Conditions(if_match=etag) if match_condition is not None else ALWAYS
        return await self._write("replace", body, lambda tx: documents.replace(tx, item, dict(body), when))

    async def delete_item(
        self, item: str, partition_key: str, *, etag: str | None = None, match_condition: object = None
    ) -> None:
        """As in the SDK."""
        when = Conditions(if_match=etag) if match_condition is not None else ALWAYS
        await self._single(partition_key, f"delete {item}", lambda tx: documents.delete(tx, item, when))

    async def read_items(self, items: Sequence[tuple[str, str]], **_options: object) -> list[Document]:
        """As in the SDK: those that there are."""

        def apply() -> list[Document]:
            now, view = self._cosmos.clock(), self._view()
            found = (view.find(text_of_value(key), item_id, now) for item_id, key in items)
            return [_document(item) for item in found if item is not None]

        return await self._request(f"{self._path} read {', '.join(item for item, _ in items)}", apply)

    async def query_items(
        self,
        query: str,
        *,
        parameters: Sequence[Mapping[str, Any]] = (),
        partition_key: str | None = None,
        **_options: object,
    ) -> AsyncIterator[Document]:
        """As in the SDK, page by page, each a request."""
        body = json.dumps({"query": query, "parameters": list(parameters)}).encode()
        partition = None if partition_key is None else text_of_value(partition_key)
        token: str | None = None
        while True:
            size = {"x-ms-max-item-count": str(self._cosmos.scale.page)}
            headers = size | ({"x-ms-continuation": token} if token else {})
            call = Call("POST", [], headers, body)

            def apply(call: Call = call) -> tuple[list[Document], str | None]:
                answer = query_page(self._view(), call, partition, self._cosmos.clock())
                return json.loads(answer.body)["Documents"], answer.headers.get("x-ms-continuation")

            rows, token = await self._request(f"{self._path} query", apply)
            for row in rows:
                yield row
            if not token:
                return

    async def _write(self, verb: str, body: Document, act: Callable[[Transaction], Outcome]) -> Document:
        return await self._single(body[self._key_name], f"{verb} {body['id']}", act)

    async def _single(self, key: str, what: str, act: Callable[[Transaction], Outcome]) -> Document:
        def apply() -> Document:
            tx = self._transaction(key)
            outcome = act(tx)
            self._cosmos.commit(tx, self._by)
            self._cosmos.views.wrote(self._process, self._container)
            return {} if outcome.item is None else _document(outcome.item)

        return await self._request(f"{self._path} [{key}] {what}", apply)

    def _view(self) -> Container:
        """What this process sees of the container."""
        return self._cosmos.views.seen_by(self._process, self._container)

    def _check_size(self, operations: Sequence[Document]) -> None:
        """What a server with larger limits would do with as many times more. One document always fits."""
        scale = self._cosmos.scale
        if len(operations) > scale.operations:
            raise bad_request(f"Batch request has more operations than what is supported: {len(operations)}")
        if len(operations) > 1 and len(json.dumps(operations)) > scale.size:
            raise too_large("Request size is too large")

    def _transaction(self, key: str) -> Transaction:
        return Transaction(self._container, text_of_value(key), self._cosmos.clock())

    async def _request(self, what: str, apply: Callable[[], R], disturb: Callable[[], None] | None = None) -> R:
        def translated() -> R:
            try:
                return apply()
            except CosmosError as error:
                raise _sdk_error(error) from error

        try:
            return await self._network.request(self._process, COSMOS, what, translated, disturb, kind=self._kind)
        except AzureError as error:
            if self._network.trace.keep:
                self._network.trace(self._process.name, f"-- {what}: {_status(error)}")
            raise


def _document(item: Item) -> Document:
    return cast(Document, json.loads(item.body))


def _copy(operation: Document) -> Document:
    """The server gets bytes, not the client's objects."""
    body = operation.get("resourceBody")
    return {**operation, "resourceBody": dict(body)} if body is not None else dict(operation)


def _batch_error(responses: list[Document]) -> CosmosBatchOperationError:
    index = next(
        number for number, response in enumerate(responses) if response["statusCode"] != HTTPStatus.FAILED_DEPENDENCY
    )
    return CosmosBatchOperationError(  # type: ignore[no-untyped-call] # the SDK's
        error_index=index,
        headers={},
        status_code=responses[index]["statusCode"],
        message=f"There was an error in the transactional batch on index {index}.",
        operation_responses=responses,
    )


_TYPES: dict[int, type[CosmosHttpResponseError]] = {
    HTTPStatus.NOT_FOUND: CosmosResourceNotFoundError,
    HTTPStatus.CONFLICT: CosmosResourceExistsError,
    HTTPStatus.PRECONDITION_FAILED: CosmosAccessConditionFailedError,
}


def _sdk_error(error: CosmosError) -> CosmosHttpResponseError:
    kind = _TYPES.get(error.status, CosmosHttpResponseError)
    return kind(status_code=int(error.status), message=error.message)


def _status(error: AzureError) -> str:
    status = getattr(error, "status_code", None)
    return f"status {status}" if status else type(error).__name__
