"""What doctor cannot look at is a warning, never an all-clear."""

import json

import pytest

from quartet.cli.failures import FAILED
from quartet.cli.main import run
from services.operations.participants import SIMULATED_PORTS
from tests.cli.test_local_stack import STACK
from tests.saga.test_start import free_ports


@pytest.mark.parametrize(
    ("app", "unseen"), [("services.orchestrator.app:ORCHESTRATED", {"durable-tasks"}), ("services.shop:SHOP", set())]
)
def test_a_server_that_doctor_cannot_ask_is_a_warning(
    app: str, unseen: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (unused,) = free_ports(1)
    scheduler = f"Endpoint=http://127.0.0.1:{unused};TaskHub=default;Authentication=None"
    for name, value in {
        **STACK,
        **SIMULATED_PORTS,
        "EVENT_HUBS_CONNECTION_STRING": f"Endpoint=sb://127.0.0.1:{unused}/;SharedAccessKeyName=k;SharedAccessKey=v=;",
        "DURABLE_TASK_SCHEDULER_CONNECTION_STRING": scheduler,
    }.items():
        monkeypatch.setenv(name, value)
    assert run(["--app", app, "doctor", "--json"]) == FAILED
    checks = json.loads(capsys.readouterr().out)["checks"]
    found = {one["name"] for one in checks if one["status"] == "warning" and "not looked at" in one["detail"]}
    assert found == unseen
