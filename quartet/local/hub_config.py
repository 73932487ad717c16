"""The hubs of an application, as the emulators of Event Hubs read them: ours and Microsoft's."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from quartet.choreography import Choreography
from quartet.engine.declaration.hubs import LAYOUTS, Layout
from quartet.terminal.user_error import UserError

CONSOLE: Final = "console"
"""The consumer group of the command line."""

PARTITIONS: Final = 4
"""How many partitions a hub has on one machine."""


def hub_config(hub: str, participants: Sequence[str]) -> dict[str, Any]:
    """The `Config.json` of a namespace with this hub, and in it a consumer group for each of these participants."""
    return hubs_config({hub: participants})


def hubs_config(readers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The same for several hubs, each with the participants that read it."""
    entities = [
        {
            "Name": hub,
            "PartitionCount": PARTITIONS,
            "ConsumerGroups": [{"Name": name} for name in (*participants, CONSOLE)],
        }
        for hub, participants in readers.items()
    ]
    namespace = {"Type": "EventHub", "Name": "emulatorNs1", "Entities": entities}
    return {"UserConfig": {"NamespaceConfig": [namespace], "LoggingConfig": {"Type": "Console,File"}}}


def readers_of(choreography: Choreography, layout: Layout) -> dict[str, list[str]]:
    """The participants that read each hub of an application, the main hub first.

    Raises:
        ValueError: the application cannot have this layout.
    """
    hubs = choreography.hubs(layout)
    return {hub.name: [one.name for one in choreography if hub in hubs.read_by(one)] for hub in hubs.all}


def chosen_layout() -> Layout:
    """The layout that `HUB_LAYOUT` says for a local stack.

    Raises:
        UserError: there is no such layout.
    """
    chosen = os.environ.get("HUB_LAYOUT") or "one"
    for layout in LAYOUTS:
        if layout == chosen:
            known: Layout = layout
            return known
    raise UserError(f"HUB_LAYOUT={chosen}: it is one of {', '.join(LAYOUTS)}")


def hub_flags(choreography: Choreography, directory: Path) -> list[str]:
    """The flags with which the emulators serve the application's hubs. Their configuration is written to `directory`.

    Raises:
        UserError: the application cannot have the layout that `HUB_LAYOUT` says.
    """
    path = directory / "Config.json"
    try:
        readers = readers_of(choreography, chosen_layout())
    except ValueError as error:
        raise UserError(f"HUB_LAYOUT={chosen_layout()}: {error}") from error
    path.write_text(json.dumps(hubs_config(readers), indent=2), encoding="utf-8")
    return ["--event-hubs-config", str(path)]
