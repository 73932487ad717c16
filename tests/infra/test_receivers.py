"""In prod, a deployment without a receiver of alerts is refused; `quartet doctor` says it of any."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.cli.doctor.addresses import blob_address, cosmos_address, event_hubs_address
from quartet.cli.doctor.check import Status
from quartet.cli.doctor.deployment import BLOB, COSMOS, HUB, all_checks
from quartet.cli.doctor.receivers import VARIABLE, check_receivers
from tests.infra.bicep import assignments, parsed
from tests.infra.scope import Scope

MAIN = parsed("main.bicep")
GUARD = "alertEmailsMustBeSetInProd"


def receivers(tier: str, emails: str) -> tuple[object, str]:
    """What main.bicep gives to monitoring.bicep: the receivers, and the value that must not be too short."""
    values = {"tier": tier, "alertEmails": emails}
    for name in ("isProd", "emails"):
        values[name] = Scope(values).value(MAIN["variables"][name]["value"])
    given = MAIN["modules"]["monitoring"]["config"]["params"]
    return Scope(values).value(given["emails"]), Scope(values).value(given[GUARD])


def test_prod_without_a_receiver_is_refused() -> None:
    declared = parsed("modules/monitoring.bicep")["parameters"][GUARD]
    assert declared["default"] is None
    assert {"type": "min_length", "argument": 1} in declared["decorators"]
    assert receivers("prod", "") == ([], "")


@pytest.mark.parametrize(
    ("tier", "emails", "expected"),
    [
        ("dev", "", []),
        ("dev", "eve@example.org", ["eve@example.org"]),
        ("prod", "eve@example.org,bob@example.org", ["eve@example.org", "bob@example.org"]),
    ],
)
def test_every_other_deployment_goes_through(tier: str, emails: str, expected: list[str]) -> None:
    given, guard = receivers(tier, emails)
    assert given == expected
    assert len(guard) >= 1


def test_the_refusal_comes_before_anything_is_made() -> None:
    """Nothing that the module is given has to be made first, and it is always made."""
    monitoring = MAIN["modules"]["monitoring"]["config"]
    assert "condition" not in monitoring
    assert "outputs" not in str(monitoring)
    assert "outputs" in str(MAIN["modules"]["eventHubs"])


def test_the_parameters_of_prod_have_no_default() -> None:
    assert assignments("prod.bicepparam")["alertEmails"] == "readEnvironmentVariable('ALERT_EMAILS')"


@pytest.mark.parametrize(
    ("count", "status"), [("2", Status.OK), ("0", Status.WARNING), ("", Status.FAILED), ("-1", Status.FAILED)]
)
async def test_doctor_says_whether_anyone_receives_them(count: str, status: Status) -> None:
    assert (await check_receivers({VARIABLE: count})).status is status


@pytest.mark.parametrize("is_deployed", [True, False])
async def test_doctor_asks_where_the_deployment_has_put_out_how_many(
    is_deployed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert VARIABLE in parsed("main.bicep")["outputs"]
    monkeypatch.delenv(VARIABLE, raising=False)
    if is_deployed:
        monkeypatch.setenv(VARIABLE, "0")
    settings = Settings(
        event_hubs_namespace="ns.servicebus.windows.net", blob_account_url="https://b", cosmos_endpoint="https://c"
    )
    servers = {HUB: event_hubs_address(settings), BLOB: blob_address(settings), COSMOS: cosmos_address(settings)}
    async with AsyncExitStack() as stack, Credentials() as credentials:
        checks = all_checks(settings, servers, credentials, stack, now=lambda: datetime.now(UTC))
    assert ("alerts" in {check.name for check in checks}) is is_deployed
