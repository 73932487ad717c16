"""A service that starts: it waits for servers that are late, and says in one line what a person must change."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from quartet.supervisor import Process, Supervisor
from shared.runtime.timeouts import stretched
from tests.saga.shop import Logs, emulators, read_environment

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
    """Ports that nobody uses now."""
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
    settings = {name: text.format(hub=hub, cosmos=cosmos, blob=blob) for name, text in WELL_KNOWN.items()}
    ports = ("--event-hubs-port", str(hub), "--cosmos-port", str(cosmos), "--blob-port", str(blob))
    logs = Logs()
    async with Supervisor(logs) as supervisor:
        await supervisor.start(Process("payment", "services.payment", env={**settings, "LOG_FORMAT": "json"}))
        await logs.until(lambda _, line: '"waiting"' in line and "Cosmos DB" in line)
        await supervisor.start(Process("emulators", "emulators", ("--data-dir", str(tmp_path), *ports)))
        await logs.until(lambda who, line: who == "payment" and '"partition opened"' in line)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"COSMOS_CONNECTION_STRING": "nonsense"}, "COSMOS_CONNECTION_STRING or COSMOS_ENDPOINT cannot be used"),
        ({"EVENT_HUBS_CONNECTION_STRING": "nonsense"}, "EVENT_HUBS_CONNECTION_STRING or EVENT_HUBS_NAMESPACE cannot"),
        ({"BLOB_CONNECTION_STRING": "nonsense"}, "BLOB_CONNECTION_STRING or BLOB_ACCOUNT_URL cannot be used"),
        ({"EVENT_HUB_NAME": "no-such-hub"}, "the event hub 'no-such-hub' does not exist"),
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
