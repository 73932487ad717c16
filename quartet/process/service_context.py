"""The part of a process that is open to a service's own code."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeVar

from azure.cosmos.aio import DatabaseProxy
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.book import CosmosBook
from quartet.azure.cosmos.client import BatchLimits
from quartet.azure.environment import EnvironmentSettings
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.settings import Settings
from quartet.engine.ports import Now
from quartet.process.telemetry.reports import SILENT, Reports

S = TypeVar("S", bound=EnvironmentSettings)


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """The settings, clients and clock for a service's own code: its ports and its background work.

    Attributes:
        database: the service's own database.
        publisher: says events on the hub.
        owned: the partitions that this replica receives from, as they are now.
        now: the clock.
        limits: how much goes into one transactional batch.
        reports: where its engine reports to; see docs/telemetry.md.
        own_settings: the participant's own settings, if its `Service` names a class of them; see `own`.
    """

    settings: Settings
    database: DatabaseProxy
    publisher: HubPublisher
    owned: Collection[str]
    now: Now
    log: FilteringBoundLogger
    limits: BatchLimits = field(default_factory=BatchLimits)
    own_settings: EnvironmentSettings | None = None
    reports: Reports = SILENT

    def own(self, kind: type[S]) -> S:
        """The participant's own settings.

        Raises:
            TypeError: its `Service` names no settings of this kind.
        """
        if not isinstance(self.own_settings, kind):
            raise TypeError(f"the service has no {kind.__name__}: name it as Service(settings={kind.__name__})")
        return self.own_settings

    def book(self, container: str) -> CosmosBook:
        """A book in a container of the participant, for a simulated port: one of `Participant.containers`."""
        return CosmosBook(self.database.get_container_client(container), self.settings.buckets, self.limits)
