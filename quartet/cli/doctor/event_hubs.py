"""The hub: may we in, is it there, with its partitions and consumer groups, and may we send."""

from contextlib import AsyncExitStack

from azure.eventhub.aio import EventHubConsumerClient
from azure.eventhub.exceptions import AuthenticationError

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import (
    HubPublisher,
    check_group,
    consumer_client,
    hub_outages,
    is_not_found,
    producer_client,
)
from quartet.azure.settings import Settings
from quartet.cli.doctor.addresses import Address
from quartet.cli.doctor.check import Status, Verdict, broken, fine
from quartet.cli.reading.connection import AGENT, console_client
from quartet.engine.errors import ConfigurationError, OutageError

_ROLES = "Azure Event Hubs Data Receiver and Data Sender"


class HubVisit:
    """The checks of one hub, which share a client. `settings` are those of a client of this hub.

    Attributes:
        settings: the same.
        partitions: the hub's partitions, once `check_hub` has found them.
    """

    def __init__(self, settings: Settings, address: Address, credentials: Credentials, stack: AsyncExitStack) -> None:
        self.partitions: list[str] = []
        self.settings = settings
        self._address = address
        self._credentials = credentials
        self._stack = stack
        self._client: EventHubConsumerClient | None = None
        self._is_missing = False

    async def check_access(self) -> Verdict:
        """Whether the key or identity is let in. The namespace says so only of a hub; a missing one will do."""
        self._client = await self._stack.enter_async_context(self.connect())
        try:
            with hub_outages():
                self.partitions = list(await self._client.get_partition_ids())
        except OutageError as outage:
            if is_not_found(outage.__cause__):
                self._is_missing = True
            elif isinstance(outage.__cause__, AuthenticationError):
                return broken(f"refused: {outage}", _access_hint(self._address))
            else:
                return broken(str(outage), "see quartet --debug doctor for the SDK's log")
        return fine(f"with the key {self._address.key}" if self._address.key else "with the identity")

    async def check_hub(self) -> Verdict:
        """Whether the hub exists."""
        name = self.settings.event_hub_name
        if self._is_missing:
            return broken(
                f"there is no hub {name!r} in this namespace",
                "check EVENT_HUB_NAME; deploy the infrastructure, or add it to the emulator's Config.json",
            )
        return fine(f"{name} has {len(self.partitions)} partitions")

    async def check_all(self) -> Verdict:
        """Whether the key or identity is let in, and the hub exists: for every hub but the first."""
        access = await self.check_access()
        return await self.check_hub() if self._is_missing or access.status is Status.OK else access

    async def check_group(self, group: str) -> Verdict:
        """Whether a consumer group exists and may be received from."""
        # A client has a token for its own group alone, so each group needs one.
        async with consumer_client(self.settings, self._credentials, AGENT, group, retry_total=1) as client:
            try:
                await check_group(client, group, self.partitions[0], self.settings)
            except (ConfigurationError, OutageError) as error:
                return broken(str(error), f"deploy the infrastructure: the group, and the roles {_ROLES}")
        return fine("there")

    async def check_sending(self) -> Verdict:
        """Whether we may send; nothing is sent."""
        async with producer_client(self.settings, self._credentials, AGENT) as producer:
            try:
                await HubPublisher(producer).open(self.partitions[0])
            except OutageError as outage:
                return broken(str(outage), f"has the identity the roles {_ROLES} on the hub?")
        return fine("allowed")

    def connect(self) -> EventHubConsumerClient:
        """Another client of the console's group, not opened yet."""
        return console_client(self.settings, self._credentials)

    @property
    def client(self) -> EventHubConsumerClient:
        """A client of the console's group."""
        if self._client is None:
            raise AssertionError("needs the check of access")
        return self._client


def _access_hint(address: Address) -> str:
    if address.key is not None:
        return "check the name and value of the key in EVENT_HUBS_CONNECTION_STRING"
    return f"give the identity the roles {_ROLES} on the hub; a new assignment takes minutes to work"
