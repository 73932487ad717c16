"""`doctor` and `status --stuck` on a hub with waiting events: a stalled partition is named, a moving one is not."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quartet.azure.event_hubs.client import HubPublisher
from quartet.cli.lag.lag import Lag, Standstill
from quartet.cli.lag.reading import LagReader, open_lag_reader
from quartet.cli.main import run
from quartet.cli.reading.connection import Cosmos
from quartet.events import new_event, to_json
from services.operations.participants import PARTICIPANTS, SIMULATED_PORTS
from services.operations.seed.seeding import provision
from shared.events import OrderCancellationRequested
from tests.owners import LASTING, take_partitions
from tests.stack_fixture import Servers, running_stack

SERVICES = [participant.name for participant in PARTICIPANTS]
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Deployment:
    """A stack in which every service has owners, and has heard everything but what a test takes back."""

    servers: Servers
    published: dict[str, int] = field(default_factory=lambda: dict.fromkeys("0123", 0))

    async def publish(self, partition: str, *order_ids: str) -> None:
        await HubPublisher(self.servers.hub).publish(
            partition,
            [
                to_json(
                    new_event(
                        OrderCancellationRequested(order_id=order_id, reason="customer"),
                        source="/tests",
                        time=datetime.now(UTC),
                    )
                )
                for order_id in order_ids
            ],
        )
        self.published[partition] += len(order_ids)

    async def checkpoint(self, service: str, partition: str, number: int) -> None:
        await self.servers.checkpoints.update_checkpoint(
            {
                "fully_qualified_namespace": self.servers.hub._address.hostname,  # noqa: SLF001 -- no public name
                "eventhub_name": "saga-events",
                "consumer_group": service,
                "partition_id": partition,
                "offset": "0",
                "sequence_number": number,
            }
        )

    async def finish_everything(self) -> None:
        for service in SERVICES:
            for partition, count in self.published.items():
                if count:
                    await self.checkpoint(service, partition, count - 1)


@pytest.fixture
async def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Deployment]:
    async with running_stack(tmp_path) as servers:
        settings = servers.settings
        for name in ("EVENT_HUBS_NAMESPACE", "BLOB_ACCOUNT_URL", "COSMOS_ENDPOINT"):
            monkeypatch.delenv(name, raising=False)
        environment = {
            "EVENT_HUBS_CONNECTION_STRING": str(settings.event_hubs_connection_string),
            "BLOB_CONNECTION_STRING": str(settings.blob_connection_string),
            "COSMOS_CONNECTION_STRING": str(settings.cosmos_connection_string),
            "OWNERSHIP_EXPIRES_SECONDS": LASTING,
            **SIMULATED_PORTS,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        await provision(Cosmos(servers.cosmos, settings))
        await take_partitions(settings, SERVICES)
        yield Deployment(servers)


async def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, list[str]]:
    capsys.readouterr()
    status = await asyncio.to_thread(run, [*arguments, "--json"])
    captured = capsys.readouterr()
    return status, json.loads(captured.out) if captured.out else None, captured.err.splitlines()


def failed(checks: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["detail"] for one in checks["checks"] if one["status"] != "ok"}


async def test_a_partition_without_unhandled_events_is_fine(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    await deployment.publish("0", "ord-1", "ord-2")
    await deployment.finish_everything()
    status, checks, _ = await command(capsys, "doctor", "--standing", "0")
    assert (status, failed(checks)) == (0, {})
    status, found, _ = await command(capsys, "status", "--stuck", "--standing", "0")
    assert status == 0
    assert found == {"orders": [], "partitions": [], "not_running": [], "other_dead_letters": 0, "unreadable": []}


async def test_a_stalled_partition_is_named_with_its_oldest_event(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Payment has a checkpoint in partition 1 and none in partition 3; each service is somewhere else."""
    await deployment.publish("1", "ord-1", "ord-2", "ord-3")
    await deployment.finish_everything()
    await deployment.publish("3", "ord-4", "ord-5")
    await deployment.checkpoint("payment", "1", 0)
    for service in SERVICES:
        if service != "payment":
            await deployment.checkpoint(service, "3", 1)
    status, found, _ = await command(capsys, "status", "--stuck", "--standing", "0")
    assert status == 1
    assert [
        (one["service"], one["partition"], one["sequence_number"], one["type"], one["subject"], one["waiting"])
        for one in found["partitions"]
    ] == [
        ("payment", "1", 1, "OrderCancellationRequested.v1", "ord-2", 2),
        ("payment", "3", 0, "OrderCancellationRequested.v1", "ord-4", 2),
    ]
    # Orders without a record are reported for the event at which the partition is stalled.
    assert [one["order_id"] for one in found["orders"]] == ["ord-2", "ord-4"]

    status, checks, _ = await command(capsys, "doctor", "--standing", "0")
    assert status == 1
    assert set(failed(checks)) == {"service payment"}
    words = failed(checks)["service payment"]
    assert "partition 1 is stalled for payment at event 1, OrderCancellationRequested.v1 of ord-2" in words
    assert "4 events behind" in words
    details = {one["name"]: one["detail"] for one in checks["checks"]}
    assert details["Blob Storage: checkpoints of payment"] == "of 1 of 4 partitions; 4 events behind"


