"""The hub of an application, as the emulators of Event Hubs read it: ours and Microsoft's."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from quartet.choreography import Choreography

CONSOLE: Final = "console"
"""The consumer group of the command line."""

PARTITIONS: Final = 4
"""How many partitions a hub has on one machine."""


def hub_config(hub: str, participants: Sequence[str]) -> dict[str, Any]:
    """The `Config.json` of a namespace with this hub, and in it a consumer group for each of these participants."""
    entity = {
        "Name": hub,
        "PartitionCount": PARTITIONS,
        "ConsumerGroups": [{"Name": name} for name in (*participants, CONSOLE)],
    }
    namespace = {"Type": "EventHub", "Name": "emulatorNs1", "Entities": [entity]}
    return {"UserConfig": {"NamespaceConfig": [namespace], "LoggingConfig": {"Type": "Console,File"}}}


def hub_flags(choreography: Choreography, directory: Path) -> list[str]:
    """The flags with which the emulators serve the application's hub. Its configuration is written to `directory`."""
    path = directory / "Config.json"
    path.write_text(json.dumps(hub_config(choreography.hub, choreography.names), indent=2), encoding="utf-8")
    return ["--event-hubs-config", str(path)]
