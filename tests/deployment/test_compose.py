"""docker-compose.yml says the same as the code, and keeps its promises."""

import json
import re
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import pytest
from quartet_emulators.blob.authorisation import ACCOUNT_KEY
from quartet_emulators.cosmos.wire.authorisation import WELL_KNOWN_KEY
from quartet_emulators.event_hubs.authorisation import EMULATOR_KEY, EMULATOR_KEY_NAME

from quartet.azure.event_hubs.deployed_hubs import deployed_hubs
from quartet.azure.settings import Settings
from quartet.console.settings import ConsoleSettings
from quartet.engine.declaration.hubs import LAYOUTS, Layout
from quartet.local.hub_config import CONSOLE
from quartet.process.application import load_application
from quartet.process.telemetry.opening import is_on
from services.operations.participants import PARTICIPANTS, SIMULATED_PORTS
from services.orchestrator.app import ORCHESTRATED as TWIN
from services.orchestrator.settings import scheduler_of
from services.shop import SHOP
from tests.deployment.compose_file import (
    COMPOSE_FILE,
    DASHBOARD,
    MICROSOFT,
    ORCHESTRATED,
    OURS,
    PROFILES,
    ROOT,
    dot_env,
    services,
    with_dependencies,
)

CHOREOGRAPHED_NAMES = [participant.name for participant in PARTICIPANTS]
(ORCHESTRATOR,) = TWIN.names
PARTICIPANT_NAMES = [*CHOREOGRAPHED_NAMES, ORCHESTRATOR]
"""Every service, of both styles."""
SCHEDULER = "dts-emulator"
SCHEDULER_IS_AT = "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"
ONE_SHOTS = {"seed", "cli", "microsoft-emulators-ready", "dts-emulator-ready"}
OF_MICROSOFT = {"eventhubs-emulator", "azurite", "cosmos-emulator"}
EMULATORS = {*OF_MICROSOFT, OURS, SCHEDULER}

ALL = services()
FROM_OUR_IMAGE = [name for name, service in ALL.items() if service["image"] == ALL["seed"]["image"]]


def settings(service: dict[str, Any]) -> Settings:
    return Settings(**{name.lower(): value for name, value in service["environment"].items()})


def parts(connection_string: str | None) -> dict[str, str]:
    assert connection_string
    return dict(part.split("=", 1) for part in connection_string.split(";") if part)


def names_on_the_network(profile: str) -> set[str]:
    """What a host name may be: a service, or another name that it takes."""
    running = services(profile)
    networks = [network for one in running.values() for network in one.get("networks", {}).values()]
    aliases = [alias for network in networks for alias in network["aliases"]]
    return {*running, *aliases}


def test_these_are_all_services() -> None:
    assert ALL.keys() == {*PARTICIPANT_NAMES, CONSOLE, *ONE_SHOTS, *EMULATORS, DASHBOARD}


@pytest.mark.parametrize("name", PARTICIPANT_NAMES)
def test_a_participant_has_a_container_that_runs_it(name: str) -> None:
    assert ALL[name]["command"] == [f"services.{name}"]
    assert (ROOT / "services" / name / "__main__.py").is_file()


@pytest.mark.parametrize("name", FROM_OUR_IMAGE)
def test_every_variable_is_a_setting_and_has_a_value_that_it_takes(name: str) -> None:
    environment = ALL[name]["environment"]
    own = ConsoleSettings.variables() if name == CONSOLE else frozenset()
    telemetry = {variable for variable in environment if variable.startswith("OTEL_")}  # the SDK's own
    assert environment.keys() - own <= Settings.variables() | SHOP.variables | TWIN.variables | telemetry
    assert not is_on(environment), "docs/telemetry.md: it is off by default"
    assert settings(ALL[name]).event_hub_name == "saga-events"


