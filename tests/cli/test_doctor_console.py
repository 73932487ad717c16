"""`quartet doctor` looks at the database of the console where the deployment has one."""

import pytest

from quartet.azure.cosmos import console_database
from quartet.cli.doctor.check import Status
from quartet.cli.doctor.deployment import examine_deployment
from quartet.console.projection.cosmos.store import open_projection
from tests.cli.test_doctor import Deployment, blamed, deployment, not_ok

__all__ = ["deployment"]  # a fixture

NAME = "Cosmos DB: database console"


@pytest.mark.usefixtures("deployment")
async def test_a_deployment_without_a_console_is_not_asked_for_its_database() -> None:
    assert NAME not in {one.name for one in await examine_deployment()}


async def test_a_database_that_the_console_has_made_is_as_it_must_be(
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(console_database.VARIABLE, "true")
    async with open_projection(deployment.settings):
        pass
    findings = await examine_deployment()
    assert not_ok(findings) == {}
    assert {one.name: one.verdict.status for one in findings}[NAME] is Status.OK


@pytest.mark.usefixtures("deployment")
async def test_a_missing_database_of_the_console_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(console_database.VARIABLE, "true")
    assert blamed(await examine_deployment(), NAME) == "missing: sagas, deployment"
