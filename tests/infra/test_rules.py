"""What holds for everything in infra/: no secrets, no keys, nothing old, and rights as narrow as they can be."""

import re
from pathlib import Path

import pytest

from tests.infra.bicep import (
    FILES,
    INFRA,
    Resource,
    assignments,
    parsed,
    read_json,
    resource,
    resources,
    using,
)
from tests.infra.scope import Scope

MADE = [one for one in resources() if not one.existing]
TAGGED = re.compile(
    r"namespaces$|databaseAccounts$|storageAccounts$|registries$|managedEnvironments$|containerApps$|schedulers$"
)

# Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
ROLES = {
    "eventHubsDataReceiver": "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
    "eventHubsDataSender": "2b629674-e913-4c01-ae53-ef4638d8f975",
    "blobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "blobDataReader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "acrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "acrPush": "8311e382-0749-4cb8-b61a-304f252e45ec",
    "cosmosDataReader": "00000000-0000-0000-0000-000000000001",
    "cosmosDataContributor": "00000000-0000-0000-0000-000000000002",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "durableTaskDataContributor": "0ad04412-c4d5-4796-b79c-f76d14c8d402",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(INFRA)))
def test_no_file_reads_a_key_or_takes_a_secret(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"listKeys|listCredentials|@secure|connectionString|sharedKey|secretRef|password", text)


def _of(kind: str) -> list[Resource]:
    found = [one for one in MADE if one.type.lower() == kind.lower()]
    assert found, kind
    return found


def test_keys_are_switched_off_everywhere() -> None:
    for kind in (
        "Microsoft.EventHub/namespaces",
        "Microsoft.DocumentDB/databaseAccounts",
    ):
        assert [one.properties["disableLocalAuth"] for one in _of(kind)] == [True]
    for account in _of("Microsoft.Storage/storageAccounts"):
        assert account.properties["allowSharedKeyAccess"] is False
        assert account.properties["allowBlobPublicAccess"] is False
    assert _of("Microsoft.ContainerRegistry/registries")[0].properties["adminUserEnabled"] is False
    assert _of("Microsoft.OperationalInsights/workspaces")[0].properties["features"]["disableLocalAuth"] is True
    assert _of("Microsoft.Insights/components")[0].properties["DisableLocalAuth"] is True


def test_nothing_speaks_old_tls() -> None:
    assert _of("Microsoft.EventHub/namespaces")[0].properties["minimumTlsVersion"] == "1.2"
    assert _of("Microsoft.DocumentDB/databaseAccounts")[0].properties["minimalTlsVersion"] == "Tls12"
    assert {one.properties["minimumTlsVersion"] for one in _of("Microsoft.Storage/storageAccounts")} == {"TLS1_2"}


def test_the_checkpoint_store_keeps_no_copies_of_blobs_but_a_deleted_container() -> None:
    blobs = resource("modules/checkpoints.bicep", "blobs").properties
    assert blobs["isVersioningEnabled"] is False
    assert blobs["deleteRetentionPolicy"]["enabled"] is False
    deleted = blobs["containerDeleteRetentionPolicy"]
    assert deleted["enabled"] is True
    assert deleted["days"] * 24 >= max(tier["retentionHours"] for tier in read_json("tiers.json").values())


def test_one_region_writes() -> None:
    assert _of("Microsoft.DocumentDB/databaseAccounts")[0].properties["enableMultipleWriteLocations"] is False


def test_what_costs_money_has_tags_and_what_matters_has_diagnostics() -> None:
    for one in MADE:
        if TAGGED.search(one.type):
            assert one.body["tags"] in {"tags", "appTags"}, one
    for module in ("event-hubs", "cosmos", "checkpoints", "capture", "registry", "apps-environment"):
        assert resource(f"modules/{module}.bicep", "diagnostics").properties["workspaceId"] == "workspaceId"


def _grants(module: str) -> dict[str, tuple[object, str]]:
    """Role assignments by name: scope and the words of the role."""
    return {
        one.name: (one.body.get("scope"), str(one.properties["roleDefinitionId"]))
        for one in resources(module)
        if one.type == "Microsoft.Authorization/roleAssignments"
    }


ON_SERVERS = {
    "service-access": {
        "mayCheckpoint": ("container", "checkpointRoleId"),
        "mayPull": ("registry", "acrPull"),
        "mayReport": ("insights", "monitoringMetricsPublisher"),
    },
    "console-access": {"mayReadCheckpoints": ("container", "blobDataReader"), "mayPull": ("registry", "acrPull")},
    "operator-access": {
        "onCheckpoints": ("storage", "blobDataReader"),
        "onRegistry": ("registry", "acrPush"),
        "onInsights": ("insights", "monitoringMetricsPublisher"),
    },
}
"""Which roles on what. Those on hubs are in test_hubs.py, those in Cosmos DB below and in test_console_access.py."""


