"""The hub of an application, as the emulators of Event Hubs read it: ours and Microsoft's."""

import json
from pathlib import Path
from typing import Any, Final

from quartet.choreography import Choreography
from quartet.cli.reading.connection import CONSOLE

PARTITIONS: Final = 4
"""How many partitions a hub has on one machine."""


def hub_config(choreography: Choreography) -> dict[str, Any]:
    """The `Config.json` of a namespace with the application's hub, and in it a consumer group per participant."""
    hub = {
        "Name": choreography.hub,
        "PartitionCount": PARTITIONS,
        "ConsumerGroups": [{"Name": name} for name in (*choreography.names, CONSOLE)],
    }
    namespace = {"Type": "EventHub", "Name": "emulatorNs1", "Entities": [hub]}
    return {"UserConfig": {"NamespaceConfig": [namespace], "LoggingConfig": {"Type": "File"}}}


def hub_flags(choreography: Choreography, directory: Path) -> list[str]:
    """The flags by which the emulators serve the application's hub. Its configuration is written to `directory`."""
    path = directory / "Config.json"
    path.write_text(json.dumps(hub_config(choreography), indent=2), encoding="utf-8")
    return ["--event-hubs-config", str(path)]
