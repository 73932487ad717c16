"""`quartet doctor` finds each thing that can be wrong with a deployment, names it, and blames nothing else."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from quartet_emulators.options import parse_options
from quartet_emulators.stack import Stack

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.cosmos.provision import open_database
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, consumer_client, producer_client
from quartet.azure.settings import Settings, load_settings
from quartet.cli.doctor.addresses import Address
from quartet.cli.doctor.check import Finding, Status
from quartet.cli.doctor.cosmos import CosmosVisit
from quartet.cli.doctor.deployment import examine_deployment
from quartet.engine.declaration.participant import DEPLOYMENT, ContainerSpec
from quartet.process.startup import checkpoint_store, participant_database
from services.operations.participants import PARTICIPANTS
from tests.hubs import HUB_CONFIG
from tests.owners import LASTING, take_partitions
from tests.saga.test_start import free_ports

HUB_CHECKS = {
    "Event Hubs: hub",
    "Event Hubs: sending",
    *(f"Event Hubs: group {name}" for name in ("order", "inventory", "payment", "shipping", "console")),
}
CHECKPOINT_CHECKS = {f"Blob Storage: checkpoints of {participant.name}" for participant in PARTICIPANTS}
SERVICES = [participant.name for participant in PARTICIPANTS]
SERVICE_CHECKS = {f"service {name}" for name in SERVICES}
COSMOS_CHECKS = {
    f"Cosmos DB: {what} {participant.database}" for participant in PARTICIPANTS for what in ("database", "buckets of")
}

SERVERS = {
    "EVENT_HUBS_CONNECTION_STRING": "Event Hubs",
    "COSMOS_CONNECTION_STRING": "Cosmos DB",
    "BLOB_CONNECTION_STRING": "Blob Storage",
}
REACHED = {"name", "connection", "clock", "access"}


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stack in which everything is as the services need it; the environment has its settings."""

    stack: Stack
    settings: Settings


async def start(data_dir: Path, config: Path) -> Stack:
    ports = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
    stack = Stack(parse_options(["--data-dir", str(data_dir), "--event-hubs-config", str(config), *ports]))
    await stack.start()
    return stack


async def deploy(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    for name, value in stack.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OWNERSHIP_EXPIRES_SECONDS", LASTING)
    settings = load_settings()
    async with Credentials() as credentials, cosmos_client(settings, credentials, "deployment") as client:
        for participant in PARTICIPANTS:
            await participant_database(client, participant, settings)
        async with checkpoint_store(settings, credentials, "deployment"):
            pass
    await take_partitions(settings, SERVICES)
    return Deployment(stack, settings)


@pytest.fixture
async def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Deployment]:
    stack = await start(tmp_path, HUB_CONFIG)
    try:
        yield await deploy(stack, monkeypatch)
    finally:
        await stack.stop()


def not_ok(findings: list[Finding]) -> dict[str, Finding]:
    return {one.name: one for one in findings if one.verdict.status is not Status.OK}


def blamed(findings: list[Finding], *names: str) -> str:
    """Assert that these checks have failed and no others, and that each says what to do; what the first has found."""
    failed = {one.name: one.verdict for one in findings if one.verdict.status is Status.FAILED}
    assert set(failed) == set(names), failed
    assert all(verdict.hint for verdict in failed.values())
    return failed[names[0]].detail


def skipped(findings: list[Finding]) -> set[str]:
    return {one.name for one in findings if one.verdict.status is Status.SKIPPED}


@pytest.mark.usefixtures("deployment")
async def test_a_deployment_as_it_should_be_is_fine() -> None:
    findings = await examine_deployment()
    assert not_ok(findings) == {}
    assert {one.name for one in findings} > HUB_CHECKS | COSMOS_CHECKS | CHECKPOINT_CHECKS | SERVICE_CHECKS
    details = {one.name: one.verdict.detail for one in findings}
    assert details["Event Hubs: hub"] == "saga-events has 4 partitions"
    assert details["Event Hubs: access"] == "with the key RootManageSharedAccessKey"
    assert details["Cosmos DB: buckets of orders"] == "16, as BUCKETS says"


