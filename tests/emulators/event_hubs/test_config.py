"""Config.json: what is accepted, and what a person hears who got it wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from quartet_emulators.event_hubs import ConfigError, NamespaceConfig, load_config
from quartet_emulators.event_hubs.config import HubConfig

from tests.emulators.event_hubs.conftest import running


def document(*hubs: object, **namespace: object) -> dict[str, Any]:
    entry = {"Type": "EventHub", "Name": "ns", "Entities": list(hubs), **namespace}
    return {"UserConfig": {"NamespaceConfig": [entry], "LoggingConfig": {"Type": "File"}}}


def hub(name: object = "eh", count: object = 2, groups: object = None) -> dict[str, object]:
    entity = {"Name": name, "PartitionCount": count}
    return entity if groups is None else {**entity, "ConsumerGroups": groups}


def test_the_projects_own_configuration_is_read() -> None:
    config = load_config(Path("infra/eventhubs-emulator/Config.json"))
    assert [hub.name for hub in config.hubs][:2] == ["saga-events", "orders"]
    assert {hub.partition_count for hub in config.hubs} == {4}
    assert {hub.consumer_groups[0] for hub in config.hubs} == {"$Default"}
    assert {"order", "inventory", "payment", "shipping", "console"} < set(config.hubs[0].consumer_groups)


def test_the_default_group_is_always_there_and_only_once(tmp_path: Path) -> None:
    file = tmp_path / "Config.json"
    file.write_text(json.dumps(document(hub("a"), hub("b", "32", [{"Name": "$default"}, {"Name": "g"}]))))
    assert load_config(file) == NamespaceConfig(
        "ns", (HubConfig("a", 2, ("$Default",)), HubConfig("b", 32, ("$Default", "g")))
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "not JSON"),
        ("\xff", "not JSON"),
        (json.dumps([]), "the document must be an object"),
        (json.dumps({}), "UserConfig is missing"),
        (
            json.dumps({"UserConfig": {"NamespaceConfig": []}}),
            "NamespaceConfig must have one namespace, not 0",
        ),
        (json.dumps(document(hub(), Type="Queue")), r"\[0\].Type must be EventHub"),
        (json.dumps(document()), r"Entities must have at least 1 item"),
        (
            json.dumps(document(*(hub(f"h{n}") for n in range(11)))),
            "Entities may have at most 10 items, not 11",
        ),
        (json.dumps(document(hub(), hub("EH"))), r"Entities\[1\].Name 'EH' is listed twice"),
        (json.dumps(document(hub(""))), r"Entities\[0\].Name must be a string"),
        (json.dumps(document(hub("a/b"))), r"Entities\[0\].Name 'a/b' may only have"),
        (json.dumps(document(hub(count=0))), "PartitionCount must be a number from 1 to 32, not 0"),
        (json.dumps(document(hub(count=33))), "PartitionCount must be a number from 1 to 32, not 33"),
        (json.dumps(document(hub(count=True))), "PartitionCount must be a number"),
        (json.dumps(document(hub(groups={}))), r"ConsumerGroups must be a list"),
        (json.dumps(document(hub(groups=[{}]))), r"ConsumerGroups\[0\].Name is missing"),
        (json.dumps(document(hub(groups=[{"Name": "g"}, {"Name": "G"}]))), r"\[1\].Name 'G' is listed twice"),
        (
            json.dumps(document(hub(groups=[{"Name": f"g{n}"} for n in range(21)]))),
            "ConsumerGroups may have at most 20 items, not 21",
        ),
    ],
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, content: str, complaint: str) -> None:
    file = tmp_path / "Config.json"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(ConfigError, match=complaint) as caught:
        load_config(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.json: No such file or directory"):
        load_config(tmp_path / "no.json")


async def test_partitions_may_be_added_and_never_taken_away(tmp_path: Path) -> None:
    def with_partitions(count: int) -> NamespaceConfig:
        return NamespaceConfig("ns", (HubConfig("eh", count, ("$Default",)),))

    async with running(tmp_path, with_partitions(2)):
        pass
    async with running(tmp_path, with_partitions(3)) as emulator:
        assert len(emulator.hubs["eh"].partitions) == 3
    with pytest.raises(ConfigError, match="'eh' is 2, but the data directory has 3 partitions"):
        async with running(tmp_path, with_partitions(2)):
            pass