async def test_a_partition_can_be_stalled_at_an_unreadable_event(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    await HubPublisher(deployment.servers.hub).publish("2", [{"hello": "world"}])
    status, found, _ = await command(capsys, "status", "--stuck", "--standing", "0")
    assert status == 1
    assert {(one["service"], one["type"], one["subject"]) for one in found["partitions"]} == {
        (service, "not readable (invalid_envelope)", None) for service in SERVICES
    }


async def test_a_partition_whose_events_have_not_waited_long_is_not_stalled(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    await deployment.publish("0", "ord-1")
    status, checks, _ = await command(capsys, "doctor", "--standing", "3600")
    assert (status, failed(checks)) == (0, {})
    details = {one["name"]: one["detail"] for one in checks["checks"]}
    assert details["service payment"].startswith("1 events behind, the oldest for ")


async def look(reader: LagReader, deployment: Deployment, *, moves: bool) -> tuple[list[Lag], Standstill]:
    """Both looks an hour from now; between them, payment may finish something."""

    async def pause(_: float) -> None:
        if moves:
            await deployment.checkpoint("payment", "0", 0)

    def later() -> datetime:
        return datetime.now(UTC) + HOUR

    lags = await reader.lags(await reader.look(["payment"]), datetime.now(UTC))
    return lags, await reader.standstill(lags, later, timedelta(minutes=1), pause)


@pytest.mark.parametrize("moves", [True, False])
async def test_a_partition_that_moves_between_two_looks_is_not_stalled(deployment: Deployment, moves: bool) -> None:
    """It was restarted, and works off the events of its absence."""
    await deployment.publish("0", "ord-1", "ord-2")
    async with open_lag_reader(deployment.servers.settings) as reader:
        lags, found = await look(reader, deployment, moves=moves)
    assert sum(lag.place.waiting for lag in lags) == 2
    assert bool(found.standing) is not moves


async def test_a_service_whose_owners_are_gone_does_not_run(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ownership is renewed all the time: without an owner, even a short time is too long."""
    await deployment.publish("0", "ord-1")
    await deployment.finish_everything()
    monkeypatch.setenv("OWNERSHIP_EXPIRES_SECONDS", "0.002")
    monkeypatch.setenv("LOAD_BALANCING_SECONDS", "0.001")
    status, found, _ = await command(capsys, "status", "--stuck")
    assert status == 1
    assert found["not_running"] == [{"service": service, "waiting": 0} for service in SERVICES]
    status, checks, _ = await command(capsys, "doctor")
    assert status == 1
    assert {name for name in failed(checks) if name.startswith("service ")} == {f"service {one}" for one in SERVICES}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("BLOB_CONTAINER", "nowhere", "Blob Storage has no container 'nowhere'"), ("EVENT_HUB_NAME", "nope", "'nope'")],
)
@pytest.mark.usefixtures("deployment")
async def test_data_that_cannot_be_read_is_an_error_and_not_an_all_clear(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    words: str,
) -> None:
    monkeypatch.setenv(name, value)
    status, found, (line,) = await command(capsys, "status", "--stuck")
    assert status > 0
    assert words in line
    assert (found["partitions"], found["not_running"]) == (None, None)
    assert await asyncio.to_thread(run, ["status", "--stuck"]) > 0
    assert "every order has ended" not in capsys.readouterr().out


async def test_a_checkpoint_that_cannot_be_read_is_named(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    store = deployment.servers.checkpoints
    namespace = deployment.servers.hub._address.hostname  # noqa: SLF001 -- no public name
    name = f"{namespace}/saga-events/payment/checkpoint/0"
    await store._container_client.upload_blob(name, b"", metadata={"offset": "7"})  # noqa: SLF001 -- no other client
    status, _, (line,) = await command(capsys, "status", "--stuck")
    assert status == 1
    assert f"the checkpoint {name} in Blob Storage cannot be read" in line
    status, checks, _ = await command(capsys, "doctor")
    assert status == 1
    assert name in failed(checks)["service payment"]


async def test_only_a_few_requests_are_in_progress_at_the_same_time(deployment: Deployment) -> None:
    """Each question to the hub is a connection, and there may be dozens of partitions."""
    await deployment.publish("0", "ord-1", "ord-2")
    async with open_lag_reader(deployment.servers.settings) as reader:
        narrow = LagReader(list(reader._hubs.values()), reader._store, most_requests=1)  # noqa: SLF001 -- the same clients
        lags = await narrow.lags(await narrow.look(SERVICES), datetime.now(UTC))
    assert [lag.place.waiting for lag in lags if lag.place.partition == "0"] == [2, 2, 2, 2]
    assert len({id(lag.head) for lag in lags if lag.head}) == 1, "services that are equally far share one question"
