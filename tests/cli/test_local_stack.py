import socket
import subprocess
import sys
from pathlib import Path

import pytest
from quartet_emulators.env_file import write_env_file

from quartet.local.stack import (
    any_ports,
    free_ports,
    local_settings,
    ports_in,
    read_settings_file,
    says_ready,
    stack_settings,
)
from quartet.terminal.user_error import UserError
from services.operations.participants import SIMULATED_PORTS
from services.shop import SHOP

STACK = {
    "EVENT_HUBS_CONNECTION_STRING": "Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=k;SharedAccessKey=v=;",
    "EVENT_HUB_NAME": "saga-events",
    "BLOB_CONNECTION_STRING": "AccountName=a;AccountKey=b==;BlobEndpoint=http://127.0.0.1:10000/a;",
    "COSMOS_CONNECTION_STRING": "AccountEndpoint=http://127.0.0.1:8081/;AccountKey=c==;",
    "EMULATORS_CONTROL_URL": "http://127.0.0.1:4711",
}


def test_settings_of_the_emulators_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_env_file(tmp_path / ".env", STACK)
    assert read_settings_file(tmp_path / ".env") == STACK


def test_without_the_file_no_program_can_join(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\.env cannot be read"):
        read_settings_file(tmp_path / ".env")


def test_a_shell_that_is_set_up_for_the_cloud_does_not_disturb_a_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENT_HUBS_NAMESPACE", "prod.servicebus.windows.net")
    monkeypatch.setenv("COSMOS_ENDPOINT", "https://prod.documents.azure.com")
    settings = local_settings(STACK)
    assert settings.event_hubs_connection_string == STACK["EVENT_HUBS_CONNECTION_STRING"]
    assert (settings.event_hubs_namespace, settings.cosmos_endpoint) == (None, None)


def test_a_default_port_that_is_taken_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        monkeypatch.setattr("quartet.local.stack._PORTS", {"cosmos": number})
        assert free_ports() == {"cosmos": 0}
    assert free_ports() == {"cosmos": number}


def test_an_application_may_need_a_further_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quartet.local.stack._is_free", lambda _port: True)
    assert free_ports({"durable-tasks"}).keys() - free_ports().keys() == {"durable-tasks"}
    assert any_ports({"durable-tasks"})["durable-tasks"] == 0


def test_running_servers_keep_their_ports_when_they_are_restarted() -> None:
    """The control server is asked for, too. A server that does not run has none."""
    assert ports_in(STACK) == {"event-hubs": 5672, "cosmos": 8081, "blob": 10000, "control": 4711}
    scheduler = {"DURABLE_TASK_SCHEDULER_CONNECTION_STRING": "Endpoint=http://127.0.0.1:8080;TaskHub=default"}
    assert ports_in(STACK | scheduler)["durable-tasks"] == 8080


@pytest.mark.parametrize(
    "line",
    [
        "03:15:06.448 ready                hears='OrderCreated.v1' service=order",
        '{"service": "order", "hears": "OrderCreated.v1", "event": "ready", "level": "info"}',
    ],
)
def test_a_service_is_ready_when_it_says_so_in_either_format(line: str) -> None:
    assert says_ready(line)


@pytest.mark.parametrize(
    "line",
    [
        "03:15:06.448 [warning  ] waiting              server='Cosmos DB'",
        "03:15:06.448 OrderCreated.v1      order=ready outcome=pending service=order",
        '{"service": "order", "order": "ready", "event": "OrderCreated.v1"}',
    ],
)
def test_nothing_else_says_that_a_service_is_ready(line: str) -> None:
    assert not says_ready(line)


@pytest.mark.parametrize(
    ("flags", "changed"), [((), {}), (("--setting", "CARRIER=my.own:carrier"), {"CARRIER": "my.own:carrier"})]
)
def test_the_emulators_alone_ask_for_simulated_ports(
    tmp_path: Path, flags: tuple[str, ...], changed: dict[str, str]
) -> None:
    ports = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
    command = (
        "-c",
        "from quartet.cli.main import main; main()",
        "emulators",
        "--data-dir",
        str(tmp_path),
        *ports,
        *flags,
    )
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "ready\n" in iter(process.stdout.readline, "")
        settings = read_settings_file(tmp_path / ".env")
        process.terminate()
    assert {name: settings[name] for name in SIMULATED_PORTS} == {**SIMULATED_PORTS, **changed}
    assert settings["BUCKETS"] == "4"


def test_another_number_of_buckets_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKETS", "16")
    assert stack_settings(SHOP) == {"BUCKETS": "16", **SIMULATED_PORTS}
    monkeypatch.setenv("BUCKETS", "")
    assert stack_settings(SHOP)["BUCKETS"] == "4"
