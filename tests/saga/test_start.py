"""A service that starts: it waits for servers that are late, and says in one line what a person must change."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from quartet.engine.failures.timeouts import stretched
from quartet.local.supervisor import Process, Supervisor
from services.operations.participants import SIMULATED_PORTS
from tests.hubs import SHOP_HUB
from tests.saga.shop import Logs, emulators, read_environment

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADAPTERS = "tests.runtime.adapters"
WELL_KNOWN = {
    "EVENT_HUBS_CONNECTION_STRING": "Endpoint=sb://127.0.0.1:{hub};SharedAccessKeyName=RootManageSharedAccessKey;"
    "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;",
    "BLOB_CONNECTION_STRING": "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFl"
    "qUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:{blob}/devstoreaccount1;",
    "COSMOS_CONNECTION_STRING": "AccountEndpoint=http://127.0.0.1:{cosmos}/;AccountKey=C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+"
    "4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==;",
}


def free_ports(count: int) -> list[int]:
    """Ports that are not in use."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def environment(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, str]]:
    """The settings of emulators that run."""
    data_dir = tmp_path_factory.mktemp("emulators")
    async with Supervisor(Logs()) as supervisor:
        await supervisor.start(emulators(data_dir), ready_line="ready")
        yield read_environment(data_dir)


