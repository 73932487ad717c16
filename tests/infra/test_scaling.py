"""How many replicas a container app has, in each style, and what changes their number."""

from typing import Any

import pytest

from quartet.engine.declaration.hubs import LAYOUTS, Layout
from services.orchestrator.app import ORCHESTRATED as TWIN
from services.shop import SHOP
from tests.infra.bicep import parsed, read_json, resource
from tests.infra.container import APP, NAMES, STYLES, TIERS, deployed
from tests.infra.deployed import CHOREOGRAPHED, ORCHESTRATED, Style


def rules(service: str, style: Style, **more: str) -> list[dict[str, Any]]:
    """Its scale rules."""
    found: list[dict[str, Any]] = deployed(service, style, **more).value(APP["template"]["scale"]["rules"])
    return found


@pytest.mark.parametrize(
    ("layout", "service"),
    [(layout, name) for layout in LAYOUTS for name in NAMES if (layout, STYLES[name]) != ("authors", ORCHESTRATED)],
)
def test_it_scales_by_the_lag_of_its_own_group_on_every_hub_that_it_reads(layout: Layout, service: str) -> None:
    app = TWIN if service in TWIN.names else SHOP
    read = [hub.name for hub in app.hubs(layout).read_by(app.participant(service))]
    found = [one for one in rules(service, STYLES[service], hubLayout=layout) if one["name"].startswith("lag-")]
    assert found == [
        {
            "name": f"lag-{hub}",
            "custom": {
                "type": "azure-eventhub",
                "identity": "its identity",
                "metadata": {
                    "eventHubNamespace": "evhns-x",
                    "eventHubName": hub,
                    "consumerGroup": service,
                    "storageAccountName": "stx",
                    "blobContainer": "checkpoints",
                    # The layout of checkpoints that the Python SDK writes.
                    "checkpointStrategy": "blobMetadata",
                    "unprocessedEventThreshold": "5000",
                },
            },
        }
        for hub in read
    ]


def test_the_orchestrator_also_scales_by_the_work_that_waits_in_its_scheduler() -> None:
    (name,) = TWIN.names
    found = [one for one in rules(name, ORCHESTRATED) if not one["name"].startswith("lag-")]
    assert [one["custom"]["metadata"]["workItemType"] for one in found] == ["Orchestration", "Activity"]
    for one in found:
        assert one["custom"]["type"] == "azure-durabletask-scheduler"
        assert one["custom"]["identity"] == "its identity"
        assert one["custom"]["metadata"]["endpoint"] == "https://dts-x.westeurope.durabletask.io"
        assert one["custom"]["metadata"]["taskhubName"] == "sagas"


@pytest.mark.parametrize("service", NAMES)
@pytest.mark.parametrize("style", [CHOREOGRAPHED, ORCHESTRATED])
def test_it_is_never_without_a_replica_in_its_own_style_and_always_in_the_other(service: str, style: Style) -> None:
    """Without a minimum, a rule and ingress, an app without replicas stays without. Nothing is amiss then."""
    scope = deployed(service, style)
    runs = style == STYLES[service]
    assert scope.value(APP["template"]["scale"]["minReplicas"]) == (TIERS["dev"]["minReplicas"] if runs else 0)
    assert bool(rules(service, style)) is runs
    for alert in ("cannotKeepUp", "keepsRestarting", "hasNoReplica"):
        assert scope.value(resource("service.bicep", alert).properties["enabled"]) is runs


@pytest.mark.parametrize(("chosen", "types"), [("cpu", ["cpu"]), ("none", [])])
def test_it_scales_by_something_else_on_request(chosen: str, types: list[str]) -> None:
    for service in NAMES:
        assert [one["custom"]["type"] for one in rules(service, STYLES[service], scaleRule=chosen)] == types


def test_lag_is_what_it_scales_by_unless_another_rule_is_chosen() -> None:
    assert parsed("main.bicep")["parameters"]["scaleRule"]["default"] == "lag"
    choices = [
        next(
            one["argument"] for one in parsed(file)["parameters"]["scaleRule"]["decorators"] if one["type"] == "allowed"
        )
        for file in ("main.bicep", "service.bicep")
    ]
    assert choices == [["lag", "cpu", "none"]] * 2


def test_an_alert_fires_when_no_revision_has_a_replica() -> None:
    (condition,) = resource("service.bicep", "hasNoReplica").properties["criteria"]["allOf"]
    assert condition["metricName"] == "Replicas"
    # A revision from before has none: the minimum would always be 0.
    assert (condition["timeAggregation"], condition["operator"], condition["threshold"]) == ("Maximum", "LessThan", 1)


def test_each_zone_has_a_replica_where_there_are_zones() -> None:
    for size in read_json("tiers.json").values():
        assert size["minReplicas"] >= (3 if size["zoneRedundant"] else 1)
