"""The two styles of a deployment: Bicep and the orchestrated shop say the same, and nothing runs in both."""

from typing import Any, Final

import pytest

from quartet.engine.declaration.hubs import Layout
from quartet.local.hub_config import CONSOLE
from quartet.process.application import VARIABLE, load_application
from services.orchestrator.activities import SERVICES
from services.orchestrator.app import ORCHESTRATED as TWIN
from services.orchestrator.service import PARTICIPANT, SERVICE
from services.shop import SHOP
from tests.infra import deployed
from tests.infra.bicep import INFRA, assignments, parsed, read_json, resource
from tests.infra.deployed import CHOREOGRAPHED, OPERATOR, ORCHESTRATED, RECEIVE, SEND, Style
from tests.infra.scope import Scope

SAGA: Final = read_json("saga.json")
NAME: Final = PARTICIPANT.name
each_style = pytest.mark.parametrize("style", [CHOREOGRAPHED, ORCHESTRATED])
each_layout = pytest.mark.parametrize("layout", ["one", "inbound"])
"""Those in which one service may speak for all."""


def test_the_styles_are_those_of_the_shop() -> None:
    for file in ("main.bicep", "service.bicep"):
        decorators = parsed(file)["parameters"]["sagaStyle"]["decorators"]
        assert [one["argument"] for one in decorators if one["type"] == "allowed"] == [[CHOREOGRAPHED, ORCHESTRATED]]
    assert list(SHOP.styles) == [ORCHESTRATED]
    assert parsed("main.bicep")["parameters"]["sagaStyle"]["default"] == CHOREOGRAPHED


def test_what_the_orchestrator_hears_and_stores_is_that_of_the_code() -> None:
    stated = SAGA["orchestrator"]
    assert (stated["name"], stated["database"]) == (NAME, PARTICIPANT.database)
    assert stated["hears"] == sorted(PARTICIPANT.hears)
    assert {one["name"]: one["partitionKey"] for one in stated["containers"]} == {
        spec.name: spec.partition_key for spec in PARTICIPANT.all_containers
    }
    others = {one["name"]: one for one in SAGA["services"][0]["containers"]}
    made = {one["name"]: one for one in stated["containers"]}
    assert [made[name] == others[name] for name in ("dead-letters", "deployment")] == [True, True]
    assert TWIN.names == (NAME,)


@each_layout
def test_it_reads_and_writes_the_hubs_of_the_twin(layout: Layout) -> None:
    stated = read_json("hubs.json")[layout]["services"][NAME]
    hubs = TWIN.hubs(layout)
    assert stated["reads"] == [hub.name for hub in hubs.read_by(PARTICIPANT)]
    assert stated["writes"] == hubs.written_by(NAME).name == hubs.written_by("order").name
    assert stated["onlyReads"] == [name for name in stated["reads"] if name != stated["writes"]]


@each_layout
def test_a_group_for_it_is_made_beside_the_others(layout: Layout) -> None:
    """The others keep theirs, with their checkpoints, for the way back."""
    read = {hub.name for hub in TWIN.hubs(layout).read_by(PARTICIPANT)}
    assert deployed.hubs(layout, ORCHESTRATED) == {
        name: [*groups[:-1], *([NAME] if name in read else []), CONSOLE]
        for name, groups in deployed.hubs(layout, CHOREOGRAPHED).items()
    }


@each_layout
@pytest.mark.parametrize("narrow", [True, False])
def test_it_has_its_rights_on_hubs_where_it_runs_and_no_others(layout: Layout, narrow: bool) -> None:
    hubs = TWIN.hubs(layout)
    own = hubs.written_by(NAME)
    expected = {(SEND, own.name, "")}
    for hub in hubs.read_by(PARTICIPANT):
        expected.add((RECEIVE, hub.name, NAME if narrow and hub == own else ""))
    given = deployed.rights(layout, ORCHESTRATED, narrow=narrow)
    assert {(one.role, one.hub, one.group) for one in given[NAME]} == expected
    before = deployed.rights(layout, CHOREOGRAPHED, narrow=narrow)
    assert before[NAME] == []
    assert {who: some for who, some in given.items() if who != NAME} == {
        who: some for who, some in before.items() if who != NAME
    }


@each_layout
def test_it_writes_checkpoints_of_its_own_group_only(layout: Layout) -> None:
    (one,) = (one for one in deployed.services(layout, ORCHESTRATED) if one["service"] == NAME)
    read = TWIN.hubs(layout).read_by(PARTICIPANT)
    assert deployed.checkpoint_prefixes(one) == [f"*/{hub.name}/{NAME}/*" for hub in read]
    config = parsed("modules/service-access.bicep")["resources"]["mayCheckpoint"]["config"]
    for reads, given in ([], False), (["orders"], True):
        assert Scope({"receiveFrom": reads}).value(config["condition"]) is given


def databases(style: Style) -> dict[str, list[str]]:
    """The databases on which each service gets a role."""
    found: dict[str, list[str]] = {}
    for one in deployed.services("one", style):
        access = Scope(one)
        config = parsed("modules/service-access.bicep")["resources"]["mayStore"]["config"]
        found[one["service"]] = [inner.values["database"] for inner, _ in access.each(config)]
    return found


def test_it_stores_in_the_databases_of_all_whom_it_calls_and_in_its_own() -> None:
    called = [service.participant.database for service in SERVICES]
    assert databases(ORCHESTRATED)[NAME] == [*called, PARTICIPANT.database]
    assert databases(CHOREOGRAPHED)[NAME] == []
    for style in (CHOREOGRAPHED, ORCHESTRATED):
        assert {name: some for name, some in databases(style).items() if name != NAME} == {
            service.participant.name: [service.participant.database] for service in SERVICES
        }


