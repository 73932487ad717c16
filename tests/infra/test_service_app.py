"""A container app of ours gets settings that the service understands, and is asked what it answers."""

import inspect
import re
from importlib.util import find_spec
from typing import Any, cast

import pytest

from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import LAYOUTS, Layout
from quartet.process import health
from quartet.process.service import Service
from services.operations.participants import PARTICIPANTS, SERVICES
from services.orchestrator.app import ORCHESTRATED as TWIN
from services.orchestrator.service import SERVICE as ORCHESTRATOR
from services.orchestrator.settings import OrchestratorSettings
from services.order.settings import OrderSettings
from services.shop import SHOP
from tests.infra.bicep import INFRA, assignments, parsed, read_json, resource, using
from tests.infra.deployed import CHOREOGRAPHED, ORCHESTRATED, Style
from tests.infra.scope import Scope

TIERS = read_json("tiers.json")
NAMES = [*(participant.name for participant in PARTICIPANTS), *TWIN.names]
STYLES: dict[str, Style] = {name: ORCHESTRATED if name in TWIN.names else CHOREOGRAPHED for name in NAMES}
"""The style in which each service runs."""
SCHEDULER = "Endpoint=https://dts-x.westeurope.durabletask.io;TaskHub=sagas"
APP = resource("service.bicep", "app").properties
(CONTAINER,) = APP["template"]["containers"]
# What azd itself puts into the environment.
FROM_AZD = {"AZURE_ENV_NAME", *(f"SERVICE_{name.upper()}_IMAGE_NAME" for name in NAMES)}


def deployed(service: str, style: Style, **more: Any) -> Scope:  # noqa: ANN401 -- values of the language
    """The names in service.bicep."""
    values = {
        "service": service,
        "sagaStyle": style,
        "scheduler": SCHEDULER if style == ORCHESTRATED else "none",
        "hubLayout": "inbound",
        "scaleRule": "lag",
        "eventHubsNamespace": "evhns-x.servicebus.windows.net",
        "blobAccountUrl": "https://stx.blob.core.windows.net/",
        "blobContainer": "checkpoints",
        "identity": {"id": "its identity", "properties": {"clientId": "a-client-id"}},
        "eventsPerReplica": 5000,
        "size": TIERS["dev"],
    }
    variables = (
        *("layouts", "layout", "hubsOf", "healthPort", "isOrchestrator", "orchestratorRuns", "runs", "minReplicas"),
        *("lagRules", "cpuRules", "parts", "activityThreads", "workItems", "sagaRules", "waitingRules"),
        *("program", "waiting", "probes"),
        *("scalesByLag", "scalesByCpu", "otherRules", "chosenRules", "settings", "orchestratorSettings"),
    )
    return Scope.of("service.bicep", values | more, variables)


def environment(tier: str, service: str = "order") -> dict[str, str]:
    """The environment of the container."""
    more = {
        "size": TIERS[tier],
        "eventHubName": "saga-events",
        "inboundHubName": "orders",
        "cosmosEndpoint": "https://cosmos-x.documents.azure.com:443/",
        "buckets": 256,
        "orderDeadlineSeconds": 900,
        "paymentGateway": "shop.gateway:open_gateway",
        "carrier": "simulated",
    }
    given = deployed(service, STYLES[service], **more).value(CONTAINER["env"])
    return {one["name"]: one["value"] for one in given}


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


def test_the_orchestrator_finds_its_scheduler_with_its_own_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    given = environment("prod", ORCHESTRATOR.participant.name)
    added = set(given) - set(environment("prod"))
    assert added == {"DURABLE_TASK_SCHEDULER_CONNECTION_STRING", "ACTIVITY_THREADS"}
    assert added <= OrchestratorSettings.variables()
    for name in ORCHESTRATOR.variables:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = OrchestratorSettings()
    scheduler = settings.scheduler
    assert (scheduler.host_address, scheduler.taskhub) == ("dts-x.westeurope.durabletask.io", "sagas")
    assert (scheduler.secure_channel, scheduler.with_identity, scheduler.client_id) == (True, True, "a-client-id")
    assert str(settings.activity_threads) == parsed("service.bicep")["variables"]["activityThreads"]["value"]


@pytest.mark.parametrize("service", SERVICES, ids=SHOP.names)
def test_its_environment_names_its_ports(service: Service[Any, Any]) -> None:
    """The orchestrator's, too, which opens the ports of all services."""
    names = {"PAYMENT_GATEWAY": "shop.gateway:open_gateway", "CARRIER": "simulated"}
    for caller in (service, ORCHESTRATOR):
        given = environment("prod", caller.participant.name)
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
    program, option, module = deployed(service, STYLES[service]).value(CONTAINER["command"])
    assert (program, option) == ("python", "-m")
    assert module == f"services.{service}"
    assert find_spec(f"{module}.__main__") is not None


@pytest.mark.parametrize("service", NAMES)
def test_a_replica_of_the_other_style_would_do_nothing(service: str) -> None:
    """Container Apps may start one for a while. It waits for a signal, and nothing asks whether it is healthy."""
    (other,) = {CHOREOGRAPHED, ORCHESTRATED} - {STYLES[service]}
    scope = deployed(service, cast("Style", other))
    assert scope.value(CONTAINER["command"]) == ["python", "-c", "import signal; signal.pause()"]
    assert scope.value(CONTAINER["probes"]) == []


def test_its_probes_ask_what_the_service_answers() -> None:
    served = set(re.findall(r'add_get\("([^"]+)"', inspect.getsource(health)))
    for service in NAMES:
        scope = deployed(service, STYLES[service])
        probes = scope.value(CONTAINER["probes"])
        assert {probe["httpGet"]["path"] for probe in probes} == served
        assert {probe["httpGet"]["port"] for probe in probes} == {scope.values["healthPort"]}
        assert {probe["type"] for probe in probes} == {"Liveness", "Readiness"}


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


def test_the_longest_names_fit() -> None:
    # A container app's name has 32 characters at most.
    limits = parsed("main.bicep")["parameters"]["environmentName"]["decorators"]
    longest = next(one["argument"] for one in limits if one["type"] == "max_length")
    prefix = read_json("abbreviations.json")["containerApp"]
    variable = parsed("service.bicep")["variables"]["shortName"]["value"]
    names = {Scope({"service": name, "isOrchestrator": name in TWIN.names}).value(variable) for name in NAMES}
    assert len(names) == len(NAMES)
    assert max(len(f"{prefix}{name}-") for name in names) + longest <= 32
    assert "${abbreviations.containerApp}${shortName}-${environmentName}" in str(resource("service.bicep", "app").body)


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
    for index, name in enumerate(SHOP.names):
        place = str(outputs[f"{name.upper()}_IDENTITY_NAME"]["value"])
        assert f"'operand_1': 'access', 'operand_2': {index}" in place
    assert "'operand_1': 'orchestratorAccess'" in str(outputs["ORCHESTRATOR_IDENTITY_NAME"]["value"])


def test_each_zone_has_a_replica_where_there_are_zones() -> None:
    for size in read_json("tiers.json").values():
        assert size["minReplicas"] >= (3 if size["zoneRedundant"] else 1)
