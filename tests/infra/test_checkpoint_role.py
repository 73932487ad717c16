"""The services' role on the checkpoint container allows what the SDK's store asks for, and deletes nothing."""

import re
from pathlib import Path
from typing import Final

from azure.core.pipeline import PipelineResponse
from azure.core.rest import HttpRequest
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from quartet_emulators.blob import BlobEmulator

from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.process.startup import checkpoint_store
from tests.infra.bicep import parsed, resource
from tests.infra.scope import Scope

BLOBS: Final = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
ACTION_OF: Final = {
    ("GET", "list"): f"{BLOBS}/read",
    ("PUT", "metadata"): f"{BLOBS}/write",
    # Either of both, to create one: write alone overwrites, add alone creates.
    ("PUT", None): f"{BLOBS}/add/action",
}
"""Of a request and its `comp`: https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory"""
PLACE: Final = {"fully_qualified_namespace": "namespace", "eventhub_name": "hub", "consumer_group": "group"}

ROLE = resource("modules/checkpoint-role.bicep", "role").properties
(PERMISSIONS,) = ROLE["permissions"]
ALLOWED = set(Scope({"blobs": BLOBS}).value(PERMISSIONS["dataActions"]))


async def asked(tmp_path: Path) -> set[tuple[str, str | None]]:
    """The requests of a store that is used for everything that it can do, by method and `comp`."""
    emulator = BlobEmulator(tmp_path)
    await emulator.start()
    settings = Settings(
        event_hubs_namespace="-", blob_connection_string=emulator.connection_string, cosmos_endpoint="-"
    )
    async with Credentials() as credentials, checkpoint_store(settings, credentials, "deployment"):
        pass  # as the infrastructure does, it has made the container
    seen = set()

    def note(response: PipelineResponse[HttpRequest, object]) -> None:
        request = response.http_request
        comp = re.search(r"[?&]comp=(\w+)", request.url)
        seen.add((request.method, comp and comp[1]))

    container = settings.blob_container
    store = BlobCheckpointStore.from_connection_string(emulator.connection_string, container, raw_response_hook=note)
    async with store:
        (owned,) = await store.claim_ownership([{**PLACE, "partition_id": "0", "owner_id": "a replica"}])
        await store.claim_ownership([owned])
        for number in (1, 2):
            await store.update_checkpoint({**PLACE, "partition_id": "0", "offset": "7", "sequence_number": number})
        await store.list_ownership(**PLACE)
        await store.list_checkpoints(**PLACE)
    await emulator.stop()
    return seen


async def test_the_role_allows_what_the_store_asks_for(tmp_path: Path) -> None:
    requests = await asked(tmp_path)
    assert requests == set(ACTION_OF)
    assert {ACTION_OF[request] for request in requests} <= ALLOWED


def test_the_role_allows_nothing_else() -> None:
    """No deletes, no tags, nothing on the control plane, so no container either."""
    assert {f"{BLOBS}/read", f"{BLOBS}/write", f"{BLOBS}/add/action"} == ALLOWED
    assert PERMISSIONS["actions"] == []
    assert ROLE["type"] == "CustomRole"


def test_the_role_can_be_assigned_in_its_resource_group_only() -> None:
    (scope,) = ROLE["assignableScopes"]
    assert "'type': 'resource_group'" in str(scope)


def test_the_condition_names_every_action_that_changes_a_blob() -> None:
    """An action that the condition does not name is allowed below every prefix."""
    variables = parsed("modules/service-access.bicep")["variables"]
    condition = variables["ownCheckpointsOnly"]["value"].replace("${blobAction}", variables["blobAction"]["value"])
    assert set(re.findall(r"ActionMatches\{\\'([^']+)\\'\}", condition)) == ALLOWED - {f"{BLOBS}/read"}
