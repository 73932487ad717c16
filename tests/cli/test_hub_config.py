"""The emulators serve the hub of the application, whichever it is."""

import json
from pathlib import Path

from quartet_emulators.event_hubs.config import load_config

from examples.trip.app import TRIP
from quartet.local.hub_config import hub_config, hub_flags
from services.orchestrator.app import ORCHESTRATED
from services.shop import SHOP
from tests.hubs import HUB_CONFIG


def test_the_main_hub_of_the_configuration_file_is_what_the_shop_says() -> None:
    """It has the hubs of other layouts too: tests/infra/test_saga_json.py compares them."""
    config = json.loads(HUB_CONFIG.read_text(encoding="utf-8"))
    (namespace,) = config["UserConfig"]["NamespaceConfig"]
    del namespace["Entities"][1:]
    assert config == hub_config(SHOP.hub, (*SHOP.names, *ORCHESTRATED.names))


def test_an_application_has_its_own_hub_with_a_group_for_each_participant(tmp_path: Path) -> None:
    flag, path = hub_flags(TRIP, tmp_path)
    assert flag == "--event-hubs-config"
    (hub,) = load_config(Path(path)).hubs
    assert (hub.name, hub.partition_count) == ("trip-events", 4)
    assert hub.consumer_groups == ("$Default", "flight", "hotel", "car", "payment", "console")
