"""What the console may do: read everything, write its own database, and on request what its actions need."""

from typing import Final

import pytest

from quartet.engine.declaration.hubs import LAYOUTS, Layout
from services.orchestrator.app import ORCHESTRATED as TWIN
from services.shop import SHOP
from tests.infra import deployed
from tests.infra.bicep import body_of, parsed, read_json, resource
from tests.infra.deployed import CHOREOGRAPHED, ORCHESTRATED, RECEIVE, SEND, Style
from tests.infra.scope import Scope

ACCESS: Final = "modules/console-access.bicep"
READER: Final = "00000000-0000-0000-0000-000000000001"
CONTRIBUTOR: Final = "00000000-0000-0000-0000-000000000002"
"""Built-in roles of Cosmos DB: https://learn.microsoft.com/azure/cosmos-db/reference-data-plane-security"""
OF_COSMOS: Final = ("mayStore", "mayRead", "mayCloseLetters", "mayUnblock")
each_layout = pytest.mark.parametrize("layout", LAYOUTS)
each_style = pytest.mark.parametrize("style", [CHOREOGRAPHED, ORCHESTRATED])


def on_hubs(layout: Layout, actions: str) -> set[tuple[str, str, str]]:
    rights = deployed.console_rights(layout, console=True, consoleActions=actions)
    return {(one.role, one.hub, one.group) for one in rights}


@each_layout
def test_it_receives_from_every_hub_and_sends_to_none(layout: Layout) -> None:
    assert on_hubs(layout, "off") == {(RECEIVE, hub.name, "") for hub in SHOP.hubs(layout).all}


@each_layout
def test_with_actions_it_sends_requests_of_operators_and_nothing_else(layout: Layout) -> None:
    """To redrive is a request to the service, which does the work."""
    assert on_hubs(layout, "on") - on_hubs(layout, "off") == {(SEND, SHOP.hubs(layout).of_operators.name, "")}


def in_cosmos(style: Style, *, actions: str = "off", console: bool = True) -> set[tuple[str, str]]:
    """Its roles, each with its scope below the account."""
    scope = deployed.console_access("one", style, console=console, consoleActions=actions)
    scope = scope.having(cosmos={"id": ""}, identity={"properties": {"principalId": "an id"}})
    found = set()
    for name in OF_COSMOS:
        config = parsed(ACCESS)["resources"][name]["config"]
        if "condition" in config and config["condition"] is not None and not scope.value(config["condition"]):
            continue
        for inner, body in scope.each(config):
            properties = inner.value(body["properties"])
            found.add((properties["roleDefinitionId"].rpartition("/")[2], properties["scope"]))
    return found


@each_style
def test_it_reads_the_databases_of_those_who_run_and_writes_its_own(style: Style) -> None:
    own = {(CONTRIBUTOR, f"/dbs/{read_json('saga.json')['console']['database']}")}
    participants = [*SHOP, *(TWIN if style == ORCHESTRATED else [])]
    assert in_cosmos(style) == own | {(READER, f"/dbs/{one.database}") for one in participants}


@each_style
def test_with_actions_it_writes_dead_letters_and_records_and_no_ledger(style: Style) -> None:
    """`quartet dead-letters discard` writes these two containers."""
    added = in_cosmos(style, actions="on") - in_cosmos(style)
    participants = [*SHOP, *(TWIN if style == ORCHESTRATED else [])]
    assert added == {
        (CONTRIBUTOR, f"/dbs/{one.database}/colls/{container}")
        for one in participants
        for container in (one.container, "dead-letters")
    }


@pytest.mark.parametrize("actions", ["off", "on"])
def test_without_a_console_its_identity_may_only_pull_the_image(actions: str) -> None:
    assert in_cosmos(CHOREOGRAPHED, actions=actions, console=False) == set()
    conditions = {
        name: one["config"].get("condition")
        for kind in ("resources", "modules")
        for name, one in parsed(ACCESS)[kind].items()
        if name in {"onHubs", "mayReadCheckpoints", "mayStore"}
    }
    assert conditions == dict.fromkeys(("mayReadCheckpoints", "mayStore", "onHubs"), "runs")


