"""A right that was granted a moment ago takes minutes to take effect in Azure: a service waits for it at its start."""

import asyncio
import os
import sys

import pytest

from quartet.azure.credentials import Credentials, refusal
from quartet.azure.sdk_internals.calls import container_of
from quartet.engine.errors import ConfigurationError, RightsMissingError
from quartet.engine.failures.timeouts import stretched
from quartet.local.supervisor import Process, Supervisor
from quartet.process.startup import checkpoint_store
from tests.cloud.conftest import Cloud
from tests.saga.shop import Logs

AUDIENCES = {"Cosmos DB": "https://127.0.0.1", "Blob Storage": "https://storage.azure.com"}
each_server = pytest.mark.parametrize("server", AUDIENCES)


@each_server
async def test_a_service_starts_when_the_server_accepts_its_identity(cloud: Cloud, server: str) -> None:
    """A token for another identity simulates a missing right: the servers answer nearly the same."""
    cloud.identity.mistaken = AUDIENCES[server]
    logs = Logs()
    async with Supervisor(logs) as supervisor:
        env = {**os.environ, **cloud.environment, "LOG_FORMAT": "json", "STARTUP_SECONDS": "300"}
        await supervisor.start(Process("payment", "services.payment", env=env))
        _, line = await logs.until(lambda _, line: '"waiting"' in line)
        assert f"{server} refuses the key or identity" in line
        cloud.identity.mistaken = None
        await logs.until(lambda _, line: '"ready"' in line)


async def _last_words(cloud: Cloud) -> str:
    """The one line of a service that ends because a person must act."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.payment"),
        env={**os.environ, **cloud.environment, "STARTUP_SECONDS": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(), timeout=stretched(60))
    assert process.returncode == 2
    (line,) = err.decode().splitlines()
    return line


@each_server
async def test_when_the_time_is_up_the_service_says_what_is_missing(cloud: Cloud, server: str) -> None:
    cloud.identity.mistaken = AUDIENCES[server]
    assert (await _last_words(cloud)).startswith(f"payment: {server} refuses the key or identity")


async def test_a_checkpoint_container_that_was_deleted_is_named(cloud: Cloud) -> None:
    """An identity may not create it."""
    async with Credentials() as credentials, checkpoint_store(cloud.administrator, credentials, "tests") as store:
        await container_of(store).delete_container()
    line = await _last_words(cloud)
    assert line.startswith("payment: the container checkpoints is missing in Blob Storage: restore it")


def test_a_key_that_is_refused_is_not_waited_for() -> None:
    assert type(refusal("no", "AccountKey=…")) is ConfigurationError
    assert type(refusal("no", None)) is RightsMissingError
