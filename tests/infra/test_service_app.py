"""A container app of ours gets settings that the service understands, and is asked what it answers."""

import inspect
import re
from importlib.util import find_spec
from typing import Any, cast

import pytest

from quartet.azure.settings import Settings
from quartet.process import health
from quartet.process.service import Service
from services.operations.participants import SERVICES
from services.orchestrator.app import ORCHESTRATED as TWIN
from services.orchestrator.service import SERVICE as ORCHESTRATOR
from services.orchestrator.settings import OrchestratorSettings
from services.order.settings import OrderSettings
from services.shop import SHOP
from tests.infra.bicep import INFRA, assignments, parsed, read_json, resource, using
from tests.infra.container import APP, CONTAINER, NAMES, STYLES, TIERS, deployed, environment
from tests.infra.deployed import CHOREOGRAPHED, ORCHESTRATED, Style
from tests.infra.scope import Scope

# What azd itself puts into the environment.
FROM_AZD = {"AZURE_ENV_NAME", *(f"SERVICE_{name.upper()}_IMAGE_NAME" for name in NAMES)}


# Of the SDK of OpenTelemetry, and of the exporter.
OF_TELEMETRY = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_METRIC_EXPORT_INTERVAL",
}


@pytest.mark.parametrize("tier", TIERS)
def test_its_environment_makes_settings(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = environment(tier)
    for name in Settings.variables() | SHOP.variables:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()

    assert set(given) - {"AZURE_CLIENT_ID"} <= Settings.variables() | SHOP.variables | OF_TELEMETRY
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
