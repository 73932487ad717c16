"""AMQP 1.0 as Azure Event Hubs speaks it: an emulator that unmodified Event Hubs clients connect to."""

from quartet_emulators.event_hubs.config import ConfigError, NamespaceConfig, load_config
from quartet_emulators.event_hubs.server import EventHubsEmulator

__all__ = ["ConfigError", "EventHubsEmulator", "NamespaceConfig", "load_config"]
