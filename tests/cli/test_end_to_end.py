"""The whole system as its users meet it: `quartet up` in one process, the other commands beside it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quartet.cli.main import run
from quartet.engine.failures.timeouts import stretched
from quartet.local.stack import read_settings_file
from services.operations.participants import PORT_VARIABLES, SIMULATED_PORTS
from services.operations.samples import sample

QUARTET = (sys.executable, "-c", "from quartet.cli.main import main; main()")
READY = "quartet      | ready. To join from another shell:"
SETTINGS = ("EVENT_HUBS_", "EVENT_HUB_", "BLOB_", "COSMOS_", *PORT_VARIABLES)


@dataclass(slots=True)
class Up:
    """A running `quartet up`."""

    process: subprocess.Popen[str]
    settings: dict[str, str]
    said: list[str]

    def until(self, text: str) -> None:
        """Read what it says until a line has the text; pytest's timeout is the bound."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if text in line:
                return
        raise AssertionError(f"it ended without saying {text!r}: {self.said}")

    def end(self) -> int:
        """The exit status, once it has ended; reads the rest."""
        assert self.process.stdout is not None
        with self.process.stdout as rest:
            self.said += [line.rstrip("\n") for line in rest]
        return self.process.wait()


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}


def start_up(data_dir: Path, *flags: str) -> Up:
    process = subprocess.Popen(
        [*QUARTET, "up", "--any-ports", "--data-dir", str(data_dir), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Of a shell that is set up for the cloud: a local stack must not charge a customer.
        env=clean_environment() | {"PAYMENT_GATEWAY": "cloud.gateway:open_gateway"},
    )
    up = Up(process, {}, [])
    up.until(READY)
    up.settings = read_settings_file(data_dir / ".env")
    return up


@pytest.fixture(scope="class")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A stack that is stopped at the end, as by Ctrl-C."""
    up = start_up(tmp_path_factory.mktemp("up") / "data")
    yield up
    up.process.send_signal(signal.SIGINT)
    assert up.end() == 0
    stopped = {line.split("|")[0].strip() for line in up.said if " stopped " in line}
    assert stopped == {"order", "inventory", "payment", "shipping"}


@pytest.fixture
def stack(running: Up, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The shell of a person who has joined."""
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)
    for name, value in running.settings.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that succeeds writes to standard output."""
    capsys.readouterr()
    status = run(arguments)
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return captured.out


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int) -> str:
    """The one line with which a command fails."""
    capsys.readouterr()
    assert run(arguments) == status
    (line,) = capsys.readouterr().err.splitlines()
    return line


def json_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:  # noqa: ANN401 -- JSON
    """What a command writes for programs."""
    return json.loads(said(capsys, *arguments, "--json"))


def order(order_id: str, **changes: object) -> dict[str, object]:
    first: dict[str, object] = json.loads(sample("one-at-a-time.jsonl").read_text().splitlines()[0])
    return first | {"order_id": order_id} | changes


def publish(capsys: pytest.CaptureFixture[str], directory: Path, *orders: object) -> dict[str, Any]:
    path = directory / "orders.json"
    path.write_text(json.dumps(orders), encoding="utf-8")
    outcomes: dict[str, Any] = json_of(capsys, "publish", str(path), "--wait", "--timeout", f"{stretched(60):.0f}")
    return outcomes


@pytest.mark.usefixtures("stack")
class TestOnARunningStack:
    def test_the_shop_has_stock_and_seeding_again_changes_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        catalogue = str(sample("catalogue.json"))
        assert said(capsys, "seed", catalogue) == "0 products created, 0 restocked, 28 as before\n"

    def test_a_program_that_joins_gets_simulated_ports(self, running: Up) -> None:
        assert {name: running.settings[name] for name in PORT_VARIABLES} == SIMULATED_PORTS

    def test_a_restock_is_counted_by_the_audit(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        before = json_of(capsys, "audit")["invariants"][0]["figures"]["seeded"]
        path = tmp_path / "more.json"
        path.write_text('[{"product_id": "rosin-dark", "name": "Rosin", "quantity": 5}]', encoding="utf-8")
        assert said(capsys, "seed", "--restock", str(path)) == "0 products created, 1 restocked, 0 as before\n"
        after = json_of(capsys, "audit")
        assert after["holds"]
        assert after["invariants"][0]["figures"]["seeded"] == before + 5

    def test_orders_end_and_stock_and_money_add_up(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        antarctica = {"recipient": "P", "street": "Hut 3", "city": "Island", "postal_code": "", "country": "AQ"}
        outcomes = publish(
            capsys,
            tmp_path,
            order("plain"),
            order("declined", payment_method="tok_declined"),
            order("far-away", shipping_address=antarctica),
        )
        assert outcomes == {
            "plain": {"status": "COMPLETED", "reason": ""},
            "declined": {"status": "CANCELLED", "reason": "payment_declined"},
            "far-away": {"status": "CANCELLED", "reason": "address_not_served"},
        }
        assert json_of(capsys, "audit")["holds"]

    def test_a_status_is_what_all_services_have_recorded(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        publish(capsys, tmp_path, order("looked-at"))
        status = json_of(capsys, "status", "looked-at")
        assert status["order"]["status"] == "COMPLETED"
        assert status["payment"]["status"] == "CHARGED"
        assert status["shipping"]["status"] == "SHIPPED"
        assert status["ledger"]["payment_looked-at"]["outcome"] == "charged"
        for_people = said(capsys, "status", "looked-at")
        assert "Order looked-at  COMPLETED" in for_people
        assert "\x1b" not in for_people, "no colour without a terminal"

    def test_a_timeline_shows_the_saga_and_its_duplicates(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        publish(capsys, tmp_path, order("told"), order("told"))
        story = json_of(capsys, "timeline", "told")
        assert [event["type"].partition(".")[0] for event in story if event["repeats"] is None] == [
            "OrderCreated",
            "InventoryReserved",
            "PaymentCompleted",
            "OrderShipped",
            "OrderCompleted",
        ]
        assert [event["type"] for event in story if event["repeats"] == 1] == ["OrderCreated.v1"]
        assert json_of(capsys, "audit")["holds"]

    def test_orders_can_be_made_up(self, capsys: pytest.CaptureFixture[str]) -> None:
        outcomes = json_of(capsys, "publish", "--count", "5", "--seed", "3", "--rate", "50", "--wait")
        assert [outcome["status"] for outcome in outcomes.values()] == ["COMPLETED"] * 5

    def test_a_wait_that_is_too_short_is_reported(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path = tmp_path / "order.json"
        path.write_text(json.dumps(order("hurried")), encoding="utf-8")
        line = told(capsys, "publish", str(path), "--wait", "--timeout", "0", status=1)
        assert "1 of 1 orders have not ended after 0 s, such as hurried" in line

    def test_an_unknown_order_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "no service knows an order unknown" in told(capsys, "status", "unknown", status=1)

    def test_a_hub_that_does_not_exist_is_reported(
        self, capsys: pytest.CaptureFixture[str], stack: pytest.MonkeyPatch
    ) -> None:
        stack.setenv("EVENT_HUB_NAME", "sega-events")
        line = told(capsys, "timeline", "plain", status=2)
        assert "the event hub 'sega-events' does not exist" in line

    def test_a_wrong_key_is_reported(
        self, capsys: pytest.CaptureFixture[str], stack: pytest.MonkeyPatch, running: Up
    ) -> None:
        hub = running.settings["EVENT_HUBS_CONNECTION_STRING"]
        stack.setenv("EVENT_HUBS_CONNECTION_STRING", hub.replace("SharedAccessKey=", "SharedAccessKey=X"))
        assert "Event Hubs refuses the key" in told(capsys, "cancel", "plain", status=2)

    def test_a_wrong_key_of_the_database_is_reported(
        self, capsys: pytest.CaptureFixture[str], stack: pytest.MonkeyPatch, running: Up
    ) -> None:
        cosmos = running.settings["COSMOS_CONNECTION_STRING"]
        stack.setenv("COSMOS_CONNECTION_STRING", cosmos.replace("AccountKey=C2", "AccountKey=D2"))
        assert "Cosmos DB refuses the key or identity" in told(capsys, "audit", status=2)

    def test_another_number_of_buckets_is_refused(
        self, capsys: pytest.CaptureFixture[str], stack: pytest.MonkeyPatch
    ) -> None:
        stack.setenv("BUCKETS", "17")
        assert "set BUCKETS=4" in told(capsys, "seed", str(sample("catalogue.json")), status=2)


def test_before_the_first_seeding_there_is_nothing_to_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = [word for name in ("event-hubs", "cosmos", "blob") for word in (f"--{name}-port", "0")]
    with subprocess.Popen(
        [*QUARTET, "emulators", "--data-dir", str(tmp_path), *ports],
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as process:
        assert process.stdout is not None
        assert "ready\n" in process.stdout
        for name, value in read_settings_file(tmp_path / ".env").items():
            monkeypatch.setenv(name, value)
        assert "start the services, which create it" in told(capsys, "audit", status=1)
        assert said(capsys, "seed", str(sample("catalogue.json"))).startswith("28 products created")
        assert json_of(capsys, "audit")["holds"]
        process.terminate()
        assert process.wait() == 0


def child(up: Up, module: str) -> int:
    """The process id of the newest process that runs a module under `quartet up`."""
    children = Path(f"/proc/{up.process.pid}/task/{up.process.pid}/children").read_text().split()
    return int(
        next(pid for pid in children if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    )


@pytest.mark.parametrize(("name", "module"), [("payment", "services.payment"), ("emulators", "quartet_emulators")])
def test_a_process_that_is_killed_is_restarted_and_orders_complete(
    tmp_path: Path, name: str, module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    up = start_up(tmp_path / "data")
    for variable in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(variable)
    for variable, value in up.settings.items():
        monkeypatch.setenv(variable, value)
    assert publish(capsys, tmp_path, order("before"))["before"]["status"] == "COMPLETED"
    os.kill(child(up, module), signal.SIGKILL)
    up.until(f"quartet      | {name} was killed by SIGKILL: restarting it in 1 s")
    up.until("ready")
    assert read_settings_file(tmp_path / "data" / ".env") == up.settings
    assert publish(capsys, tmp_path, order("after"))["after"]["status"] == "COMPLETED"
    assert json_of(capsys, "status", "before")["order"]["status"] == "COMPLETED"
    assert json_of(capsys, "audit")["holds"]
    up.process.send_signal(signal.SIGINT)
    assert up.end() == 0
    stopped = {line.split("|")[0].strip() for line in up.said if " stopped " in line}
    assert stopped == {"order", "inventory", "payment", "shipping"}


def test_a_service_that_refuses_its_configuration_ends_everything(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*QUARTET, "up", "--any-ports", "--data-dir", str(tmp_path), "--setting", "PAYMENT_GATEWAY=no.such:gateway"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(),
    ) as process:
        said, _ = process.communicate()
    assert process.returncode == 2
    assert "payment exited with status 2, a configuration error: everything was stopped" in said.splitlines()[-1]
    assert "restarting" not in said


def test_without_restarts_a_service_that_dies_stops_everything(tmp_path: Path) -> None:
    up = start_up(tmp_path / "data", "--no-restart")
    children = Path(f"/proc/{up.process.pid}/task/{up.process.pid}/children").read_text().split()
    os.kill(child(up, "services.payment"), signal.SIGKILL)
    assert up.end() == 1
    assert up.said[-1].startswith("quartet: payment was killed by SIGKILL: everything was stopped")
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not (tmp_path / "data" / ".env").exists()


def test_the_demonstration_proves_what_it_says() -> None:
    done = subprocess.run(
        [*QUARTET, "demo"], capture_output=True, text=True, timeout=stretched(250), check=False, env=clean_environment()
    )
    assert done.returncode == 0, done.stderr + done.stdout[-4_000:]
    assert done.stdout.splitlines()[-1].startswith("Shown: 456 orders in 15 stories came out as they should")
    for service in ("order", "inventory", "payment", "shipping"):
        assert f"{service:<9} | " in done.stdout