def test_a_port_is_simulated_because_the_environment_file_says_so() -> None:
    """Not by default."""
    for variable, name in SIMULATED_PORTS.items():
        assert dot_env()[variable] == name
        assert f"{variable}: ${{{variable}:?" in (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
        assert all(ALL[one]["environment"][variable] == name for one in FROM_OUR_IMAGE)


def test_the_services_differ_from_the_tools_only_by_their_health_port() -> None:
    for name in PARTICIPANT_NAMES:
        own = {"HEALTH_PORT": "8080"}
        if name == ORCHESTRATOR:
            own[SCHEDULER_IS_AT] = ALL[name]["environment"][SCHEDULER_IS_AT]
        assert ALL[name]["environment"] == {**ALL["cli"]["environment"], **own}


def test_the_orchestrator_finds_the_scheduler_and_its_task_hub() -> None:
    given = scheduler_of(ALL[ORCHESTRATOR]["environment"][SCHEDULER_IS_AT])
    assert given.host_address == f"{SCHEDULER}:8080", "where Microsoft's emulator speaks gRPC"
    assert (given.secure_channel, given.with_identity) == (False, False)
    assert ALL[SCHEDULER]["environment"]["DTS_TASK_HUB_NAMES"] == given.taskhub


@pytest.mark.parametrize("emulators", PROFILES)
def test_naming_the_orchestrator_starts_everything_that_it_needs_and_none_of_the_four(emulators: str) -> None:
    started = with_dependencies(ORCHESTRATOR, emulators, ORCHESTRATED)
    assert {ORCHESTRATOR, SCHEDULER, "dts-emulator-ready", "seed"} <= started
    assert not started & {*CHOREOGRAPHED_NAMES}
    assert started >= ({OURS} if emulators == OURS else OF_MICROSOFT)


@pytest.mark.parametrize("emulators", PROFILES)
def test_without_its_profile_nothing_of_the_orchestrator_starts(emulators: str) -> None:
    assert not services(emulators).keys() & {ORCHESTRATOR, SCHEDULER, "dts-emulator-ready"}
    assert services(emulators).keys() >= {*CHOREOGRAPHED_NAMES}


def test_services_and_tools_report_if_a_variable_names_a_receiver() -> None:
    named = services(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{DASHBOARD}:18890")
    assert all(is_on(named[name]["environment"]) for name in FROM_OUR_IMAGE)


def test_the_address_of_the_dashboard_in_the_comment_is_where_it_takes_what_services_send() -> None:
    """Its image listens on 18888 (the page), 18889 (gRPC) and 18890 (HTTP)."""
    (address,) = re.findall(r"With the profile `dashboard`: (\S+)", COMPOSE_FILE.read_text(encoding="utf-8"))
    assert (urlsplit(address).hostname, urlsplit(address).port) == (DASHBOARD, 18890)
    assert ALL[DASHBOARD]["ports"] == ["127.0.0.1:18888:18888"], "only its page is for this machine"


@pytest.mark.parametrize("emulators", PROFILES)
def test_the_dashboard_runs_in_its_profile_only(emulators: str) -> None:
    assert DASHBOARD not in services(emulators)
    assert services(emulators, DASHBOARD).keys() == services(emulators).keys() | {DASHBOARD}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_address_is_a_name_on_the_network(profile: str) -> None:
    ours = settings(ALL["order"])
    addresses = (
        parts(ours.event_hubs_connection_string)["Endpoint"],
        parts(ours.blob_connection_string)["BlobEndpoint"],
        parts(ours.cosmos_connection_string)["AccountEndpoint"],
    )
    assert {urlsplit(address).hostname for address in addresses} <= names_on_the_network(profile)


def test_the_keys_are_those_of_the_emulators() -> None:
    ours = settings(ALL["order"])
    event_hubs = parts(ours.event_hubs_connection_string)
    assert (event_hubs["SharedAccessKeyName"], event_hubs["SharedAccessKey"]) == (EMULATOR_KEY_NAME, EMULATOR_KEY)
    assert event_hubs["UseDevelopmentEmulator"] == "true", "the SDK compares it with exactly this"
    assert parts(ours.blob_connection_string)["AccountKey"] == ACCOUNT_KEY
    assert parts(ours.cosmos_connection_string)["AccountKey"] == WELL_KNOWN_KEY


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_hub_of_the_layout_is_there_with_a_group_for_every_receiver(layout: Layout) -> None:
    """`HUB_LAYOUT=inbound docker compose up` needs nothing else."""
    config = json.loads((ROOT / "infra/eventhubs-emulator/Config.json").read_text(encoding="utf-8"))
    (namespace,) = config["UserConfig"]["NamespaceConfig"]
    groups = {hub["Name"]: {group["Name"] for group in hub["ConsumerGroups"]} for hub in namespace["Entities"]}
    for name in FROM_OUR_IMAGE:
        given = settings(services(HUB_LAYOUT=layout)[name])
        hubs = deployed_hubs(given, SHOP.events, SHOP.names)
        assert hubs == SHOP.hubs(layout)
        for hub in hubs.all:
            readers = {one.name for one in PARTICIPANTS if hub in hubs.read_by(one)}
            assert groups[hub.name] >= readers | {CONSOLE}
    for hub in () if layout == "authors" else TWIN.hubs(layout).read_by(TWIN.participant(ORCHESTRATOR)):
        assert ORCHESTRATOR in groups[hub.name]


def test_all_events_are_on_one_hub_by_default() -> None:
    assert {settings(ALL[name]).hub_layout for name in FROM_OUR_IMAGE} == {"one"}


def test_the_same_hubs_are_configured_in_both_profiles() -> None:
    files = {ALL[name]["volumes"][0].split(":")[0] for name in ("eventhubs-emulator", OURS)}
    assert files == {"./infra/eventhubs-emulator/Config.json"}


def test_microsofts_emulators_are_the_default() -> None:
    assert dot_env()["COMPOSE_PROFILES"] == MICROSOFT


@pytest.mark.parametrize("name", PARTICIPANT_NAMES)
def test_a_service_can_run_in_any_number(name: str) -> None:
    assert not {"container_name", "ports", "hostname"} & ALL[name].keys()


@pytest.mark.parametrize("name", PARTICIPANT_NAMES)
def test_a_service_starts_when_there_is_something_to_work_with(name: str) -> None:
    waits_for = {"seed", "dts-emulator-ready"} if name == ORCHESTRATOR else {"seed"}
    assert ALL[name]["depends_on"] == {one: {"condition": "service_completed_successfully"} for one in waits_for}


@pytest.mark.parametrize(("profile", "emulators"), [(MICROSOFT, "microsoft-emulators-ready"), (OURS, OURS)])
def test_seeding_starts_when_the_emulators_of_the_profile_answer(profile: str, emulators: str) -> None:
    waits_for = {name for name in ALL["seed"]["depends_on"] if name in services(profile)}
    assert waits_for == {emulators}


def test_a_condition_can_come_true() -> None:
    """Healthy takes a health check; completed takes a container that does not restart forever."""
    for name, service in ALL.items():
        for dependency, how in service.get("depends_on", {}).items():
            target = ALL[dependency]
            match how["condition"]:
                case "service_healthy":
                    assert "healthcheck" in target, f"{name} waits for {dependency}"
                case "service_completed_successfully":
                    assert target["restart"] == "no", f"{name} waits for {dependency}"
                case condition:
                    assert (name, condition) in {
                        ("microsoft-emulators-ready", "service_started"),
                        ("eventhubs-emulator", "service_started"),
                        ("dts-emulator-ready", "service_started"),
                    }


def test_a_container_checks_each_of_microsofts_emulators() -> None:
    asked = {urlsplit(url).hostname for url in ALL["microsoft-emulators-ready"]["command"]}
    assert asked == OF_MICROSOFT
    assert asked == ALL["microsoft-emulators-ready"]["depends_on"].keys()


def test_another_container_checks_the_scheduler() -> None:
    assert {urlsplit(url).hostname for url in ALL["dts-emulator-ready"]["command"]} == {SCHEDULER}
    assert ALL["dts-emulator-ready"]["depends_on"].keys() == {SCHEDULER}


@pytest.mark.parametrize("name", PARTICIPANT_NAMES)
def test_a_service_restarts_automatically_and_has_a_health_check(name: str) -> None:
    assert ALL[name]["restart"] == "unless-stopped"
    assert ALL[name]["healthcheck"]["test"][:2] == ["CMD", "python"], "the image has neither shell tools nor curl"


def test_a_service_has_the_time_that_its_settings_promise() -> None:
    ours = settings(ALL["order"])
    assert _seconds(ALL["order"]["stop_grace_period"]) > ours.shutdown_seconds
    assert _seconds(ALL["order"]["healthcheck"]["start_period"]) >= ours.startup_seconds


def test_events_and_checkpoints_are_lost_together() -> None:
    """The Event Hubs emulator forgets when it stops, so nothing beside it may remember."""
    for name in EMULATORS:
        assert ALL[name]["restart"] == "no"
        assert all(volume.endswith(":ro") for volume in ALL[name].get("volumes", ()))
    assert "--inMemoryPersistence" in ALL["azurite"]["command"]
    assert any(tmpfs.startswith("/data:") for tmpfs in ALL[OURS]["tmpfs"])


def test_one_service_builds_the_image_and_it_is_part_of_every_profile() -> None:
    assert [name for name, service in ALL.items() if "build" in service] == ["seed"]
    assert all("seed" in services(profile) for profile in PROFILES)


def test_the_licence_of_microsofts_emulator_is_accepted_by_the_user_alone() -> None:
    assert "ACCEPT_EULA" not in dot_env()
    text = COMPOSE_FILE.read_text(encoding="utf-8")
    assert re.search(r"ACCEPT_EULA: \$\{ACCEPT_EULA:\?[^}\n]*set ACCEPT_EULA=Y[^}\n]*\}", text)


def test_the_start_scripts_of_microsofts_cosmos_emulator_may_use_sudo() -> None:
    assert "security_opt" not in ALL["cosmos-emulator"]
    assert all("security_opt" in service for name, service in ALL.items() if name != "cosmos-emulator")


@pytest.mark.parametrize("name", FROM_OUR_IMAGE)
def test_programs_of_our_image_have_no_privileges(name: str) -> None:
    service = ALL[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "user", "network_mode", "pid", "devices"} & service.keys()


@pytest.mark.parametrize("name", ALL)
def test_no_container_takes_the_whole_machine(name: str) -> None:
    assert ALL[name]["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory"}


@pytest.mark.parametrize("name", ALL)
def test_nothing_listens_but_for_this_machine(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in ALL[name].get("ports", ()))


@pytest.mark.parametrize("name", sorted(ALL.keys() - FROM_OUR_IMAGE))
def test_a_foreign_image_has_a_version(name: str) -> None:
    assert re.fullmatch(r"mcr\.microsoft\.com/[\w/.-]+:(v?\d+\.\d+\.\d+|vnext-EN\d{8})", ALL[name]["image"])


@pytest.mark.parametrize("emulators", PROFILES)
def test_the_console_starts_with_the_services_and_waits_for_what_they_wait_for(emulators: str) -> None:
    assert CONSOLE in services(emulators)
    assert ALL[CONSOLE]["depends_on"] == ALL["order"]["depends_on"]
    program, application = ALL[CONSOLE]["command"]
    assert find_spec(f"{program}.__main__") is not None
    assert load_application(application).choreography is SHOP
    other = services(QUARTET_APP="services.orchestrator.app:ORCHESTRATED")[CONSOLE]["command"][1]
    assert load_application(other).choreography is TWIN


def test_the_console_may_act_here_and_keeps_its_projection_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL[CONSOLE]["environment"].items():
        monkeypatch.setenv(name, value)
    own = ConsoleSettings()
    assert (own.actions, own.store, own.identity) == ("on", "sqlite", "none")
    assert (own.host, own.port) == ("0.0.0.0", 8400)


def test_the_page_is_for_this_machine_and_its_health_is_asked_at_the_same_port() -> None:
    port = ALL[CONSOLE]["environment"]["CONSOLE_PORT"]
    assert ALL[CONSOLE]["ports"] == [f"127.0.0.1:8400:{port}"]
    assert services(CONSOLE_PORT="8401")[CONSOLE]["ports"] == ["127.0.0.1:8401:8400"]
    assert 'environ["CONSOLE_PORT"]' in ALL[CONSOLE]["healthcheck"]["test"][-1]
    assert ALL[CONSOLE]["restart"] == "unless-stopped"


def test_the_console_forgets_with_the_hub_and_writes_nowhere_else() -> None:
    assert ALL[CONSOLE]["environment"]["CONSOLE_DATA"] == "/data"
    assert [mount.partition(":")[0] for mount in ALL[CONSOLE]["tmpfs"]] == ["/tmp", "/data"]
    assert "volumes" not in ALL[CONSOLE]


def _seconds(text: str) -> float:
    assert text.endswith("s")
    return float(text.removesuffix("s"))
