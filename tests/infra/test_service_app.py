"""A container app of ours gets settings that the service understands, and is asked what it answers."""

import inspect
import re
from importlib.util import find_spec
from typing import Any

import pytest

from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import LAYOUTS, Layout
from quartet.process import health
from quartet.process.service import Service
from services.operations.participants import PARTICIPANTS, SERVICES
from services.order.settings import OrderSettings
from services.shop import SHOP
from tests.infra.bicep import INFRA, assignments, parsed, read_json, resource, using
from tests.infra.scope import Scope

TIERS = read_json("tiers.json")
NAMES = [participant.name for participant in PARTICIPANTS]
APP = resource("service.bicep", "app").properties
(CONTAINER,) = APP["template"]["containers"]
# What azd itself puts into the environment.
FROM_AZD = {"AZURE_ENV_NAME", *(f"SERVICE_{name.upper()}_IMAGE_NAME" for name in NAMES)}


def environment(tier: str, service: str = "order") -> dict[str, str]:
    """The environment of the container."""
    values = {
        "service": service,
        "size": TIERS[tier],
        "identity": {"properties.clientId": "a-client-id"},
        "healthPort": parsed("service.bicep")["variables"]["healthPort"]["value"],
        "eventHubsNamespace": "evhns-x.servicebus.windows.net",
        "eventHubName": "saga-events",
        "hubLayout": "inbound",
        "inboundHubName": "orders",
        "blobAccountUrl": "https://stx.blob.core.windows.net/",
        "blobContainer": "checkpoints",
        "cosmosEndpoint": "https://cosmos-x.documents.azure.com:443/",
        "buckets": 256,
        "orderDeadlineSeconds": 900,
        "paymentGateway": "shop.gateway:open_gateway",
        "carrier": "simulated",
    }
    scope = Scope(values)
    return {
        one["name"]: "a-client-id" if one["name"] == "AZURE_CLIENT_ID" else scope.value(one["value"])
        for one in CONTAINER["env"]
    }


