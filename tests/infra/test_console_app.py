"""The console as a container app: behind a sign-in, once, or not at all."""

import inspect
import re
from importlib.util import find_spec
from typing import Any, Final

import pytest

from quartet.azure.cosmos import console_database
from quartet.azure.settings import Settings
from quartet.console.settings import ConsoleSettings
from quartet.console.web import app as web_app
from quartet.local.hub_config import CONSOLE
from quartet.process.application import VARIABLE, load_application
from services.shop import SHOP
from tests.infra.bicep import INFRA, assignments, parsed, read_json, resource, resources, using
from tests.infra.scope import Scope

TIERS: Final = read_json("tiers.json")
APP: Final = resource("console.bicep", "app").properties
(CONTAINER,) = APP["template"]["containers"]
SIGN_IN: Final = resource("console.bicep", "signIn").properties
PROVIDER: Final = SIGN_IN["identityProviders"]["azureActiveDirectory"]
_IDENTITY: Final = {"id": "its identity", "properties": {"clientId": "id-of-the-identity"}}


def scope(console: str = "true", **more: str) -> Scope:
    """The names in console.bicep."""
    values: dict[str, Any] = {
        "console": console,
        "consoleActions": "off",
        "clientId": "a-registration",
        "allowedGroups": "group-1,group-2",
        "allowedUsers": "",
        "application": "services.shop:SHOP",
        "environmentName": "shop",
        "tier": "dev",
        "eventHubsNamespace": "evhns-x.servicebus.windows.net",
        "eventHubName": "saga-events",
        "hubLayout": "inbound",
        "inboundHubName": "orders",
        "blobAccountUrl": "https://stx.blob.core.windows.net/",
        "blobContainer": "checkpoints",
        "cosmosEndpoint": "https://cosmos-x.documents.azure.com:443/",
        "buckets": 256,
        "identity": _IDENTITY,
        "location": "westeurope",
    }
    return Scope.of("console.bicep", values | more)


def environment(**more: str) -> dict[str, str]:
    given = scope(**more).value(CONTAINER["env"])
    return {one["name"]: one["value"] for one in given}


def test_its_environment_makes_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = environment()
    for name in Settings.variables() | SHOP.variables:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.event_hubs_namespace == "evhns-x.servicebus.windows.net"
    assert (settings.hub_layout, settings.inbound_hub_name) == ("inbound", "orders")
    assert settings.buckets == read_json("saga.json")["buckets"]
    assert given.keys() - {"AZURE_CLIENT_ID"} <= Settings.variables() | ConsoleSettings.variables()


def test_it_reads_only_and_asks_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    own = ConsoleSettings()
    assert (own.actions, own.identity, own.store) == ("off", "container-apps", "cosmos")
    assert own.data.is_relative_to("/tmp"), "the user of the image may write nowhere else"
    # From outside of the container.
    assert own.host == "0.0.0.0"
    assert environment(consoleActions="on")["CONSOLE_ACTIONS"] == "on"


def test_there_is_one_because_it_alone_writes_its_projection() -> None:
    scale = APP["template"]["scale"]
    assert scope().value(scale) == {"minReplicas": 1, "maxReplicas": 1}


def test_without_a_console_the_app_does_nothing_and_cannot_be_reached() -> None:
    off = scope("false")
    assert off.value(APP["template"]["scale"]["minReplicas"]) == 0
    assert off.value(APP["configuration"]["ingress"]) is None
    assert off.value(APP["configuration"]["secrets"]) == []
    assert off.value(CONTAINER["command"]) == ["python", "-c", "import signal; signal.pause()"]
    assert off.value(CONTAINER["probes"]) == []
    assert off.value(parsed("console.bicep")["resources"]["signIn"]["config"]["condition"]) is False
    for one in ("keepsRestarting", "hasNoReplica"):
        assert off.value(resource("console.bicep", one).properties["enabled"]) is False


def test_it_runs_the_console() -> None:
    program, option, module, application = scope().value(CONTAINER["command"])
    assert (program, option) == ("python", "-m")
    assert find_spec(f"{module}.__main__") is not None
    assert load_application(application).choreography is SHOP
    given = assignments("services/console.bicepparam")["application"]
    assert given == f"readEnvironmentVariable('{VARIABLE}')"


def test_every_request_is_signed_in_first() -> None:
    assert SIGN_IN["platform"] == {"enabled": True}
    assert SIGN_IN["globalValidation"] == {
        "unauthenticatedClientAction": "RedirectToLoginPage",
        "redirectToProvider": "azureactivedirectory",
        "excludedPaths": [],
    }
    assert SIGN_IN["httpSettings"]["requireHttps"] is True
    assert resource("console.bicep", "signIn").body["parent"] == "app"
    assert scope().value(APP["configuration"]["ingress"])["allowInsecure"] is False