@each_style
def test_its_database_is_made_where_it_runs(style: Style) -> None:
    (given,) = deployed.given(
        deployed.main("one", style),
        "main.bicep",
        "cosmos",
        ("services", "requestUnits"),
    )
    made = [service["database"] for service in given["services"]]
    assert (PARTICIPANT.database in made) is (style == ORCHESTRATED)
    assert set(made) <= set(given["requestUnits"])
    assert {service.participant.database for service in SERVICES} <= set(made)


@each_style
def test_alerts_expect_the_services_that_run(style: Style) -> None:
    """One that does not run would be silent forever, and would hear nothing."""
    (given,) = deployed.given(deployed.main("one", style), "main.bicep", "alerts", ("services",))
    app = TWIN if style == ORCHESTRATED else SHOP
    assert {one["name"]: one["hears"] for one in given["services"]} == {one.name: sorted(one.hears) for one in app}


@pytest.mark.parametrize(
    ("style", "layout", "refused"),
    [
        (ORCHESTRATED, "authors", True),
        (ORCHESTRATED, "one", False),
        (ORCHESTRATED, "inbound", False),
        (CHOREOGRAPHED, "authors", False),
    ],
)
def test_the_orchestrator_with_a_hub_for_each_author_is_refused(style: Style, layout: Layout, refused: bool) -> None:
    """By a value that is too short for a parameter whose name says why; before anything is made."""
    guard = "orchestratedSagasNeedHubLayoutOneOrInbound"
    (given,) = deployed.given(deployed.main(layout, style), "main.bicep", "monitoring", (guard,))
    assert (given[guard] == "") is refused
    declared = parsed("modules/monitoring.bicep")["parameters"][guard]
    assert declared["default"] is None
    assert {"type": "min_length", "argument": 1} in declared["decorators"]


def test_the_scheduler_asks_for_an_identity_and_is_private_where_all_are() -> None:
    config = parsed("main.bicep")["modules"]["scheduler"]["config"]
    assert config["condition"] == "isOrchestrated"
    properties = resource("modules/scheduler.bicep", "scheduler").properties
    assert properties["sku"] == {"name": "Consumption"}
    for is_private, ranges, public, allowed in (
        (True, [], "Disabled", []),
        (True, ["198.51.100.7"], "Enabled", ["198.51.100.7"]),
        (False, [], "Enabled", ["0.0.0.0/0"]),
    ):
        scope = Scope({"isPrivate": is_private, "ipRanges": ranges, "isPublic": not is_private or bool(ranges)})
        assert scope.value(properties["publicNetworkAccess"]) == public
        assert scope.value(properties["ipAllowlist"]) == allowed


@pytest.mark.parametrize("scheduler", ["", "an id"])
def test_a_private_scheduler_has_an_endpoint(scheduler: str) -> None:
    module = Scope.of("modules/private-endpoints.bicep", {"schedulerId": scheduler}, ("always", "ofSagas", "servers"))
    servers: list[dict[str, Any]] = module.values["servers"]
    assert len(servers) == (5 if scheduler else 4)
    if scheduler:
        assert (servers[-1]["groupId"], servers[-1]["zone"]) == ("scheduler", "privatelink.durabletask.io")


def test_a_saga_is_known_for_longer_than_an_event_that_could_begin_it_again() -> None:
    days = parsed("modules/scheduler.bicep")["variables"]["retentionDays"]["value"]
    assert days * 24 > max(tier["retentionHours"] for tier in read_json("tiers.json").values())
    (policy,) = resource("modules/scheduler.bicep", "retention").properties["retentionPolicies"]
    assert policy == {"retentionPeriodInDays": "retentionDays"}


def test_the_orchestrator_and_operators_have_a_right_on_the_task_hub() -> None:
    rights = {name: resource("modules/scheduler.bicep", name) for name in ("mayRunSagas", "mayHelpSagas")}
    for right in rights.values():
        assert right.body["scope"] == "taskHub"
        assert "'resource_name_1': 'durableTaskDataContributor'" in str(right.properties["roleDefinitionId"])
    assert rights["mayRunSagas"].properties["principalId"] == "servicePrincipalId"
    assert rights["mayHelpSagas"].properties["principalId"] == OPERATOR + "PrincipalId"
    given = parsed("main.bicep")["modules"]["scheduler"]["config"]["config"]["params"]["servicePrincipalId"]
    assert "'orchestratorAccess'" in str(given)


@each_style
def test_the_command_asks_for_the_services_that_run(style: Style) -> None:
    """`quartet doctor` would miss the others."""
    path = deployed.main("one", style).value(parsed("main.bicep")["outputs"][VARIABLE]["value"])
    assert load_application(path).choreography is (TWIN if style == ORCHESTRATED else SHOP)


def test_every_deployment_says_which_services_run() -> None:
    files = sorted(path for path in (INFRA / "services").glob("*.bicepparam") if path.stem != CONSOLE)
    assert [path.stem for path in files] == sorted([*SHOP.names, NAME])
    for path in files:
        given = assignments(f"services/{path.name}")
        assert given["sagaStyle"] == "readEnvironmentVariable('QUARTET_SAGA_STYLE')"
        assert given["scheduler"] == "readEnvironmentVariable('QUARTET_SCHEDULER')"


def test_its_ports_are_those_of_all_whom_it_calls() -> None:
    assert set(SERVICE.port_variables) == {name for service in SERVICES for name in service.port_variables}
