"""A checkpoint store that fails says so immediately: a replica that waits for it loses its partitions meanwhile."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from quartet_emulators.blob import BlobEmulator
from quartet_emulators.faults import Injector

from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.engine.failures.timeouts import stretched
from quartet.process.startup import checkpoint_store, create_checkpoint_container
from tests.emulators.faults.rules import switch_on


@pytest.mark.parametrize("fault", ["unavailable", "timeout"])
async def test_a_failure_is_reported_well_within_the_life_of_an_ownership(tmp_path: Path, fault: str) -> None:
    faults = Injector("blob")
    emulator = BlobEmulator(tmp_path, faults=faults)
    await emulator.start()
    settings = Settings(
        event_hubs_namespace="-", blob_connection_string=emulator.connection_string, cosmos_endpoint="-"
    )
    async with Credentials() as credentials, checkpoint_store(settings, credentials, "tests") as store:
        switch_on(faults, fault, first=1)
        async with asyncio.timeout(stretched(settings.ownership_expires_seconds / 4)):
            with pytest.raises(HttpResponseError):
                await store.list_ownership("namespace", "hub", "group")
            assert list(await store.list_ownership("namespace", "hub", "group")) == []
    await emulator.stop()


@dataclass
class Taken:
    """A container whose name is taken, for the reason that the service gives."""

    error_code: str

    async def create_container(self) -> None:
        error = ResourceExistsError("409")
        vars(error)["error_code"] = self.error_code
        raise error


def store_in(container: Taken) -> BlobCheckpointStore:
    return BlobCheckpointStore("https://st.blob.core.windows.net", "checkpoints", container_client=container)


async def test_a_container_that_is_still_being_deleted_is_not_taken_for_one_that_exists() -> None:
    await create_checkpoint_container(store_in(Taken("ContainerAlreadyExists")))
    with pytest.raises(ResourceExistsError):
        await create_checkpoint_container(store_in(Taken("ContainerBeingDeleted")))
