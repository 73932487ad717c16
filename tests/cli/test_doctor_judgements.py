"""What the doctor makes of what it sees, without a server."""

import asyncio
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError

import pytest

from quartet.azure.settings import Settings
from quartet.cli.doctor.addresses import Address, blob_address, cosmos_address, event_hubs_address
from quartet.cli.doctor.blob import judge_checkpoints
from quartet.cli.doctor.check import Check, Finding, Status, Verdict, broken, doubtful, examine, fine
from quartet.cli.doctor.identity import describe
from quartet.cli.doctor.network import judge_clock
from quartet.cli.doctor.own_settings import check_own_settings
from quartet.cli.doctor.report import findings_json, is_well, summary
from quartet.cli.doctor.versions import judge_versions
from services.order.settings import OrderSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def settings(**changes: object) -> Settings:
    names = {
        "event_hubs_namespace": "ns.servicebus.windows.net",
        "blob_account_url": "https://acc.blob.core.windows.net",
        "cosmos_endpoint": "https://acc.documents.azure.com",
    }
    return Settings.model_validate(names | changes)


async def ok() -> Verdict:
    return fine("yes")


async def no() -> Verdict:
    return broken("no", "fix it")


async def perhaps() -> Verdict:
    return doubtful("perhaps", "look")


async def test_a_check_that_needs_a_failed_one_is_skipped_and_names_the_first_cause() -> None:
    findings = await examine(
        [Check("a", no), Check("b", ok, ("a",)), Check("c", ok, ("b",)), Check("d", ok), Check("e", ok, ("d", "a"))]
    )
    assert [(one.name, one.verdict.status.value, one.verdict.detail) for one in findings] == [
        ("a", "failed", "no"),
        ("b", "skipped", "because of 'a'"),
        ("c", "skipped", "because of 'a'"),
        ("d", "ok", "yes"),
        ("e", "skipped", "because of 'a'"),
    ]


async def test_a_warning_stops_nothing() -> None:
    findings = await examine([Check("a", perhaps), Check("b", ok, ("a",))])
    assert [one.verdict.status for one in findings] == [Status.WARNING, Status.OK]
    assert is_well(findings)


async def test_a_check_that_never_ends_fails_in_time() -> None:
    async def forever() -> Verdict:
        await asyncio.Event().wait()
        raise AssertionError

    (finding,) = await examine([Check("a", forever)], seconds=0.01)
    assert finding.verdict == broken("no answer within 0.01 s", "is the server overloaded, or too far away?")


async def test_a_check_that_raises_fails_alone() -> None:
    async def surprised() -> Verdict:
        raise LookupError("what\nis this")

    first, second = await examine([Check("a", surprised), Check("b", ok)])
    assert first.verdict.detail == "LookupError: what is this"
    assert second.verdict.status is Status.OK


def test_programs_read_every_finding() -> None:
    findings = [Finding("a", fine("yes")), Finding("b", broken("no", "fix it"))]
    assert findings_json(findings) == {
        "ok": False,
        "checks": [
            {"name": "a", "status": "ok", "detail": "yes", "hint": None},
            {"name": "b", "status": "failed", "detail": "no", "hint": "fix it"},
        ],
    }
    assert summary(findings) == "1 ok, 1 failed"


@pytest.mark.parametrize(
    ("offset", "status", "words"),
    [
        (0, Status.OK, "agrees"),
        (-0.9, Status.OK, "agrees"),  # a date is cut to seconds: the server's clock may be nearly one further
        (1.9, Status.OK, "agrees"),
        (5, Status.WARNING, "5 s ahead of"),
        (-6, Status.WARNING, "5 s behind"),
        (400, Status.FAILED, "400 s ahead of"),
    ],
)
def test_clocks_are_compared_as_far_as_a_date_allows(offset: float, status: Status, words: str) -> None:
    verdict = judge_clock(NOON, NOON, NOON + timedelta(seconds=offset))
    assert verdict.status is status
    assert words in verdict.detail


def test_a_slow_answer_is_not_taken_for_a_wrong_clock() -> None:
    assert judge_clock(NOON, NOON + timedelta(seconds=8), NOON + timedelta(seconds=4)).status is Status.OK


