"""`quartet doctor` where no keys are used."""

import pytest

from quartet.cli.doctor.check import Finding, Status
from quartet.cli.doctor.deployment import examine_deployment
from tests.cloud.conftest import Cloud


def by_status(findings: list[Finding], status: Status) -> dict[str, str]:
    return {one.name: one.verdict.detail for one in findings if one.verdict.status is status}


async def test_a_deployment_with_identities_is_fine_and_it_is_said_who_we_are(cloud: Cloud) -> None:
    await cloud.run()
    findings = await examine_deployment()
    assert len(by_status(findings, Status.OK)) == len(findings) > 30
    details = by_status(findings, Status.OK)
    assert details["identity"].startswith("oid an-object-of-the-tests, tokens good until ")
    assert details["Event Hubs: access"] == details["Cosmos DB: access"] == "with the identity"


async def test_without_an_identity_nothing_is_tried(cloud: Cloud) -> None:
    cloud.identity.is_away = True
    findings = await examine_deployment()
    (failed,) = by_status(findings, Status.FAILED).items()
    assert failed[0] == "identity"
    assert failed[1].startswith("no identity: DefaultAzureCredential failed")
    assert set(by_status(findings, Status.SKIPPED).values()) == {"because of 'identity'"}
    assert set(by_status(findings, Status.OK)) >= {"Event Hubs: connection", "Cosmos DB: clock", "Blob Storage: clock"}


@pytest.mark.parametrize("server", ["Event Hubs", "Cosmos DB", "Blob Storage"])
async def test_for_an_identity_that_one_server_refuses_the_missing_role_is_named(cloud: Cloud, server: str) -> None:
    """A token for another identity simulates a missing role: the servers answer nearly the same."""
    await cloud.run()
    cloud.identity.mistaken = {
        "Event Hubs": "https://eventhubs.azure.net/",
        "Cosmos DB": "https://127.0.0.1",
        "Blob Storage": "https://storage.azure.com",
    }[server]
    findings = await examine_deployment()
    assert set(by_status(findings, Status.FAILED)) == {f"{server}: access"}
    (hint,) = (one.verdict.hint for one in findings if one.verdict.status is Status.FAILED)
    assert "give the identity the role" in hint
