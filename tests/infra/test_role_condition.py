"""What the identity of the deployment workflow may assign."""

import uuid

import pytest

from infra.pipeline import UnusableError
from infra.pipeline.role_condition import condition, guid, roles
from tests.infra.bicep import resources

GROUP = "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-quartet-prod"


def assigned() -> set[str]:
    """The name of each role that is assigned."""
    found = set()
    for one in resources():
        if one.type == "Microsoft.Authorization/roleAssignments":
            role = one.properties["roleDefinitionId"]
            name = role if isinstance(role, str) else role["function"]["parameters"]["resource_name_1"]
            found.add({"checkpointRoleId": "checkpoint-role"}.get(name, name))
    return found


def test_the_identity_may_assign_every_role_that_is_assigned() -> None:
    assert {"acrPull", "checkpoint-role", "eventHubsDataReceiver", "eventHubsDataSender"} <= assigned()
    assert assigned() <= set(roles(GROUP).values())


def test_it_may_assign_no_role_that_assigns_roles() -> None:
    owner, contributor = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"
    administrators = {"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"}
    assert set(roles(GROUP)) & {owner, contributor, *administrators} == set()


def test_a_role_that_is_created_is_allowed_by_the_id_that_it_will_have() -> None:
    created = [one.module for one in resources() if one.type == "Microsoft.Authorization/roleDefinitions"]
    assert created == ["modules/checkpoint-role.bicep"]
    namespace = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
    assert roles(GROUP)[str(uuid.uuid5(namespace, f"{GROUP}-checkpoint-role"))] == "checkpoint-role"
    assert guid("a", "b") == str(uuid.uuid5(namespace, "a-b"))


@pytest.mark.parametrize("group", ["", "rg-quartet-prod", f"{GROUP}/providers/x", GROUP.replace("resourceGroups", "x")])
def test_a_name_is_no_id(group: str) -> None:
    with pytest.raises(UnusableError, match="is no id of a resource group"):
        roles(group)


def test_the_condition_limits_both_what_is_assigned_and_what_is_removed() -> None:
    write, delete = condition(["a", "b"]).split(" AND ")
    assert write == (
        "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR "
        "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {a, b}))"
    )
    assert delete == write.replace("/write'", "/delete'").replace("@Request", "@Resource")
