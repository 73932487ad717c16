"""Opening the hubs that a participant says events on, and those that it hears."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from azure.cosmos.aio import ContainerProxy
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from structlog.typing import FilteringBoundLogger

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import check_group, check_hub, consumer_client, producer_client
from quartet.azure.event_hubs.deployed_hubs import settings_on
from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.azure.sdk_internals.receiving import what_differs
from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import Hub
from quartet.engine.declaration.participant import Participant
from quartet.engine.errors import ConfigurationError
from quartet.process.hub_listener import HubServers
from quartet.process.waiting import Waiting


@dataclass(frozen=True, slots=True)
class OwnHub:
    """The hub that a participant says its events on: its client, and its partitions."""

    hub: Hub
    client: EventHubProducerClient
    partitions: list[str]


class HubOpening:
    """Opens the clients of one participant, and checks that each hub is there and lets it in."""

    def __init__(
        self,
        participant: Participant[Any, Any],
        settings: Settings,
        credentials: Credentials,
        store: BlobCheckpointStore,
        *,
        deployment: ContainerProxy,
        waiting: Waiting,
        log: FilteringBoundLogger,
    ) -> None:
        """`store` keeps the checkpoints; `deployment` is the container that records which hub is which."""
        self._group = participant.name
        self._agent = f"quartet-{participant.name}"
        self._settings = settings
        self._credentials = credentials
        self._store = store
        self._deployment = deployment
        self._waiting = waiting
        self._log = log
        if settings.receive == "immediate" and (difference := what_differs()) is not None:
            log.warning("receiving as the SDK does, which looks every 50 ms", reason=difference)

    async def own(self, stack: AsyncExitStack, hub: Hub) -> OwnHub:
        """The hub that the participant sends to.

        Raises:
            ConfigurationError: it is not there, it refuses us, or it did not answer in time.
        """
        settings = settings_on(self._settings, hub)
        client = await stack.enter_async_context(producer_client(settings, self._credentials, self._agent))
        return OwnHub(hub, client, await self._waiting.call("Event Hubs", lambda: check_hub(client, settings)))

    async def heard(self, stack: AsyncExitStack, label: str, hub: Hub, own: OwnHub) -> HubServers:
        """The clients of a hub that the participant hears. Raises as `own` does, and if it has other partitions."""
        other = own if hub == own.hub else await self.own(stack, hub)
        if other.partitions != own.partitions:
            raise ConfigurationError(
                f"the event hub {hub.name!r} has {len(other.partitions)} partitions and {own.hub.name!r} has "
                f"{len(own.partitions)}: answers are sent to the partition that the event came in by, so all hubs must "
                "have as many"
            )
        settings = settings_on(self._settings, hub)
        connect = self._connector(settings)
        receiver = await stack.enter_async_context(connect())
        await self._waiting.call("Event Hubs", lambda: check_group(receiver, self._group, own.partitions[0], settings))
        stale = StaleCheckpoints(other.client, self._store, self._deployment, self._group, self._log, label=label)
        await self._waiting.call("Event Hubs", stale.reset)
        return HubServers(label, other.client, receiver, connect, stale)

    def _connector(self, settings: Settings) -> Callable[[], EventHubConsumerClient]:
        def connect() -> EventHubConsumerClient:
            return consumer_client(
                settings,
                self._credentials,
                self._agent,
                self._group,
                checkpoint_store=self._store,
                load_balancing_interval=settings.load_balancing_seconds,
                partition_ownership_expiration_interval=settings.ownership_expires_seconds,
            )

        return connect