def test_only_the_named_groups_and_users_are_let_in() -> None:
    validation = scope(allowedUsers="user-1").value(PROVIDER["validation"])
    assert validation["defaultAuthorizationPolicy"]["allowedPrincipals"] == {
        "groups": ["group-1", "group-2"],
        "identities": ["user-1"],
    }
    assert validation["allowedAudiences"] == ["a-registration"]
    assert "${tenant().tenantId}/v2.0" in PROVIDER["registration"]["openIdIssuer"]


def test_it_signs_in_with_its_identity_and_has_no_secret() -> None:
    """The one "secret" is the client id of the identity, under the name by which Container Apps knows what it is."""
    (stored,) = scope().value(APP["configuration"]["secrets"])
    assert stored == {"name": "override-use-mi-fic-assertion-client-id", "value": "id-of-the-identity"}
    assert scope().value(PROVIDER["registration"]["clientSecretSettingName"]) == stored["name"]
    assert SIGN_IN["login"]["tokenStore"] == {"enabled": False}


def test_its_probes_ask_the_port_that_it_serves() -> None:
    probes = scope().value(CONTAINER["probes"])
    assert {str(probe["httpGet"]["port"]) for probe in probes} == {environment()["CONSOLE_PORT"]}
    assert scope().value(APP["configuration"]["ingress"])["targetPort"] == probes[0]["httpGet"]["port"]
    assert {probe["type"]: probe["httpGet"]["path"] for probe in probes} == {
        "Startup": "/health/live",
        "Liveness": "/health/live",
        "Readiness": "/health/ready",
    }
    served = set(re.findall(r'get\("(/health/\w+)"', inspect.getsource(web_app)))
    assert {probe["httpGet"]["path"] for probe in probes} == served
    started = next(probe for probe in probes if probe["type"] == "Startup")
    assert started["periodSeconds"] * started["failureThreshold"] >= int(environment()["STARTUP_SECONDS"])
    assert started["failureThreshold"] <= 10, "the most that Container Apps takes"


def test_the_longest_name_fits() -> None:
    limits = parsed("main.bicep")["parameters"]["environmentName"]["decorators"]
    longest = next(one["argument"] for one in limits if one["type"] == "max_length")
    assert len(f"{read_json('abbreviations.json')['containerApp']}{CONSOLE}-") + longest <= 32


def test_its_parameters_come_from_what_main_puts_out() -> None:
    given = assignments("services/console.bicepparam")
    read = set(re.findall(r"readEnvironmentVariable\('(\w+)'", " ".join(given.values())))
    assert using("services/console.bicepparam").resolve() == INFRA / "console.bicep"
    assert set(given) == set(parsed("console.bicep")["parameters"])
    assert read <= set(parsed("main.bicep")["outputs"]) | {"AZURE_ENV_NAME", "SERVICE_CONSOLE_IMAGE_NAME"}


def test_doctor_reads_what_main_puts_out() -> None:
    assert console_database.VARIABLE in parsed("main.bicep")["outputs"]
    assert console_database.VARIABLE in read_json("main.parameters.json")["parameters"]["console"]["value"]


def test_what_main_puts_out_is_what_it_takes() -> None:
    """azd keeps both under one name: a value that came out must be one that may go in."""
    outputs = parsed("main.bicep")["outputs"]
    taken = read_json("main.parameters.json")["parameters"]
    for value in (True, False):
        out = Scope({"console": value}).value(outputs["QUARTET_CONSOLE"]["value"])
        assert out == str(value).lower()
    assert taken["console"]["value"].startswith("${QUARTET_CONSOLE=")
    for name in ("consoleActions", "consoleClientId", "consoleGroups", "consoleUsers"):
        variable = re.findall(r"\$\{(\w+)=", taken[name]["value"])[0]
        assert outputs[variable]["value"] == name


def test_its_alerts_have_chapters_in_the_runbook() -> None:
    runbook = (INFRA.parent / "docs" / "runbook.md").read_text()
    chapters = set(re.findall(r"^## .*?`([\w-]+)`", runbook, re.MULTILINE))
    alerts = [one for one in resources("console.bicep") if one.type == "Microsoft.Insights/metricAlerts"]
    assert len(alerts) == 2
    for one in alerts:
        assert set(re.findall(r"runbook\.md, ([\w-]+)\.", one.properties["description"])) <= chapters
