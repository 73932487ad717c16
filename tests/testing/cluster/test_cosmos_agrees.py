"""Cosmos DB in memory does what the emulator does behind the real SDK: the same answers, the same errors."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError
from quartet_emulators.cosmos.in_process import InProcessAccount

from quartet.testing.cluster.clients.container import MemoryDatabase
from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.machine.trace import Trace
from quartet.testing.cluster.plan.faults import Faults
from quartet.testing.cluster.servers.cosmos import MemoryCosmos
from services.operations.participants import PARTICIPANTS
from tests.cosmos_fixture import running_cosmos

Call = Callable[[], Awaitable[Any]]
LAMP = {"id": "lamp", "product_id": "lamp", "available_quantity": 3, "reserved_quantity": 0}


def in_memory() -> ContainerProxy:
    network = Network(Faults(()), Trace(keep=False))
    cosmos = MemoryCosmos(PARTICIPANTS, InProcessAccount, lambda: 1000.0, lambda *_written: None)
    database = MemoryDatabase(cosmos, network, Process("inventory-1"), "inventory")
    return cast(ContainerProxy, database.get_container_client("items"))


async def told(call: Call) -> object:
    """The answer without what the server adds to documents, or the error."""
    try:
        return plain(await call())
    except CosmosBatchOperationError as error:
        return type(error).__name__, error.status_code, error.error_index
    except HttpResponseError as error:
        return type(error).__name__, error.status_code


def plain(answer: Any) -> object:  # noqa: ANN401 -- whatever it is
    if isinstance(answer, list):
        return [plain(one) for one in answer]
    if isinstance(answer, dict) and "statusCode" in answer:
        return answer["statusCode"], "eTag" in answer
    if isinstance(answer, dict):
        return {name: value for name, value in answer.items() if not name.startswith("_")}
    return answer


async def all_of(container: ContainerProxy, query: str, **options: Any) -> list[Any]:  # noqa: ANN401 -- the SDK's
    return [row async for row in container.query_items(query, **options)]


async def exercise(items: ContainerProxy) -> list[object]:
    """Everything that the adapters ask of a container, and every way in which it is refused."""

    def batch(*operations: tuple[str, tuple[Any, ...], dict[str, Any]]) -> Call:
        return lambda: items.execute_item_batch(list(operations), partition_key="lamp")

    def claim(state: str, **more: object) -> dict[str, object]:
        return {"id": "claim:o-1", "product_id": "lamp", "state": state, **more}

    take = [{"op": "incr", "path": "/available_quantity", "value": -2}]
    enough = {"filter_predicate": "FROM c WHERE c.available_quantity >= 2"}
    answers = [
        await told(lambda: items.create_item(LAMP)),
        await told(lambda: items.create_item(LAMP)),
        await told(batch(("create", (claim("held"),), {}), ("patch", ("lamp", take), enough))),
        await told(batch(("create", (claim("held"),), {}), ("patch", ("lamp", take), enough))),
        await told(batch(("upsert", ({**LAMP, "id": "x"},), {}), ("patch", ("lamp", take), enough))),
        await told(lambda: items.read_item("x", "lamp")),
        await told(batch(("patch", ("nobody", take), {}))),
        await told(batch(("replace", ("nobody", claim("held", id="nobody")), {}))),
        await told(batch(("replace", ("claim:o-1", claim("released")), {"if_match_etag": '"of long ago"'}))),
        await told(lambda: items.read_item("claim:o-1", "lamp")),
        await told(lambda: items.read_item("claim:o-1", "teacup")),
    ]
    etag = (await items.read_item("claim:o-1", "lamp"))["_etag"]
    ids = [{"name": "@ids", "value": ["lamp", "claim:o-1", "nobody"]}]
    wanted = "SELECT * FROM c WHERE ARRAY_CONTAINS(@ids, c.id)"
    return [
        *answers,
        await told(batch(("replace", ("claim:o-1", claim("released")), {"if_match_etag": etag}))),
        await told(batch(("replace", ("claim:o-1", claim("held")), {"if_match_etag": etag}))),
        await told(lambda: items.upsert_item(claim("shipped"))),
        await told(lambda: items.read_items([("claim:o-1", "lamp"), ("nobody", "lamp"), ("lamp", "lamp")])),
        await told(lambda: all_of(items, wanted, parameters=ids, partition_key="lamp")),
        await told(lambda: all_of(items, "SELECT c.id FROM c WHERE c.state = 'shipped'")),
        await told(lambda: all_of(items, "SELECT nonsense")),
        await told(lambda: items.delete_item("claim:o-1", "lamp")),
        await told(lambda: items.delete_item("claim:o-1", "lamp")),
    ]


async def test_the_same_calls_get_the_same_answers(tmp_path: Path) -> None:
    async with running_cosmos(tmp_path) as cosmos:
        expected = await exercise(await cosmos.container("items", "/product_id"))
    assert await exercise(in_memory()) == expected
    assert len({str(answer) for answer in expected}) > 10
