"""What is created in a subscription, and how it is removed again: docs/deploy.md, without azd."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.evidence.azure_account import find_roles, group_exists
from tests.evidence.runner import ROOT, EvidenceError, Runner, wait_until_passed
from tests.evidence.steps import say

SERVICES: Final = ("order", "inventory", "payment", "shipping")
_INFRASTRUCTURE_SECONDS: Final = 3600
_SERVICE_SECONDS: Final = 1200


@dataclass(slots=True)
class Deployment:
    """A deployment of `dev` in a resource group of its own.

    Attributes:
        account: the subscription, and who is logged in.
        operator: the object id of who is logged in.
        created: whether there may be something to remove.
        outputs: the settings of the command line; empty before the infrastructure is there.
    """

    runner: Runner
    name: str
    location: str
    account: Mapping[str, Any] = field(default_factory=dict)
    operator: str = ""
    created: bool = False
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The resource group."""
        return f"rg-{self.name}"

    def deploy_infrastructure(self) -> None:
        """Deploy `infra/main.bicep`."""
        self.created = True
        parameters = self.runner.logs / "parameters.json"
        parameters.write_text(json.dumps(self._parameters()), encoding="utf-8")
        try:
            deployed = self._deploy(parameters)
        except EvidenceError as error:
            # As docs/deploy.md says: the role that it creates may not be known everywhere yet.
            say(f"deploying once more: {error}")
            deployed = self._deploy(parameters)
        outputs = deployed["properties"]["outputs"]
        self.outputs = {name.upper(): str(one["value"]) for name, one in outputs.items()}
        self.outputs["AZURE_ENV_NAME"] = self.name

    def build_image(self) -> None:
        """Build the image in the registry."""
        registry = self.outputs["AZURE_CONTAINER_REGISTRY_ENDPOINT"]
        name = registry.partition(".")[0]
        self.runner.run("az", "acr", "build", "-r", name, "-t", "quartet:evidence", ".", seconds=_SERVICE_SECONDS)
        for service in SERVICES:
            self.outputs[f"SERVICE_{service.upper()}_IMAGE_NAME"] = f"{registry}/quartet:evidence"

    def deploy_services(self) -> None:
        """Deploy the four services."""
        for service in SERVICES:
            self.runner.run(
                *("az", "deployment", "group", "create", "--name", service, "--resource-group", self.group),
                *("--parameters", str(ROOT / "infra" / "services" / f"{service}.bicepparam"), "--output", "none"),
                seconds=_SERVICE_SECONDS,
                environment=self.outputs,
            )

    def remove(self, seconds: float, pause: float) -> None:
        """Remove everything; what fails is attempted again for some seconds, and does not keep the rest.

        The definition of a custom role stays when its resource group is deleted, so it is deleted after it.

        Raises:
            EvidenceError: something may remain.
        """
        problems: list[str] = []
        roles: list[str] = []

        def attempt(action: Callable[[], object]) -> None:
            try:
                action()
            except EvidenceError as error:
                problems.append(str(error))

        if not self.outputs:
            self._cancel()
        attempt(lambda: roles.extend(self._roles()))
        attempt(lambda: wait_until_passed(self._delete_group, seconds, pause))
        attempt(lambda: self.runner.run("az", "deployment", "sub", "delete", "--name", self.name))
        for role in roles:
            attempt(partial(self.runner.run, "az", "role", "definition", "delete", "--name", role))
        if problems:
            raise EvidenceError("; ".join(problems))

    def _deploy(self, parameters: Path) -> Any:  # noqa: ANN401 -- JSON
        return self.runner.run_json(
            *("az", "deployment", "sub", "create", "--name", self.name, "--location", self.location),
            *("--template-file", str(ROOT / "infra" / "main.bicep"), "--parameters", f"@{parameters}"),
            *("--output", "json"),
            seconds=_INFRASTRUCTURE_SECONDS,
        )

    def _parameters(self) -> dict[str, Any]:
        values = {
            "environmentName": self.name,
            "location": self.location,
            "tier": "dev",
            "operatorPrincipalId": self.operator,
            "operatorPrincipalType": "User" if self.account["user"]["type"] == "user" else "ServicePrincipal",
            "paymentGateway": "simulated",
            "carrier": "simulated",
        }
        return {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
            "contentVersion": "1.0.0.0",
            "parameters": {name: {"value": value} for name, value in values.items()},
        }

    def _roles(self) -> list[str]:
        exists = group_exists(self.runner, self.group)
        return find_roles(self.runner, self.account, self.group) if exists else []

    def _cancel(self) -> None:
        """Cancel a deployment that may still run: it would create what is being deleted."""
        try:
            self.runner.run("az", "deployment", "sub", "cancel", "--name", self.name)
        except EvidenceError as error:
            say(f"no deployment was cancelled: {error}")

    def _delete_group(self) -> None:
        if group_exists(self.runner, self.group):
            self.runner.run("az", "group", "delete", "--name", self.group, "--yes", seconds=_INFRASTRUCTURE_SECONDS)
        if group_exists(self.runner, self.group):
            raise EvidenceError(f"the resource group {self.group} is still there")