async def run_service(environment: dict[str, str], name: str = "payment") -> tuple[int, list[str], str]:
    """Start a service that cannot run: its exit status, the lines of its standard error, and its log."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{name}"),
        env={**os.environ, "STARTUP_SECONDS": "1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), timeout=stretched(60))
    assert process.returncode is not None
    return process.returncode, err.decode().splitlines(), out.decode()


async def test_a_service_waits_for_servers_that_come_later(tmp_path: Path) -> None:
    hub, cosmos, blob = free_ports(3)
    well_known = {name: text.format(hub=hub, cosmos=cosmos, blob=blob) for name, text in WELL_KNOWN.items()}
    settings = {**well_known, **SIMULATED_PORTS}
    ports = ("--event-hubs-port", str(hub), "--cosmos-port", str(cosmos), "--blob-port", str(blob))
    logs = Logs()
    async with Supervisor(logs) as supervisor:
        await supervisor.start(Process("payment", "services.payment", env={**settings, "LOG_FORMAT": "json"}))
        await logs.until(lambda _, line: '"waiting"' in line and "Cosmos DB" in line)
        flags = ("--data-dir", str(tmp_path), *SHOP_HUB, *ports)
        await supervisor.start(Process("emulators", "quartet_emulators", flags))
        await logs.until(lambda who, line: who == "payment" and '"partition opened"' in line)


async def test_a_service_that_receives_says_that_it_runs(environment: dict[str, str]) -> None:
    env = {**os.environ, **environment, **SIMULATED_PORTS, "LOG_FORMAT": "json", "HEARTBEAT_SECONDS": "1"}
    logs = Logs()
    async with Supervisor(logs) as supervisor:
        await supervisor.start(Process("payment", "services.payment", env=env))
        await logs.until(lambda _, line: '"partition opened"' in line)
        _, line = await logs.until(lambda _, line: '"alive"' in line and '"partitions": 0' not in line)
    said = json.loads(line)
    assert (said["service"], said["level"], said["finished"], said["stalled"]) == ("payment", "info", 0, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"COSMOS_CONNECTION_STRING": "nonsense"}, "COSMOS_CONNECTION_STRING or COSMOS_ENDPOINT cannot be used"),
        ({"EVENT_HUBS_CONNECTION_STRING": "nonsense"}, "EVENT_HUBS_CONNECTION_STRING or EVENT_HUBS_NAMESPACE cannot"),
        ({"BLOB_CONNECTION_STRING": "nonsense"}, "BLOB_CONNECTION_STRING or BLOB_ACCOUNT_URL cannot be used"),
        ({"EVENT_HUB_NAME": "no-such-hub"}, "the event hub 'no-such-hub' does not exist"),
        ({"PAYMENT_GATEWAY": ""}, "PAYMENT_GATEWAY is not set: set it to simulated, or to package.module:factory"),
        ({"PAYMENT_GATEWAY": "stripe"}, "PAYMENT_GATEWAY is 'stripe': set it to simulated, or to package.module:fact"),
        ({"PAYMENT_GATEWAY": "no.such:gateway"}, "PAYMENT_GATEWAY=no.such:gateway: there is no module no"),
        ({"PAYMENT_GATEWAY": f"{ADAPTERS}:nothing"}, f"{ADAPTERS} has no nothing"),
        ({"PAYMENT_GATEWAY": f"{ADAPTERS}:raises"}, "failed: ValueError: no such account"),
        ({"BUCKETS": "0"}, "BUCKETS: Input should be greater than or equal to 1"),
        ({"COSMOS_ENDPOINT": "https://both"}, "set one of COSMOS_CONNECTION_STRING and COSMOS_ENDPOINT: both are set"),
    ],
)
async def test_a_wrong_setting_is_said_in_one_line(
    environment: dict[str, str], change: dict[str, str], said: str
) -> None:
    status, lines, _ = await run_service({**environment, **change})
    assert status == 2
    assert len(lines) == 1
    assert said in lines[0]
    assert lines[0].startswith("payment: ")


async def test_shipping_asks_for_its_carrier(environment: dict[str, str]) -> None:
    status, lines, _ = await run_service({**environment, "CARRIER": "", "PAYMENT_GATEWAY": ""}, "shipping")
    assert status == 2
    assert len(lines) == 1
    assert lines[0].startswith("shipping: CARRIER is not set: set it to simulated, or to package.module:factory")


@pytest.mark.parametrize("name", ["order", "inventory"])
async def test_a_service_without_ports_to_the_outside_asks_for_none(environment: dict[str, str], name: str) -> None:
    logs = Logs()
    settings = {**environment, "PAYMENT_GATEWAY": "", "CARRIER": "", "LOG_FORMAT": "json"}
    async with Supervisor(logs) as supervisor:
        await supervisor.start(Process(name, f"services.{name}", env=settings))
        await logs.until(lambda _, line: '"ready"' in line)


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("opened_and_refused", "the provider refuses the key: set PROVIDER_KEY"),
        ("opened_and_away", "did not answer within 1 s: the provider is away"),
    ],
)
async def test_a_port_that_cannot_work_is_said_in_one_line_and_closed(
    environment: dict[str, str], tmp_path: Path, factory: str, said: str
) -> None:
    diary = tmp_path / "diary"
    change = {"PAYMENT_GATEWAY": f"{ADAPTERS}:{factory}", "PORT_DIARY": str(diary)}
    status, lines, _ = await run_service({**environment, **change})
    assert status == 2
    assert len(lines) == 1
    assert f"PAYMENT_GATEWAY={ADAPTERS}:{factory}" in lines[0]
    assert said in lines[0]
    written = diary.read_text().split()
    assert (written[0], written[-1]) == ("opened", "closed")
    assert written.count("asked") > 1 or factory == "opened_and_refused"


async def test_a_port_that_is_away_is_waited_for(environment: dict[str, str]) -> None:
    logs = Logs()
    settings = {**environment, "PAYMENT_GATEWAY": f"{ADAPTERS}:away_once", "LOG_FORMAT": "json"}
    async with Supervisor(logs) as supervisor:
        await supervisor.start(Process("payment", "services.payment", env=settings))
        await logs.until(lambda _, line: '"waiting"' in line and f"PAYMENT_GATEWAY={ADAPTERS}:away_once" in line)
        await logs.until(lambda _, line: '"ready"' in line)


async def test_a_port_is_closed_when_the_service_stops(environment: dict[str, str], tmp_path: Path) -> None:
    logs, diary = Logs(), tmp_path / "diary"
    settings = {**environment, "PAYMENT_GATEWAY": f"{ADAPTERS}:managed", "PORT_DIARY": str(diary)}
    async with Supervisor(logs) as supervisor:
        await supervisor.start(Process("payment", "services.payment", env={**settings, "LOG_FORMAT": "json"}))
        await logs.until(lambda _, line: '"ready"' in line)
        assert diary.read_text().split() == ["opened"]
        await supervisor.stop("payment")
    assert diary.read_text().split() == ["opened", "closed"]


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        ("EVENT_HUBS_CONNECTION_STRING", "SAS_KEY_VALUE", "guess", "Event Hubs refuses the key or identity"),
        ("COSMOS_CONNECTION_STRING", "AccountKey=C2y6", "AccountKey=AAAA", "Cosmos DB refuses the key or identity"),
        ("BLOB_CONNECTION_STRING", "AccountKey=Eby8", "AccountKey=AAAA", "Blob Storage refuses the key or identity"),
    ],
)
async def test_a_wrong_key_is_said_in_one_line(
    environment: dict[str, str], name: str, right: str, wrong: str, said: str
) -> None:
    assert right in environment[name]
    status, lines, _ = await run_service({**environment, name: environment[name].replace(right, wrong)})
    assert status == 2
    assert len(lines) == 1
    assert said in lines[0]


async def test_servers_that_never_come_end_the_wait(environment: dict[str, str]) -> None:
    [nobody] = free_ports(1)
    away = WELL_KNOWN["COSMOS_CONNECTION_STRING"].format(cosmos=nobody)
    status, lines, _ = await run_service({**environment, "COSMOS_CONNECTION_STRING": away})
    assert status == 2
    assert len(lines) == 1
    assert f"Cosmos DB did not answer within {stretched(1):.0f} s" in lines[0]


async def test_another_bucket_count_is_refused(environment: dict[str, str]) -> None:
    logs = Logs()
    async with Supervisor(logs) as supervisor:
        await supervisor.start(Process("payment", "services.payment", env={**environment, "LOG_FORMAT": "json"}))
        await logs.until(lambda _, line: '"ready"' in line)
    status, lines, _ = await run_service({**environment, "BUCKETS": "32"})
    assert status == 2
    assert len(lines) == 1
    assert "was laid out with 16 buckets, and BUCKETS is 32: set BUCKETS=16" in lines[0]
