"""The hub of the shop, for tests that start their own emulators."""

from pathlib import Path
from typing import Final

HUB_CONFIG: Final = Path(__file__).parents[1] / "infra" / "eventhubs-emulator" / "Config.json"

SHOP_PARTITIONS: Final = ("0", "1", "2", "3")
"""The ids of its partitions."""

SHOP_HUB: Final = ("--event-hubs-config", str(HUB_CONFIG))
"""The flags by which emulators serve it: without them, there is a hub with `$Default` alone."""
