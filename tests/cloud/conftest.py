"""A cloud of our own: emulators over TLS that accept tokens, and an identity endpoint that issues them."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp.connector
import pytest
from quartet_emulators.options import parse_options
from quartet_emulators.stack import Stack

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.process.startup import checkpoint_store, participant_database
from services.operations.participants import PARTICIPANTS, SIMULATED_PORTS
from tests.cloud.certificates import Certificate, make_certificate
from tests.cloud.managed_identity import TOKEN_KEY, ManagedIdentity, running_identity
from tests.hubs import SHOP_HUB
from tests.owners import LASTING, take_partitions


@dataclass(frozen=True, slots=True)
class Cloud:
    """Servers that take tokens, the identity that has them, and the settings of a client of both.

    Attributes:
        administrator: the settings of a person with keys, who may create databases.
    """

    stack: Stack
    identity: ManagedIdentity
    settings: Settings
    administrator: Settings
    environment: dict[str, str]

    async def deploy(self) -> None:
        """Make the databases and the checkpoint container, as the infrastructure code does."""
        async with Credentials() as nobody, cosmos_client(self.administrator, nobody, "deployment") as client:
            for participant in PARTICIPANTS:
                await participant_database(client, participant, self.administrator)
            async with checkpoint_store(self.administrator, nobody, "deployment"):
                pass

    async def run(self) -> None:
        """Give every service an owner of its partitions, as if it ran."""
        await take_partitions(self.settings, [participant.name for participant in PARTICIPANTS])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """The servers' certificate, trusted by the clients of this process."""
    pair = make_certificate(tmp_path_factory.mktemp("certificate"))
    # aiohttp has read the trusted roots when it was imported. To trust one more does no harm to other tests.
    aiohttp.connector._SSL_CONTEXT_VERIFIED.load_verify_locations(pair.certificate)  # noqa: SLF001 -- see above
    return pair


@pytest.fixture
async def cloud(tmp_path: Path, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    """Deployed; tokens are good for an hour unless the test says something else."""
    arguments = {
        "--data-dir": str(tmp_path),
        "--event-hubs-port": "0",
        "--cosmos-port": "0",
        "--blob-port": "0",
        "--tls-certificate": str(certificate.certificate),
        "--tls-key": str(certificate.key),
        "--accept-tokens-signed-with": TOKEN_KEY,
    }
    stack = Stack(parse_options([*SHOP_HUB, *(word for flag in arguments.items() for word in flag)]))
    async with running_identity(ManagedIdentity()) as identity:
        await stack.start()
        environment = {
            **stack.settings,
            **SIMULATED_PORTS,
            **identity.environment,
            "SSL_CERT_FILE": str(certificate.certificate),
        }
        for name, value in {**environment, "OWNERSHIP_EXPIRES_SECONDS": LASTING}.items():
            monkeypatch.setenv(name, value)
        for name in [name for name in os.environ if name.endswith("_CONNECTION_STRING")]:
            monkeypatch.delenv(name)
        administrator = Settings(
            event_hubs_namespace="not used",
            blob_connection_string=stack.blob.connection_string,
            blob_account_url=None,
            cosmos_connection_string=stack.cosmos.connection_string,
            cosmos_endpoint=None,
        )
        try:
            running = Cloud(stack, identity, Settings(), administrator, environment)
            await running.deploy()
            yield running
        finally:
            await stack.stop()
