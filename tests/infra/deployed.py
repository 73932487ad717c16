"""What Bicep makes of the hubs of a layout: the hubs and their groups, who may send and receive where."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from quartet.engine.declaration.hubs import Layout
from tests.infra.bicep import body_of, parsed
from tests.infra.scope import Scope

FRONT_END: Final = "front end"
OPERATOR: Final = "operator"
SEND: Final = "2b629674-e913-4c01-ae53-ef4638d8f975"
RECEIVE: Final = "a638d3c7-ab3a-418d-83e6-5f17a39d4fde"
"""Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""

Style: TypeAlias = Literal["choreographed", "orchestrated"]
CHOREOGRAPHED: Final = "choreographed"
ORCHESTRATED: Final = "orchestrated"

_VARIABLES: Final = (
    *("saga", "layouts", "layout", "hubsOf", "hubNames", "abbreviations"),
    *("isOrchestrated", "hasAuthors", "isRefused", "stored", "running", "databaseNames", "ofOrchestrator"),
    *("tiers", "size", "ofConsole", "withConsole", "recordContainers", "acts"),
    *("isAnonymous", "isOpenToAll", "isUnguarded"),
)
_HUB_ACCESS: Final = "modules/hub-access.bicep"
_SERVICE_ACCESS: Final = "modules/service-access.bicep"
_CONSOLE_ACCESS: Final = "modules/console-access.bicep"


@dataclass(frozen=True, slots=True)
class Right:
    """A role on a hub, or on one consumer group of it; `name` is the one of the assignment."""

    role: str
    hub: str
    group: str
    name: str


def main(
    layout: Layout,
    style: Style = CHOREOGRAPHED,
    *,
    narrow: bool = True,
    more: Mapping[str, str | bool] = MappingProxyType({}),
) -> Scope:
    """The names in main.bicep, as far as they matter for hubs and databases; `more` are further parameters."""
    parameters = {
        "hubLayout": layout,
        "sagaStyle": style,
        "environmentName": "shop",
        "narrowRoles": narrow,
        "operatorPrincipalId": OPERATOR,
        "frontEndPrincipalId": FRONT_END,
    }
    return Scope.of("main.bicep", {**parameters, **more}, _VARIABLES)


def given(scope: Scope, file: str, module: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """The values of these parameters of a module: once for each time that it is deployed."""
    config = parsed(file)["modules"][module]["config"]
    return [{name: inner.value(body["params"][name]) for name in names} for inner, body in scope.each(config)]


def hubs(layout: Layout, style: Style = CHOREOGRAPHED) -> dict[str, list[str]]:
    """The consumer groups of each hub."""
    names = ("hubs", "partitionCount", "consoleGroup", "orchestratorGroup", "orchestratorHubs")
    (parameters,) = given(main(layout, style), "main.bicep", "eventHubs", names)
    module = Scope.of("modules/event-hubs.bicep", parameters, ())
    of_hub = ("hubName", "readers", "consoleGroup")
    return {
        str(one["hubName"]): [
            inner.value(body["name"])
            for resource in ("groups", "console")
            for inner, body in Scope(one).each(parsed("modules/event-hub.bicep")["resources"][resource]["config"])
        ]
        for one in given(module, "modules/event-hubs.bicep", "each", of_hub)
    }


def rights(layout: Layout, style: Style = CHOREOGRAPHED, *, narrow: bool = True) -> dict[str, list[Right]]:
    """The rights on hubs of each service, of the operator and of front ends."""
    scope = main(layout, style, narrow=narrow)
    (operator,) = given(scope, "main.bicep", OPERATOR, ("principalId", "principalType", "sendTo", "receiveFrom"))
    (front_end,) = given(scope, "main.bicep", "frontEnd", ("principalId", "key", "sendTo", "receiveFrom"))
    found = {
        service["service"]: _of_module(_SERVICE_ACCESS, service) for service in services(layout, style, narrow=narrow)
    }
    return {
        **found,
        OPERATOR: _of_module("modules/operator-access.bicep", operator),
        FRONT_END: _on_hubs(front_end),
    }


def services(layout: Layout, style: Style = CHOREOGRAPHED, *, narrow: bool = True) -> list[dict[str, Any]]:
    """What service-access.bicep is given for each service: the four, and the orchestrator."""
    names = ("service", "identityName", "databases", "sendTo", "receiveFrom", "onlyReceiveFrom", "narrow")
    scope = main(layout, style, narrow=narrow)
    return [one for module in ("access", "orchestratorAccess") for one in given(scope, "main.bicep", module, names)]


def console_access(layout: Layout, style: Style = CHOREOGRAPHED, **more: str | bool) -> Scope:
    """What console-access.bicep is given, and what it makes of it."""
    names = ("runs", "acts", "identityName", "hubs", "requestsHub", "database", "databases", "records")
    (parameters,) = given(main(layout, style, more=more), "main.bicep", "consoleAccess", names)
    return Scope.of(_CONSOLE_ACCESS, parameters)


def console_rights(layout: Layout, style: Style = CHOREOGRAPHED, **more: str | bool) -> list[Right]:
    """Its rights on hubs, where it runs."""
    return _of_module(_CONSOLE_ACCESS, console_access(layout, style, **more).values)


def checkpoint_prefixes(service: Mapping[str, Any]) -> list[str]:
    """The paths below which a service may write checkpoints."""
    condition = Scope.of(_SERVICE_ACCESS, service).values["ownCheckpointsOnly"]
    (allowed,) = re.findall(r" OR \((@.*)\)\)$", condition)
    terms = [
        re.fullmatch(r"@Resource\[[\w./]+/blobs:path\] StringLike '([^']+)'", one) for one in allowed.split(" OR ")
    ]
    return [term[1] if term else "" for term in terms]


def _of_module(file: str, parameters: Mapping[str, Any]) -> list[Right]:
    scope = Scope.of(file, parameters).having(identity={"properties": {"principalId": "an id"}})
    names = body_of(parsed(file)["modules"]["onHubs"]["config"])["params"].keys() - {"namespaceName"}
    (inner,) = given(scope, file, "onHubs", sorted(names))
    return _on_hubs(inner)


def _on_hubs(parameters: Mapping[str, Any]) -> list[Right]:
    """What hub-access.bicep makes."""
    scope = Scope.of(_HUB_ACCESS, {**parameters, "namespaceName": "ns"})
    found = []
    for name, resource in parsed(_HUB_ACCESS)["resources"].items():
        made = [_made(inner, body) for inner, body in scope.each(resource["config"])]
        if resource["existing"]:
            scope = scope.having(**{name: made if "loop_type" in resource["config"] else made[0]})
        else:
            found += [_right(one) for one in made]
    return found


def _made(scope: Scope, body: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = scope.value(body)
    return {**made, "id": f"{made['parent']['id']}/{made['name']}" if "parent" in made else made["name"]}


def _right(assignment: Mapping[str, Any]) -> Right:
    _, hub, group = f"{assignment['scope']['id']}/".split("/", 2)
    role = re.findall(r"[0-9a-f-]{36}", assignment["properties"]["roleDefinitionId"])
    assert role[0] in assignment["name"], "a right that is replaced by another role needs another name"
    return Right(role[0], hub, group.rstrip("/"), assignment["name"])
