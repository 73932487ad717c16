"""What the SDK's Cosmos DB clients look like to a service: the calls that are used, with the exceptions of the SDK."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from azure.core.exceptions import AzureError
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from quartet.azure.sdk_internals.calls import operations_of
from quartet.engine.declaration.participant import DEPLOYMENT
from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.plan.faults import ADMIN, COSMOS
from quartet.testing.cluster.servers.account import Document
from quartet.testing.cluster.servers.cosmos import MemoryCosmos

R = TypeVar("R")


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
    """What the SDK's `ContainerProxy` looks like."""

    def __init__(self, cosmos: MemoryCosmos, network: Network, process: Process, database: str, name: str) -> None:
        self._cosmos = cosmos
        self._network = network
        self._process = process
        self._container = cosmos.container(database, name)
        self._content = self._container.content
        self._path = f"{database}/{name}"
        self._kind = ADMIN if name == DEPLOYMENT.name else COSMOS

    async def execute_item_batch(self, batch_operations: Sequence[Any], partition_key: str) -> list[Document]:
        """As in the SDK, which takes the conditions out of the tuples that it is given. Results have no bodies."""
        operations = operations_of(batch_operations)
        ids = [op.get("id") or op["resourceBody"]["id"] for op in operations]

        def apply() -> list[Document]:
            self._cosmos.check_size(operations)
            responses, is_done = self._container.run(self._process, partition_key, operations)
            if not is_done:
                raise _batch_error(responses)
            return responses

        def touch() -> None:
            """Another writer writes these documents as they are."""
            found = self._content.find([(item_id, partition_key) for item_id in ids], self._content.version)
            self._container.overwrite(partition_key, found)

        what = f"{self._path} [{partition_key}] " + ", ".join(
            f"{operation['operationType'].lower()} {item_id}"
            for operation, item_id in zip(operations, ids, strict=True)
        )
        return await self._request(what, apply, touch)

    async def read_item(self, item: str, partition_key: str) -> Document:
        """As in the SDK."""
        return await self._request(
            f"{self._path} [{partition_key}] read {item}",
            lambda: self._content.read(partition_key, item, self._container.seen_by(self._process)),
        )

    async def create_item(self, body: Document) -> Document:
        """As in the SDK."""
        return await self._write(body[self._content.partition_key], "create", body["id"], body)

    async def upsert_item(self, body: Document) -> Document:
        """As in the SDK."""
        return await self._write(body[self._content.partition_key], "upsert", body["id"], body)

    async def replace_item(
        self, item: str, body: Document, *, etag: str | None = None, match_condition: object = None
    ) -> Document:
        """As in the SDK."""
        when = etag if match_condition is not None else None
        return await self._write(body[self._content.partition_key], "replace", item, body, when)

    async def delete_item(
        self, item: str, partition_key: str, *, etag: str | None = None, match_condition: object = None
    ) -> None:
        """As in the SDK."""
        await self._write(partition_key, "delete", item, None, etag if match_condition is not None else None)

    async def read_items(self, items: Sequence[tuple[str, str]], **_options: object) -> list[Document]:
        """As in the SDK: those that exist."""
        return await self._request(
            f"{self._path} read {', '.join(item for item, _ in items)}",
            lambda: self._content.find(items, self._container.seen_by(self._process)),
        )

    async def read_all_items(self, **_options: object) -> AsyncIterator[Document]:
        """As in the SDK, page by page."""
        async for row in self.query_items("SELECT * FROM c"):
            yield row

    async def query_items(
        self,
        query: str,
        *,
        parameters: Sequence[Mapping[str, Any]] = (),
        partition_key: str | None = None,
        **_options: object,
    ) -> AsyncIterator[Document]:
        """As in the SDK, page by page, each a request."""
        token: str | None = None
        while True:

            def apply(token: str | None = token) -> tuple[list[Document], str | None]:
                version, page = self._container.seen_by(self._process), self._cosmos.scale.page
                return self._content.query(
                    query, parameters, key=partition_key, page=page, token=token, version=version
                )

            rows, token = await self._request(f"{self._path} query", apply)
            for row in rows:
                yield row
            if not token:
                return

    async def _write(
        self, key: str, verb: str, item_id: str, body: Document | None, etag: str | None = None
    ) -> Document:
        operation: Document = {"operationType": verb, "id": item_id}
        if body is not None:
            operation["resourceBody"] = body
        if etag is not None:
            operation["ifMatch"] = etag
        return await self._request(
            f"{self._path} [{key}] {verb} {item_id}", lambda: self._container.write(self._process, key, operation)
        )

    async def _request(self, what: str, apply: Callable[[], R], disturb: Callable[[], None] | None = None) -> R:
        def translated() -> R:
            try:
                return apply()
            except Exception as error:
                refusal = self._cosmos.account.refusal_of(error)
                if refusal is None:
                    raise
                raise _sdk_error(*refusal) from error

        try:
            return await self._network.request(self._process, COSMOS, what, translated, disturb, kind=self._kind)
        except AzureError as error:
            if self._network.trace.keep:
                self._network.trace(self._process.name, f"-- {what}: {_status(error)}")
            raise


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


def _sdk_error(status: int, message: str) -> CosmosHttpResponseError:
    return _TYPES.get(status, CosmosHttpResponseError)(status_code=status, message=message)


def _status(error: AzureError) -> str:
    status = getattr(error, "status_code", None)
    return f"status {status}" if status else type(error).__name__
