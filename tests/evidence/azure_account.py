"""Whether a subscription can be used, and who uses it. Nothing here changes anything."""

from collections.abc import Mapping
from typing import Any, Final

from tests.evidence.runner import EvidenceError, Runner

# As docs/deploy.md registers them.
PROVIDERS: Final = (
    *("EventHub", "DocumentDB", "Storage", "App", "ContainerRegistry", "ManagedIdentity"),
    *("OperationalInsights", "Insights", "Network"),
)
_OLDEST: Final = (2, 60)


def read_version(runner: Runner) -> str:
    """The version of Azure CLI.

    Raises:
        EvidenceError: it is too old.
    """
    version = str(runner.run_json("az", "version", "--output", "json")["azure-cli"])
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        raise EvidenceError(f"Azure CLI {version} is too old: 2.60 or newer is needed, run az upgrade")
    return version


def read_account(runner: Runner) -> Mapping[str, Any]:
    """The subscription, and who is logged in.

    Raises:
        EvidenceError: no one is.
    """
    try:
        account: Mapping[str, Any] = runner.run_json("az", "account", "show", "--output", "json")
    except EvidenceError as error:
        raise EvidenceError(f"not logged in to Azure: run az login ({error})") from error
    return account


def check_providers(runner: Runner) -> None:
    """Check that the subscription knows all kinds of resources.

    Raises:
        EvidenceError: one is not registered.
    """
    for name in PROVIDERS:
        query = ("--query", "registrationState", "--output", "tsv")
        state = runner.run("az", "provider", "show", "--namespace", f"Microsoft.{name}", *query).strip()
        if state != "Registered":
            command = f"az provider register --namespace Microsoft.{name}"
            raise EvidenceError(f"the resource provider Microsoft.{name} is {state}: {command}")


def group_exists(runner: Runner, group: str) -> bool:
    """Whether there is a resource group.

    Raises:
        EvidenceError: it is not known.
    """
    answer = runner.run("az", "group", "exists", "--name", group).strip()
    if answer not in {"true", "false"}:
        raise EvidenceError(f"az group exists has answered {answer!r}, not true or false")
    return answer == "true"


def find_operator(runner: Runner, account: Mapping[str, Any]) -> str:
    """The object id of who is logged in.

    Raises:
        EvidenceError: it may not be read.
    """
    user = account["user"]
    is_person = user["type"] == "user"
    asked = ("signed-in-user", "show") if is_person else ("sp", "show", "--id", str(user["name"]))
    try:
        return runner.run("az", "ad", *asked, "--query", "id", "--output", "tsv").strip()
    except EvidenceError as error:
        raise EvidenceError(
            f"the object id of {user['name']} is not known: set OPERATOR_PRINCIPAL_ID ({error})"
        ) from error


def find_roles(runner: Runner, account: Mapping[str, Any], group: str) -> list[str]:
    """The names of the custom roles that may be assigned in a resource group alone.

    Raises:
        EvidenceError: it is not known.
    """
    scope = f"/subscriptions/{account['id']}/resourceGroups/{group}"
    query = f"[?length(assignableScopes) == `1` && assignableScopes[0] == '{scope}'].name"
    listing = ("az", "role", "definition", "list", "--custom-role-only", "true", "--scope", scope)
    return runner.run(*listing, "--query", query, "--output", "tsv").split()