@pytest.mark.parametrize("module", ON_SERVERS)
def test_these_rights_are_given_and_no_others(module: str) -> None:
    grants = _grants(f"modules/{module}.bicep")
    assert {name: scope for name, (scope, _) in grants.items()} == {
        name: scope for name, (scope, _) in ON_SERVERS[module].items()
    }
    for name, (_, role) in ON_SERVERS[module].items():
        assert grants[name][1] == role or f"'resource_name_1': '{role}'" in grants[name][1]


def test_a_service_has_a_role_of_its_own_on_checkpoints() -> None:
    """See test_checkpoint_role.py: no built-in one writes blobs and deletes none."""
    access = parsed("main.bicep")["modules"]["access"]["config"]["config"]["params"]
    assert "'checkpointRole'" in str(access["checkpointRoleId"])


def test_every_right_is_given_by_one_of_these_modules() -> None:
    """So that one which another module gives is looked at."""
    giving = {one.module for one in MADE if "roleAssignments" in one.type or "sqlRoleAssignments" in one.type}
    modules = {*ON_SERVERS, "hub-access", "capture", "scheduler"}
    assert giving == {f"modules/{module}.bicep" for module in modules}


def test_a_service_stores_in_its_own_database_only() -> None:
    store = resource("modules/service-access.bicep", "mayStore").properties
    assert store["scope"] == "${cosmos.id}/dbs/${database}"
    assert store["roleDefinitionId"] == "${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}"


def test_the_account_is_readable_on_request_and_its_documents_are_not() -> None:
    module = parsed("main.bicep")["modules"]["metadataRole"]["config"]
    assert module["condition"] == "readsAccount"
    assert parsed("main.bicep")["parameters"]["cosmosRoleScope"]["default"] == "database"
    for chosen, expected in {"database": False, "account": True}.items():
        assert Scope({"cosmosRoleScope": chosen}).value(parsed("main.bicep")["variables"]["readsAccount"]["value"]) is (
            expected
        )

    (permission,) = resource("modules/cosmos-metadata-role.bicep", "role").properties["permissions"]
    assert permission["dataActions"] == ["Microsoft.DocumentDB/databaseAccounts/readMetadata"]
    right = parsed("modules/service-access.bicep")["resources"]["mayReadAccount"]
    assert "metadataRoleId" in str(right["config"]["condition"])
    assert resource("modules/service-access.bicep", "mayReadAccount").properties["roleDefinitionId"] == "metadataRoleId"
    # Two at the same time are refused.
    assert right["config"]["config"]["dependsOn"] == ["mayStore"]


def test_rights_are_narrow_unless_asked_for() -> None:
    assert parsed("main.bicep")["parameters"]["narrowRoles"]["default"] is True
    checkpoints = resource("modules/service-access.bicep", "mayCheckpoint").properties
    for property_, narrow in {"condition": "ownCheckpointsOnly", "conditionVersion": "2.0"}.items():
        operands = checkpoints[property_]["operator"]["operands"]
        assert (operands["condition"], operands["true_value"]) == ("narrow", narrow)


def test_a_condition_is_about_everything_that_changes_a_checkpoint() -> None:
    condition = parsed("modules/service-access.bicep")["variables"]["ownCheckpointsOnly"]["value"]
    assert set(re.findall(r"\$\{blobAction\}/([\w/]+)", condition)) == {"write", "add/action"}
    assert condition.count("(") == condition.count(")")


@pytest.mark.parametrize(
    "module", ["hub-access", "service-access", "console-access", "operator-access", "capture", "scheduler"]
)
def test_roles_have_their_ids(module: str) -> None:
    variables = parsed(f"modules/{module}.bicep")["variables"]
    used = {name: one["value"] for name, one in variables.items() if name in ROLES}
    assert used
    assert used == {name: ROLES[name] for name in used}


@pytest.mark.parametrize("file", ["dev.bicepparam", "prod.bicepparam"])
def test_parameter_files_are_for_main(file: str) -> None:
    given, known = assignments(file), parsed("main.bicep")["parameters"]
    assert using(file) == INFRA / "main.bicep"
    assert set(given) <= set(known)
    assert {name for name, one in known.items() if one["default"] is None} <= set(given)


def test_prod_is_private_and_dev_is_small() -> None:
    tiers = read_json("tiers.json")
    assert set(tiers) == {"dev", "prod"}
    assert tiers["dev"].keys() == tiers["prod"].keys()
    assert tiers["prod"]["private"] is True
    # Private endpoints of a registry need Premium.
    assert tiers["prod"]["registrySku"] == "Premium"