def test_versions_outside_their_ranges_are_found() -> None:
    installed = {"azure-cosmos": "4.18.0", "rich": "15.1", "aiohttp": "3.14"}

    def version(name: str) -> str:
        if name not in installed:
            raise PackageNotFoundError
        return installed[name]

    verdict = judge_versions(
        "3.11", ["azure-cosmos<4.18,>=4.17.1", "rich>=15", "aiohttp>=3.14", "typer>=0.29"], version
    )
    assert verdict.status is Status.FAILED
    assert verdict.detail == "azure-cosmos 4.18.0 is outside <4.18,>=4.17.1; typer is missing"
    assert judge_versions("3.11", ["rich>=15"], version).status is Status.OK


def checkpoint(partition: str, number: int) -> dict[str, object]:
    return {"partition_id": partition, "sequence_number": number}


def test_checkpoints_lie_between_the_beginning_and_the_end_of_the_hub() -> None:
    ends = {"0": (0, 9), "1": (100, 120)}
    assert (
        judge_checkpoints([checkpoint("0", 4), checkpoint("1", 120)], ends).detail
        == "of 2 of 2 partitions; 5 events behind"
    )
    assert judge_checkpoints([checkpoint("0", 10)], ends).status is Status.FAILED
    assert judge_checkpoints([checkpoint("7", 3)], ends).status is Status.FAILED
    lost = judge_checkpoints([checkpoint("1", 40)], ends)
    assert (lost.status, lost.detail) == (
        Status.WARNING,
        "events were lost before they were read: partition 1 (checkpoint 40, beginning 100)",
    )
    assert judge_checkpoints([checkpoint("1", 99)], ends).status is Status.OK
    assert judge_checkpoints([checkpoint("1", -1)], ends).status is Status.OK  # put back to the beginning
    assert judge_checkpoints([], ends).status is Status.OK


def test_partitions_without_a_checkpoint_are_behind_by_all_that_they_have() -> None:
    ends = {"0": (0, 5), "1": (0, 99), "2": (10, 9)}
    assert judge_checkpoints([checkpoint("0", 5)], ends).detail == "of 1 of 3 partitions; 100 events behind"
    assert judge_checkpoints([checkpoint("0", -1)], ends).detail == "of 1 of 3 partitions; 106 events behind"
    assert judge_checkpoints([], ends).detail == "none yet: the service has not finished anything; 106 events behind"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"order_deadline_seconds": 200_000}, "56 h"),
        ({"order_deadline_seconds": 20}, "a replica that dies is replaced after 12 s"),
        ({"order_deadline_seconds": 60, "deadline_scan_seconds": 90}, "every 90 s only"),
    ],
)
async def test_times_that_do_not_fit_each_other_are_a_warning(
    changes: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = await check_own_settings(OrderSettings, settings())
    assert verdict.status is Status.OK
    for name, value in changes.items():
        monkeypatch.setenv(name.upper(), str(value))
    verdict = await check_own_settings(OrderSettings, settings())
    assert verdict.status is Status.WARNING
    assert words in verdict.detail


def test_addresses_are_read_from_either_form() -> None:
    cloud = settings()
    assert event_hubs_address(cloud) == Address("ns.servicebus.windows.net", 5671)
    assert cosmos_address(cloud) == Address("acc.documents.azure.com", 443, "https://acc.documents.azure.com/")
    assert blob_address(cloud).url == "https://acc.blob.core.windows.net/checkpoints"
    keys = settings(
        event_hubs_namespace=None,
        event_hubs_connection_string="Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=k=",
        blob_account_url=None,
        blob_connection_string="AccountName=acc;AccountKey=k==;EndpointSuffix=core.windows.net",
        cosmos_endpoint=None,
        cosmos_connection_string="AccountEndpoint=http://localhost:8081/;AccountKey=k==;",
    )
    assert event_hubs_address(keys) == Address("ns.servicebus.windows.net", 5671, key="n")
    assert cosmos_address(keys) == Address("localhost", 8081, "http://localhost:8081/", "the account key")
    assert blob_address(keys).host == "acc.blob.core.windows.net"
    with pytest.raises(ValueError, match="should begin with https://"):
        cosmos_address(settings(cosmos_endpoint="acc.documents.azure.com"))


def test_a_token_is_described_by_whom_it_names() -> None:
    assert describe("e30.eyJvaWQiOiAiMSIsICJ1cG4iOiAiYWRhQGV4YW1wbGUub3JnIn0.x") == "upn ada@example.org"
    for odd in ("", "a.b.c", "e30.e30.x", "e30.W10.x"):
        assert describe(odd) == "an identity that its token does not name"
