"""The condition under which the identity of the deployment workflow may assign roles: only those that infra/ assigns.

    az role assignment create --role "Role Based Access Control Administrator" --condition-version 2.0 \
      --condition "$(python3 -m infra.pipeline.role_condition "$GROUP_ID")" …

A role that infra/ creates has an id that follows from the id of the resource group. `guid()` of Bicep is a UUID of
version 5, as public Terraform modules compute it that give a resource the name that Bicep gives it; it was not compared
with Azure. Roles of Cosmos DB are not among them: they are resources of the account.
"""

import re
import uuid
from collections.abc import Iterable
from typing import Final

from infra.pipeline import INFRA, UnusableError, command

_NAMESPACE: Final = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_BUILT_IN: Final = re.compile(r"^var (\w+) = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'$", re.MULTILINE)
_OF_COSMOS: Final = re.compile(r"00000000-0000-0000-0000-0000000000\d\d")
_CREATED: Final = re.compile(r"'Microsoft\.Authorization/roleDefinitions@[^']+' = \{\n  name: (.+)\n")
_OF_GROUP: Final = re.compile(r"guid\(resourceGroup\(\)\.id, '([\w-]+)'\)")
_GROUP_ID: Final = re.compile(r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[\w.()-]+")


def guid(*values: str) -> str:
    """As the function of the same name in Bicep."""
    return str(uuid.uuid5(_NAMESPACE, "-".join(values)))


def roles(group_id: str) -> dict[str, str]:
    """Each role that a Bicep file assigns in a resource group: id and name.

    Raises:
        UnusableError: that is no id of a resource group, or a role is created under a name that is not understood.
    """
    if not _GROUP_ID.fullmatch(group_id):
        raise UnusableError(f"{group_id!r} is no id of a resource group: use what `az group show --query id` prints")
    found: dict[str, str] = {}
    for file in sorted(INFRA.rglob("*.bicep")):
        text = file.read_text(encoding="utf-8")
        found |= {role: name for name, role in _BUILT_IN.findall(text) if not _OF_COSMOS.fullmatch(role)}
        for name in _CREATED.findall(text):
            match = _OF_GROUP.fullmatch(name)
            if match is None:
                raise UnusableError(
                    f"{file.name} creates a role with the name {name}, which this program cannot compute"
                )
            found[guid(group_id, match[1])] = match[1]
    return dict(sorted(found.items()))


def condition(ids: Iterable[str]) -> str:
    """In the language of Azure's role assignment conditions: assigning and removing, each limited to these roles."""
    allowed = f"ForAnyOfAnyValues:GuidEquals {{{', '.join(ids)}}}"
    return " AND ".join(
        f"((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{action}'}})) OR "
        f"(@{source}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] {allowed}))"
        for action, source in (("write", "Request"), ("delete", "Resource"))
    )


if __name__ == "__main__":
    command(lambda group_id: condition(roles(group_id)), "GROUP_ID")