async def test_a_group_whose_partitions_have_an_owner_is_there(deployment: Deployment) -> None:
    """A running service keeps others off its partitions; that is no fault."""
    receives = asyncio.Event()

    async def on_event(*_: object) -> None:
        receives.set()

    async with AsyncExitStack() as clients:
        nobody = await clients.enter_async_context(Credentials())
        producer = await clients.enter_async_context(producer_client(deployment.settings, nobody, "test"))
        await HubPublisher(producer).publish("0", [{"id": "1"}])
        owner = await clients.enter_async_context(consumer_client(deployment.settings, nobody, "test", "order"))
        receiving = asyncio.create_task(
            owner.receive(on_event, partition_id="0", owner_level=0, starting_position="-1")
        )
        await receives.wait()
        assert not_ok(await examine_deployment()) == {}
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)


@pytest.mark.parametrize(
    ("environment", "failed", "found"),
    [
        ({"EVENT_HUB_NAME": "nope"}, ("Event Hubs: hub",), "no hub 'nope'"),
        (
            {"BUCKETS": "4", "BLOB_CONTAINER": "nope"},
            (
                *(f"Cosmos DB: buckets of {participant.database}" for participant in PARTICIPANTS),
                "Blob Storage: access",
            ),
            "laid out with 16 buckets, and BUCKETS is 4",
        ),
    ],
)
@pytest.mark.usefixtures("deployment")
async def test_a_wrong_setting_is_found(
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str],
    failed: tuple[str, ...],
    found: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert found in blamed(await examine_deployment(), *failed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"EVENT_HUBS_CONNECTION_STRING": "SAS_KEY_VALUE"},
        {"COSMOS_CONNECTION_STRING": "C2y6", "BLOB_CONNECTION_STRING": "Eby8"},
    ],
)
async def test_a_wrong_key_is_found_and_what_depends_on_it_is_skipped(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, wrong: Mapping[str, str]
) -> None:
    for variable, key in wrong.items():
        monkeypatch.setenv(variable, deployment.stack.settings[variable].replace(key, "AAAA"))
    findings = await examine_deployment()
    servers = {SERVERS[variable]: variable for variable in wrong}
    blamed(findings, *(f"{server}: access" for server in servers))
    for one in findings:
        server, _, what = one.name.partition(": ")
        if what == "access" and server in servers:
            assert servers[server] in one.verdict.hint
        elif server in servers and what not in REACHED:
            assert one.verdict.status is Status.SKIPPED
            assert one.verdict.detail == f"because of '{server}: access'"


@pytest.mark.usefixtures("deployment")
async def test_a_server_that_is_not_there_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    wrong = f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;"
    monkeypatch.setenv("EVENT_HUBS_CONNECTION_STRING", wrong)
    findings = await examine_deployment()
    assert f"127.0.0.1:{port}" in blamed(findings, "Event Hubs: connection")
    assert skipped(findings) == {"Event Hubs: access"} | HUB_CHECKS | CHECKPOINT_CHECKS | SERVICE_CHECKS


