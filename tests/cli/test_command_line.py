"""A person's mistake is one line that says what to do, a status, and never a traceback."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from quartet.cli.failures import BUG, FAILED, INTERRUPTED, MISUSED, describe
from quartet.cli.main import run
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.terminal.user_error import UserError
from quartet.version import __version__
from services.operations.samples import sample

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
NAMES = (
    "EVENT_HUBS_CONNECTION_STRING",
    "EVENT_HUBS_NAMESPACE",
    "BLOB_CONNECTION_STRING",
    "BLOB_ACCOUNT_URL",
    "COSMOS_CONNECTION_STRING",
    "COSMOS_ENDPOINT",
)


@pytest.fixture
def closed_port() -> int:
    """A port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> pytest.MonkeyPatch:
    """Settings of a stack that does not run."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    hub = f"Endpoint=sb://127.0.0.1:{closed_port};SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;"
    monkeypatch.setenv("EVENT_HUBS_CONNECTION_STRING", hub)
    monkeypatch.setenv("BLOB_CONNECTION_STRING", f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:1/a;")
    cosmos = f"AccountEndpoint=http://127.0.0.1:{closed_port}/;AccountKey={KEY};"
    monkeypatch.setenv("COSMOS_CONNECTION_STRING", cosmos)
    return monkeypatch


def failure(capsys: pytest.CaptureFixture[str], *arguments: str, status: int) -> str:
    """The one line that a failing command says."""
    assert run(arguments) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("quartet: ")
    return line.removeprefix("quartet: ")


def test_it_knows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"quartet {__version__}\n"


@pytest.mark.parametrize(
    "command", ["demo", "up", "seed", "publish", "cancel", "status", "timeline", "audit", "schema"]
)
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run([command, "--help"]) == 0
    assert f"Usage: quartet {command}" in capsys.readouterr().out


def test_the_emulators_explain_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emulators", "--help"]) == 0
    assert "--cosmos-port" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["status"], "Invalid value: say either an order's id, or --stuck. See: quartet status --help"),
        (["fly"], "No such command 'fly'. See: quartet --help"),
        (["audit", "--loud"], "No such option: --loud. See: quartet audit --help"),
        (["publish"], "Invalid value: give either a FILE or --count. See: quartet"),
        (["publish", "x", "--count", "3"], "Invalid value: give either a FILE or --count. See: quartet"),
    ],
)
def test_misuse_is_reported_with_a_hint(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    assert failure(capsys, *arguments, status=MISUSED).startswith(says)


@pytest.mark.parametrize("command", [["audit"], ["status", "ord-1"], ["timeline", "ord-1"], ["cancel", "ord-1"]])
def test_missing_settings_are_reported_with_how_to_join(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    line = failure(capsys, *command, status=MISUSED)
    assert "EVENT_HUBS_CONNECTION_STRING" in line
    assert "set -a; . .quartet/.env" in line


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("arguments", "server"),
    [
        (["audit", "--json"], "Cosmos DB"),
        (["status", "ord-1", "--json"], "Cosmos DB"),
        (["seed", str(sample("catalogue.json"))], "Cosmos DB"),
        (["timeline", "ord-1"], "Event Hubs"),
        (["publish", str(sample("orders.jsonl"))], "Event Hubs"),
    ],
)
@pytest.mark.timeout(10)
def test_a_server_that_does_not_run_is_reported_soon(
    capsys: pytest.CaptureFixture[str], arguments: list[str], server: str, closed_port: int
) -> None:
    line = failure(capsys, *arguments, status=FAILED)
    assert line.startswith(f"{server} does not answer at ")
    assert f":{closed_port}" in line
    assert "quartet up" in line
    assert KEY not in line


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("EVENT_HUBS_CONNECTION_STRING", ["timeline", "ord-1"]), ("COSMOS_CONNECTION_STRING", ["audit"])],
)
def test_an_invalid_connection_string_is_reported(
    capsys: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch, name: str, arguments: list[str]
) -> None:
    environment.setenv(name, "hello")
    line = failure(capsys, *arguments, status=MISUSED)
    assert name in line
    assert "should look like" in line


def test_a_wrong_order_is_reported_before_anything_is_connected(capsys: pytest.CaptureFixture[str]) -> None:
    line = failure(capsys, "publish", str(sample("invalid.jsonl")), status=FAILED)
    assert "invalid.jsonl, line 1: items.1.quantity: must be at least 1. Nothing was published" in line


def test_a_corrupt_file_is_reported_with_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text('[\n  {"product_id": "rosin",\n]', encoding="utf-8")
    assert f"{path}, line 3, column 1: not JSON" in failure(capsys, "seed", str(path), status=FAILED)


def test_a_directory_that_is_not_ours_is_not_wiped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    line = failure(capsys, "up", "--fresh", "--data-dir", str(tmp_path), status=FAILED)
    assert "holds thesis.txt" in line
    assert (tmp_path / "thesis.txt").exists()


def test_the_schemas_are_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    schemas = json.loads(capsys.readouterr().out)
    assert schemas["OrderCreated.v1"]["data"]["title"] == "OrderCreated"


def test_the_schemas_can_be_files(tmp_path: Path) -> None:
    assert run(["schema", "--out", str(tmp_path / "schemas")]) == 0
    event = json.loads((tmp_path / "schemas" / "OrderShipped.v1.event.json").read_text())
    assert event["properties"]["type"] == {"const": "OrderShipped.v1"}


def test_a_directory_that_cannot_be_made_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in failure(capsys, "schema", "--out", str(tmp_path / "file" / "x"), status=FAILED)


def test_a_bug_is_owned_and_asks_to_be_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quartet.cli.schema.command.json_schemas", lambda *_, **__: 1 // 0)
    line = failure(capsys, "schema", status=BUG)
    assert line.startswith("a bug in quartet: ZeroDivisionError")
    assert "report" in line


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quartet.cli.schema.command.json_schemas", lambda *_, **__: 1 // 0)
    assert run(["--debug", "schema"]) == BUG
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UserError("the hat\nis gone"), FAILED),
        (OutageError("the hub is gone"), FAILED),
        (ConfigurationError("no hat"), MISUSED),
        (KeyboardInterrupt(), INTERRUPTED),
        (ExceptionGroup("several", [OutageError("the hub is gone"), UserError("no hat")]), FAILED),
    ],
)
def test_a_failure_is_one_line_and_a_status(error: BaseException, status: int) -> None:
    known = describe(error)
    assert known is not None
    assert known.status == status
    assert "\n" not in known.line


def test_a_bug_among_failures_is_a_bug() -> None:
    assert describe(ExceptionGroup("several", [OutageError("gone"), ValueError("oops")])) is None


@pytest.mark.parametrize("given", ["PAYMENT_GATEWAY", "=simulated", "A B=c", "A=b\nC=d"])
def test_a_setting_of_the_local_stack_is_a_name_and_a_value(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: str
) -> None:
    line = failure(capsys, "up", "--data-dir", str(tmp_path / "data"), "--setting", given, status=MISUSED)
    assert "is not a setting: expected NAME=VALUE on one line" in line


def test_an_adapter_in_the_current_directory_is_found_as_by_the_services(tmp_path: Path) -> None:
    (tmp_path / "my_shop_gateway.py").write_text("FOUND = 'found'\n", encoding="utf-8")
    script = """
from quartet.cli.main import main
try:
    main()
except SystemExit:
    import my_shop_gateway
    print(my_shop_gateway.FOUND)
"""
    done = subprocess.run(
        # -P keeps the current directory out, as for a console script.
        [sys.executable, "-P", "-c", script, "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[1:] == ["found"], done.stderr
