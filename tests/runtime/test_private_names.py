"""Private names of the SDKs stand in one package, and are still there."""

import re
from pathlib import Path

import pytest
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from quartet.azure.sdk_internals.calls import container_of, namespace_of, operations_of

LIBRARY = Path(__file__).parents[2] / "quartet"
HOME = LIBRARY / "azure" / "sdk_internals"
PRIVATE = re.compile(r"(from|import) azure[\w.]*\._|SLF001")
HUB = "Endpoint=sb://place.example/;SharedAccessKeyName=n;SharedAccessKey=a2V5;EntityPath=hub"
BLOB = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;"
# The test kit has private names of asyncio: a loop has no public way to run on another clock.
ELSEWHERE = (HOME, LIBRARY / "testing")


def uses(path: Path) -> int:
    return len(PRIVATE.findall(path.read_text(encoding="utf-8")))


def test_private_names_of_the_sdks_stand_in_one_package() -> None:
    paths = [path for path in LIBRARY.rglob("*.py") if not set(ELSEWHERE) & set(path.parents)]
    assert [path for path in paths if uses(path)] == []


def test_the_package_uses_some() -> None:
    assert sum(uses(path) for path in HOME.glob("*.py")) > 3


@pytest.mark.asyncio
async def test_the_namespace_of_a_client_is_the_one_in_its_connection_string() -> None:
    async with (
        EventHubConsumerClient.from_connection_string(HUB, "$Default") as consumer,
        EventHubProducerClient.from_connection_string(HUB) as producer,
    ):
        assert {namespace_of(consumer), namespace_of(producer)} == {"place.example"}


@pytest.mark.asyncio
async def test_a_store_has_a_client_of_its_container() -> None:
    async with BlobCheckpointStore.from_connection_string(BLOB, "checkpoints") as store:
        assert container_of(store).container_name == "checkpoints"


def test_a_batch_goes_over_the_wire_as_operations_with_their_conditions() -> None:
    batch = [("replace", ("o-1", {"id": "o-1"}), {"if_match_etag": "e"}), ("create", ({"id": "o-2"},), {})]
    assert operations_of(batch) == [
        {"operationType": "Replace", "id": "o-1", "resourceBody": {"id": "o-1"}, "ifMatch": "e"},
        {"operationType": "Create", "resourceBody": {"id": "o-2"}},
    ]
