"""What all processes of a run share, and how they are set up."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from quartet.azure.cosmos.client import BatchLimits
from quartet.azure.environment import EnvironmentSettings
from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.records.record import RecordLimits
from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.plan.plan import BUCKETS
from quartet.testing.cluster.servers.blobs import Blobs
from quartet.testing.cluster.servers.cosmos import MemoryCosmos
from quartet.testing.cluster.servers.hub import Hub

# In half of the runs a record forgets so early that redeliveries meet it, and holds few waiting events.
_LIMITS: Final = (
    RecordLimits(),
    RecordLimits(),
    RecordLimits(),
    RecordLimits(handled=1, parked=1),
    RecordLimits(handled=2, parked=2),
    RecordLimits(handled=3, handled_bytes=3000, parked=3),
)


@dataclass(frozen=True, slots=True)
class Setup:
    """The servers, and the settings of every process.

    Attributes:
        cosmos, hubs, blobs: the servers; the hubs by their labels, see `Message.hub`.
        layout: which events come in by which hub.
        network: what carries requests to them.
        settings: those of every service.
        own_settings: those of one participant, by its name.
        ports: the names of the ports, by environment variable.
        limits: how much goes into one transactional batch.
        room: how many events go into one send.
        seed: of the run.
    """

    cosmos: MemoryCosmos
    hubs: Mapping[str, Hub]
    layout: Hubs
    blobs: Blobs
    network: Network
    settings: Settings
    own_settings: Mapping[str, EnvironmentSettings]
    ports: Mapping[str, str]
    limits: BatchLimits
    room: int
    seed: int


def record_limits_of(seed: int) -> RecordLimits:
    """How much a record keeps in the run of this seed."""
    return _LIMITS[seed % len(_LIMITS)]


@lru_cache
def settings_at(pace: float, hub: str) -> Settings:
    """The settings of every service. `pace`: how many times slower than usual it does what it does at intervals."""
    return Settings(
        cosmos_connection_string="in memory",
        event_hubs_connection_string="in memory",
        event_hub_name=hub,
        blob_connection_string="in memory",
        buckets=BUCKETS,
        load_balancing_seconds=2 * pace,
        ownership_expires_seconds=12 * pace,
        checkpoint_seconds=pace,
        watchdog_seconds=16 * pace,
        shutdown_seconds=2,
    )