@pytest.mark.parametrize("tier", TIERS)
def test_its_environment_makes_settings(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = environment(tier)
    for name in Settings.variables() | SHOP.variables:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()

    assert set(given) - {"AZURE_CLIENT_ID"} <= Settings.variables() | SHOP.variables
    assert OrderSettings().order_deadline_seconds == float(given["ORDER_DEADLINE_SECONDS"])
    assert settings.event_hubs_namespace == "evhns-x.servicebus.windows.net"
    assert (settings.hub_layout, settings.inbound_hub_name) == ("inbound", "orders")
    assert settings.log_format == "json"
    assert settings.buckets == read_json("saga.json")["buckets"]
    # Health is asked from outside of the container.
    assert settings.health_host == "0.0.0.0"
    assert settings.shutdown_seconds < APP["template"]["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("service", SERVICES, ids=NAMES)
def test_its_environment_names_its_ports(service: Service[Any, Any]) -> None:
    given = environment("prod", service.participant.name)
    names = {"PAYMENT_GATEWAY": "shop.gateway:open_gateway", "CARRIER": "simulated"}
    assert service.port_names(given) == {variable: names[variable] for variable in service.port_variables}


@pytest.mark.parametrize("parameter", ["paymentGateway", "carrier"])
def test_no_port_is_simulated_by_default(parameter: str) -> None:
    """Neither file has a default, nothing is not enough, and production has to say it."""
    for file in ("main.bicep", "service.bicep"):
        declared = parsed(file)["parameters"][parameter]
        assert declared.get("default") is None
        assert {"type": "min_length", "argument": 1} in declared["decorators"]
    assert assignments("dev.bicepparam")[parameter] == "'simulated'"
    assert re.fullmatch(r"readEnvironmentVariable\('[A-Z_]+'\)", assignments("prod.bicepparam")[parameter])


@pytest.mark.parametrize("service", NAMES)
def test_it_starts_a_module_that_is_there(service: str) -> None:
    program, option, module = (Scope({"service": service}).value(one) for one in CONTAINER["command"])
    assert (program, option) == ("python", "-m")
    assert find_spec(f"{module}.__main__") is not None


def test_its_probes_ask_what_the_service_answers() -> None:
    served = set(re.findall(r'add_get\("([^"]+)"', inspect.getsource(health)))
    assert {probe["httpGet"]["path"] for probe in CONTAINER["probes"]} == served
    assert {probe["httpGet"]["port"] for probe in CONTAINER["probes"]} == {"healthPort"}
    assert {probe["type"] for probe in CONTAINER["probes"]} == {"Liveness", "Readiness"}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("service", NAMES)
def test_it_scales_by_the_lag_of_its_own_group_on_every_hub_that_it_reads(layout: Layout, service: str) -> None:
    parameters = {
        "service": service,
        "hubLayout": layout,
        "scaleRule": "lag",
        "eventHubsNamespace": "evhns-x.servicebus.windows.net",
        "blobAccountUrl": "https://stx.blob.core.windows.net/",
        "blobContainer": "checkpoints",
        "identity": {"id": "its identity"},
        "eventsPerReplica": 5000,
    }
    scope = Scope.of("service.bicep", parameters, ("layouts", "layout", "hubsOf", "scalesByLag", "lagRules"))
    read = [hub.name for hub in SHOP.hubs(layout).read_by(SHOP.participant(service))]
    assert scope.value(APP["template"]["scale"]["rules"]) == [
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


def test_it_is_never_without_a_replica() -> None:
    assert Scope({"size": TIERS["dev"]}).value(APP["template"]["scale"]["minReplicas"]) == TIERS["dev"]["minReplicas"]


@pytest.mark.parametrize(("chosen", "types"), [("cpu", ["cpu"]), ("none", [])])
def test_it_scales_by_something_else_on_request(chosen: str, types: list[str]) -> None:
    variables = parsed("service.bicep")["variables"]
    values = {"scaleRule": chosen}
    for name in ("scalesByLag", "scalesByCpu", "cpuRules", "otherRules"):
        values[name] = Scope(values).value(variables[name]["value"])
    rules = Scope(values).value(APP["template"]["scale"]["rules"])
    assert [rule["custom"]["type"] for rule in rules] == types


def test_lag_is_what_it_scales_by_unless_another_rule_is_chosen() -> None:
    chosen = APP["template"]["scale"]["rules"]["operator"]["operands"]
    assert (chosen["condition"], chosen["true_value"]) == ("scalesByLag", "lagRules")
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


def test_the_longest_names_fit() -> None:
    # A container app's name has 32 characters at most.
    limits = parsed("main.bicep")["parameters"]["environmentName"]["decorators"]
    longest = next(one["argument"] for one in limits if one["type"] == "max_length")
    prefix = read_json("abbreviations.json")["containerApp"]
    assert max(len(f"{prefix}{name}-") for name in NAMES) + longest <= 32


def test_it_has_no_ingress() -> None:
    assert "ingress" not in APP["configuration"]


@pytest.mark.parametrize("service", NAMES)
def test_its_parameters_come_from_what_main_puts_out(service: str) -> None:
    given = assignments(f"services/{service}.bicepparam")
    outputs = set(parsed("main.bicep")["outputs"])
    read = set(re.findall(r"readEnvironmentVariable\('(\w+)'\)", " ".join(given.values())))

    assert using(f"services/{service}.bicepparam").resolve() == INFRA / "service.bicep"
    assert set(given) == set(parsed("service.bicep")["parameters"])
    assert given["service"] == f"'{service}'"
    assert f"SERVICE_{service.upper()}_IMAGE_NAME" in given["image"]
    assert f"{service.upper()}_IDENTITY_NAME" in given["identityName"]
    assert read <= outputs | FROM_AZD


def test_identities_are_put_out_in_the_order_of_the_services() -> None:
    outputs = parsed("main.bicep")["outputs"]
    for index, name in enumerate(NAMES):
        place = str(outputs[f"{name.upper()}_IDENTITY_NAME"]["value"])
        assert f"'operand_1': 'access', 'operand_2': {index}" in place


def test_each_zone_has_a_replica_where_there_are_zones() -> None:
    for size in read_json("tiers.json").values():
        assert size["minReplicas"] >= (3 if size["zoneRedundant"] else 1)
