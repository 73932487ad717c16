"""`quartet up` with the live page: at the same address after a crash, and without a saga lost or counted twice."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from quartet.cli.main import run
from quartet.local.stack import CONSOLE_PORT, console_port
from services.operations.samples import sample
from tests.cli.test_end_to_end import QUARTET, Up, child, clean_environment, start_up
from tests.console.console_fixture import content

PAGE = "quartet      | the live page: "


def stop(up: Up) -> None:
    up.process.send_signal(signal.SIGINT)
    assert up.end() == 0


@contextmanager
def drained(up: Up) -> Iterator[None]:
    """Read what it says, and stop it at the end: a stack whose output no one takes stalls."""
    reading = threading.Thread(target=up.end)
    reading.start()
    try:
        yield
    finally:
        up.process.send_signal(signal.SIGINT)
        reading.join()


def page_of(up: Up) -> str:
    up.until(PAGE)
    return up.said[-1].removeprefix(PAGE)


@pytest.fixture
def up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Up]:
    started = start_up(tmp_path / "data")
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)
    for name, value in started.settings.items():
        monkeypatch.setenv(name, value)
    yield started
    if started.process.poll() is None:
        stop(started)


def asked(address: str, path: str) -> Any:  # noqa: ANN401 -- JSON
    """The answer; while the page is down, it is asked again. pytest's timeout is the bound."""
    while True:
        try:
            with urllib.request.urlopen(address + path) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 404:  # the saga was not read yet
                    raise
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.05)


def kill_page(up: Up) -> None:
    """Kill it, and wait until there is another one."""
    killed = child(up, "quartet.console")
    os.kill(killed, signal.SIGKILL)
    while True:
        try:
            if child(up, "quartet.console") != killed:
                return
        except (StopIteration, FileNotFoundError, ProcessLookupError):  # it ends while it is looked at
            time.sleep(0.05)


def test_a_page_that_is_killed_amid_load_comes_back_with_everything(up: Up, tmp_path: Path) -> None:
    address = page_of(up)
    with drained(up):
        assert asked(address, "/api/app")["name"] == "shop"
        assert asked(address, "/api/app")["can_act"]
        lines = sample("orders.jsonl").read_text().splitlines()
        for part in range(3):
            path = tmp_path / f"part-{part}.jsonl"
            path.write_text("\n".join(lines[part::3]))
            assert run(["publish", str(path)]) == 0
            kill_page(up)
        overview = until(address, "/api/overview", lambda one: sum(one["ended"].values()) >= len(lines))
        assert overview["sagas"] == sum(overview["ended"].values()) == len(lines)
        with another_page(tmp_path / "other") as other:
            until(other, "/api/overview", lambda one: sum(one["ended"].values()) >= len(lines))
    assert up.process.wait() == 0
    assert content(tmp_path / "data" / "console") == content(tmp_path / "other")


@contextmanager
def another_page(directory: Path) -> Iterator[str]:
    """A page of its own, which reads the hub from its beginning; gives its address."""
    words = [*QUARTET, "console", "--port", "0", "--data-dir", str(directory)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().removeprefix("the console is at ")
        finally:
            process.send_signal(signal.SIGINT)


def test_what_is_missing_is_said_with_the_participant_that_has_it_to_do(up: Up, tmp_path: Path) -> None:
    """Payment is paused: the reservation waits for it, and nothing else does."""
    address = page_of(up)
    with drained(up):
        payment = child(up, "services.payment")
        os.kill(payment, signal.SIGSTOP)
        try:
            path = tmp_path / "one.jsonl"
            path.write_text(sample("orders.jsonl").read_text().splitlines()[0])
            assert run(["publish", str(path)]) == 0
            order = json.loads(path.read_text())["order_id"]
            view = until(address, f"/api/sagas/{order}", lambda one: len(one["events"]) == 2 and len(one["owed"]) == 1)
            [missing] = view["owed"]
            assert (missing["participant"], missing["event"], missing["type"]) == ("payment", 2, "InventoryReserved.v1")
            assert missing["expected"] == ["PaymentCompleted.v1", "PaymentFailed.v1"]
            assert "Missing: payment has not handled event 2, InventoryReserved.v1" in view["story"]
        finally:
            os.kill(payment, signal.SIGCONT)
        view = until(address, f"/api/sagas/{order}", lambda one: one["row"]["phase"] == "ended" and not one["owed"])
        assert {part["participant"] for part in view["parts"]} == {"order", "inventory", "payment", "shipping"}
        assert "It ended as OrderCompleted" in view["story"]
        # Each service has written once for several events; what each of them changed is shown alone.
        states = [one for one in view["states"] if one["participant"] == "order"]
        assert [one["events"] for one in states] == [[1], [2], [3], [4]]
        assert [changed(one, "status") for one in states] == [
            (None, "PENDING"),
            ("PENDING", "INVENTORY_RESERVED"),
            ("INVENTORY_RESERVED", "PAID"),
            ("PAID", "COMPLETED"),
        ]
        assert not any(one["is_merged"] or one["note"] for one in view["states"])


def changed(state: dict[str, Any], path: str) -> tuple[object, object]:
    [found] = [(one["before"], one["after"]) for one in state["changes"] if one["path"] == path]
    return found


def until(address: str, path: str, holds: Callable[[Any], bool]) -> Any:  # noqa: ANN401 -- JSON
    """The answer for which this is true; pytest's timeout is the bound."""
    while True:
        answer = asked(address, path)
        if holds(answer):
            return answer
        time.sleep(0.1)


def test_without_the_page_nothing_says_where_it_is(tmp_path: Path) -> None:
    up = start_up(tmp_path / "data", "--no-console")
    stop(up)
    assert not [line for line in up.said if "live page" in line or line.startswith("console ")]


def test_a_taken_port_gets_another_one() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", CONSOLE_PORT))
            taken.listen()
        except OSError:  # another process has it already
            assert console_port(any_port=False) != CONSOLE_PORT
            return
        assert console_port(any_port=False) not in {0, CONSOLE_PORT}


def test_a_console_of_its_own_says_in_one_line_that_its_port_is_taken(
    up: Up, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    port = page_of(up).rpartition(":")[2]
    assert run(["console", "--port", port, "--data-dir", str(tmp_path / "own")]) == 2
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in said
    assert "choose another with --port or CONSOLE_PORT" in said


def test_another_name_for_the_page_is_refused(up: Up) -> None:
    request = urllib.request.Request(page_of(up) + "/api/app", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    with refused.value as answer:
        assert answer.code == 421