def test_every_role_in_cosmos_db_is_one_of_these() -> None:
    roles = {name for name, one in parsed(ACCESS)["resources"].items() if "sqlRoleAssignments" in one["type"]}
    assert roles == {*OF_COSMOS, "mayReadAccount"}
    account = resource(ACCESS, "mayReadAccount")
    assert account.properties["roleDefinitionId"] == "metadataRoleId"
    given = deployed.main("one").value(parsed("main.bicep")["modules"]["consoleAccess"]["config"]["params"]["records"])
    assert given == [one.container for one in SHOP]


def test_roles_in_cosmos_db_are_made_one_after_the_other() -> None:
    waits = {name: body_of(parsed(ACCESS)["resources"][name]["config"]).get("dependsOn") for name in OF_COSMOS[1:]}
    assert waits == {"mayRead": ["mayStore"], "mayCloseLetters": ["mayRead"], "mayUnblock": ["mayCloseLetters"]}
    assert parsed("main.bicep")["modules"]["consoleAccess"]["config"]["dependsOn"] == ["orchestratorAccess"]
    operator = parsed("main.bicep")["modules"]["operator"]["config"]["config"]
    assert operator["dependsOn"] == ["consoleAccess"]


@pytest.mark.parametrize("console", [True, False])
def test_its_database_is_made_where_it_runs(console: bool) -> None:
    names = ("services", "requestUnits")
    (given,) = deployed.given(deployed.main("one", more={"console": console}), "main.bicep", "cosmos", names)
    stated = read_json("saga.json")["console"]
    assert (stated["database"] in [one["database"] for one in given["services"]]) is console
    assert given["requestUnits"][stated["database"]] == read_json("tiers.json")["dev"]["consoleRequestUnits"]


@pytest.mark.parametrize(
    ("console", "client", "groups", "users", "refused"),
    [
        (True, "", "a-group", "a-user", True),
        (True, "a-client", "", "", True),
        (True, "a-client", "a-group", "", False),
        (True, "a-client", "", "a-user", False),
        (False, "", "", "", False),
    ],
)
def test_a_page_that_anyone_could_see_is_refused(
    console: bool, client: str, groups: str, users: str, refused: bool
) -> None:
    """As in test_style.py: by a value that is too short for a parameter whose name says why."""
    guard = "consoleNeedsAClientIdAndAllowedGroupsOrUsers"
    more: dict[str, str | bool] = {
        "console": console,
        "consoleClientId": client,
        "consoleGroups": groups,
        "consoleUsers": users,
    }
    (given,) = deployed.given(deployed.main("one", more=more), "main.bicep", "monitoring", (guard,))
    assert (given[guard] == "") is refused
    declared = parsed("modules/monitoring.bicep")["parameters"][guard]
    assert declared["default"] is None
    assert {"type": "min_length", "argument": 1} in declared["decorators"]


def test_it_is_off_and_reads_only_unless_asked_for() -> None:
    parameters = parsed("main.bicep")["parameters"]
    assert parameters["console"]["default"] is False
    assert parameters["consoleActions"]["default"] == "off"


def test_in_prod_its_name_is_known_in_the_network() -> None:
    config = parsed("main.bicep")["modules"]["consoleDns"]["config"]
    for console, is_private, made in ((True, True, True), (True, False, False), (False, True, False)):
        scope = Scope({"console": console, "size": {"private": is_private}})
        assert scope.value(config["condition"]) is made
    assert resource("modules/console-dns.bicep", "zone").body["name"] == "domain"
    assert resource("modules/console-dns.bicep", "link").properties["virtualNetwork"] == {"id": "networkId"}
