"""Cosmos DB: may we in, and is every database laid out as the services expect."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

from azure.cosmos.aio import CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.cosmos.provision import BUCKETS_RECORD, lets_expire, sorts
from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.cli.doctor.addresses import Address
from quartet.cli.doctor.check import Verdict, broken, doubtful, fine
from quartet.cli.reading.connection import AGENT
from quartet.engine.declaration.participant import DEPLOYMENT, ContainerSpec
from quartet.engine.errors import ConfigurationError, OutageError

_REFUSED = frozenset({401, 403})


class CosmosVisit:
    """The checks of one account, which share a client."""

    def __init__(self, settings: Settings, address: Address, credentials: Credentials, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._address = address
        self._credentials = credentials
        self._stack = stack
        self._client: CosmosClient | None = None

    async def check_access(self) -> Verdict:
        """Whether the key or identity is let in."""
        try:
            self._client = await self._stack.enter_async_context(
                cosmos_client(self._settings, self._credentials, AGENT)
            )
        except (ConfigurationError, OutageError) as error:
            return broken(str(error), self._access_hint())
        return fine(f"with {self._address.key}" if self._address.key else "with the identity")

    async def check_database(self, name: str, containers: Sequence[ContainerSpec]) -> Verdict:
        """Whether the containers of a database exist with their partition keys."""
        database = self._database(name)
        missing, different, eternal = [], [], []
        for spec in containers:
            try:
                properties = await database.get_container_client(spec.name).read()
            except CosmosResourceNotFoundError:
                missing.append(spec.name)
            except CosmosHttpResponseError as error:
                if error.status_code not in _REFUSED:
                    raise
                return broken(f"refused: status {error.status_code} on {spec.name}", self._access_hint())
            else:
                paths = properties["partitionKey"]["paths"]
                if paths != [spec.partition_key]:
                    different.append(f"{spec.name} is partitioned by {', '.join(paths)}, not by {spec.partition_key}")
                elif not sorts(spec, properties):
                    different.append(f"{spec.name} has no composite index of {', '.join(spec.sorted_by)}")
                elif spec.expires and not lets_expire(properties):
                    eternal.append(spec.name)
        if missing:
            return broken(
                f"missing: {', '.join(missing)}",
                "with a key, start the service once; with an identity, deploy the infrastructure",
            )
        if different:
            return broken(
                "; ".join(different),
                "these belong to another version, or to something else: deploy again, or use another account",
            )
        if eternal:
            return doubtful(
                f"nothing expires in {', '.join(eternal)}: the container has no default time to live",
                "with a key, start the service once; with an identity, set the default time to live to -1",
            )
        return fine(", ".join(f"{spec.name} by {spec.partition_key}" for spec in containers))

    async def check_buckets(self, name: str) -> Verdict:
        """Whether a database was laid out for as many buckets as the settings say."""
        container = self._database(name).get_container_client(DEPLOYMENT.name)
        try:
            count = (await container.read_item(BUCKETS_RECORD, partition_key=BUCKETS_RECORD))["count"]
        except CosmosResourceNotFoundError:
            return fine("not recorded yet: the service records it when it starts")
        if count != self._settings.buckets:
            return broken(
                f"laid out with {count} buckets, and BUCKETS is {self._settings.buckets}", f"set BUCKETS={count}"
            )
        return fine(f"{count}, as BUCKETS says")

    def _database(self, name: str) -> DatabaseProxy:
        if self._client is None:
            raise AssertionError("needs the check of access")
        return self._client.get_database_client(name)

    def _access_hint(self) -> str:
        if self._address.key is not None:
            return "check the key in COSMOS_CONNECTION_STRING"
        return "give the identity the role Cosmos DB Built-in Data Contributor on the account or its databases"