@pytest.mark.usefixtures("deployment")
async def test_a_name_that_does_not_exist_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of a resolver that knows it. The machine's own may have none that answers, and takes its time."""
    resolve = socket.getaddrinfo

    def look_up(host: str | bytes, *arguments: Any, **options: Any) -> list[Any]:  # noqa: ANN401 -- as they come
        if host in ("nowhere.invalid", b"nowhere.invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setenv("COSMOS_CONNECTION_STRING", "AccountEndpoint=https://nowhere.invalid/;AccountKey=AAAA;")
    findings = await examine_deployment()
    assert "nowhere.invalid" in blamed(findings, "Cosmos DB: name")
    assert skipped(findings) == {f"Cosmos DB: {what}" for what in ("connection", "clock", "access")} | COSMOS_CHECKS


async def test_a_missing_consumer_group_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = json.loads(HUB_CONFIG.read_text(encoding="utf-8"))
    hub = config["UserConfig"]["NamespaceConfig"][0]["Entities"][0]
    hub["ConsumerGroups"] = [group for group in hub["ConsumerGroups"] if group["Name"] != "payment"]
    file = tmp_path / "Config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    stack = await start(tmp_path, file)
    try:
        await deploy(stack, monkeypatch)
        findings = await examine_deployment()
    finally:
        await stack.stop()
    assert "no consumer group 'payment'" in blamed(findings, "Event Hubs: group payment")
    assert skipped(findings) == set()


async def test_a_container_with_another_partition_key_or_none_is_found(deployment: Deployment) -> None:
    async with Credentials() as credentials, cosmos_client(deployment.settings, credentials, "deployment") as client:
        orders = client.get_database_client("orders")
        await orders.delete_container("orders")
        await orders.create_container("orders", PartitionKey("/customer_id"))
        await client.get_database_client("shipping").delete_container("carrier-ledger")
    findings = await examine_deployment()
    words = blamed(findings, "Cosmos DB: database orders", "Cosmos DB: database shipping")
    assert words == "orders is partitioned by /customer_id, not by /pk"
    assert skipped(findings) == {"Cosmos DB: buckets of orders", "Cosmos DB: buckets of shipping"}


async def test_dead_letters_that_cannot_expire_are_a_warning(deployment: Deployment) -> None:
    """A container of an earlier release: Cosmos DB ignores the times to live in it."""
    async with Credentials() as nobody, cosmos_client(deployment.settings, nobody, "test") as client:
        orders = client.get_database_client("orders")
        await orders.replace_container("dead-letters", PartitionKey("/pk"))
    [(name, finding)] = not_ok(await examine_deployment()).items()
    assert (name, finding.verdict.status) == ("Cosmos DB: database orders", Status.WARNING)
    assert "nothing expires in dead-letters" in finding.verdict.detail
    assert "set the default time to live to -1" in finding.verdict.hint


async def test_a_container_without_the_index_that_its_queries_need_is_found(deployment: Deployment) -> None:
    spec = ContainerSpec("gates", sorted_by=("/terminal", "/number"))
    async with Credentials() as nobody, AsyncExitStack() as stack:
        visit = CosmosVisit(deployment.settings, Address("127.0.0.1", 0, key="emulator"), nobody, stack)
        assert (await visit.check_access()).status is Status.OK
        async with cosmos_client(deployment.settings, nobody, "test") as client:
            await client.get_database_client("orders").create_container("gates", PartitionKey("/pk"), default_ttl=-1)
            verdict = await visit.check_database("orders", [spec])
            await open_database(client, "orders", (spec, DEPLOYMENT), buckets=16, may_create=True)
            assert (await visit.check_database("orders", [spec])).status is Status.OK
    assert (verdict.status, verdict.detail) == (
        Status.FAILED,
        "gates has no composite index of /terminal, /number",
    )


async def test_a_checkpoint_beyond_the_end_of_the_hub_is_found(deployment: Deployment) -> None:
    namespace = f"127.0.0.1:{deployment.stack.event_hubs.port}"
    checkpoint = {
        "fully_qualified_namespace": namespace,
        "eventhub_name": "saga-events",
        "consumer_group": "shipping",
        "partition_id": "2",
        "offset": "900",
        "sequence_number": 9,
    }
    async with Credentials() as nobody, checkpoint_store(deployment.settings, nobody, "test") as store:
        await store.update_checkpoint(checkpoint)
    words = blamed(await examine_deployment(), "Blob Storage: checkpoints of shipping")
    assert words == "beyond the end of the hub: partition 2 (checkpoint 9, end -1)"


@pytest.mark.usefixtures("deployment")
async def test_a_clock_that_is_off_is_a_warning() -> None:
    findings = await examine_deployment(now=lambda: datetime.now(UTC) - timedelta(seconds=20))
    assert {name: one.verdict.status for name, one in not_ok(findings).items()} == {
        "Cosmos DB: clock": Status.WARNING,
        "Blob Storage: clock": Status.WARNING,
    }
    assert all("ahead of this machine" in one.verdict.detail for one in not_ok(findings).values())


async def test_missing_settings_are_the_only_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    for server in ("EVENT_HUBS", "COSMOS", "BLOB"):
        monkeypatch.delenv(f"{server}_CONNECTION_STRING", raising=False)
    findings = await examine_deployment()
    assert "EVENT_HUBS_NAMESPACE" in blamed(findings, "settings")
    assert len(findings) == 1
