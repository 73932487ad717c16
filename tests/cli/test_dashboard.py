"""The dashboard beside a local stack: with programs that stand in for it, and with the real one, where there is one."""

import asyncio
import json
import os
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.engine.telemetry.span import Span, SpanId
from quartet.local.dashboard import HOW_TO_GET_IT, START_SECONDS, Dashboard
from quartet.process.telemetry.sending import receivers, send
from tests.cli.test_end_to_end import start_up

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
REAL = os.environ.get("QUARTET_ASPIRE") or shutil.which("aspire")
SERVES = """
import json, os, pathlib, signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
words = sys.argv[1:]
named = dict(zip(words[4::2], words[5::2]))
ports = [int(url.rpartition(":")[2]) for url in named.values()]
listening = [socket.create_server(("127.0.0.1", port)) for port in ports]
token = os.environ["DASHBOARD__FRONTEND__BROWSERTOKEN"]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps([words, token]))
signal.sigwait({signal.SIGTERM})
pathlib.Path(__file__).with_suffix(".stopped").touch()
"""
REFUSES = """
import sys
import time
print("\\x1b[31mthe port is taken\\x1b[0m\\n\\nSee the log.")
sys.exit(12)
"""
HANGS = "import time\nprint('still starting', flush=True)\nwhile True: time.sleep(60)\n"
ENDS = """
import time
while not pathlib.Path(__file__).with_suffix(".end").exists(): time.sleep(0.01)
sys.exit(5)"""
SERVES_AND_ENDS = SERVES.replace("signal.sigwait({signal.SIGTERM})", ENDS)


def stand_in(folder: Path, text: str) -> Path:
    program = folder / "aspire"
    program.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    program.chmod(0o755)
    return program


async def started(program: Path, *, limit: float | None = None) -> tuple[Mapping[str, str], list[str]]:
    """The settings that it gives, and what it says, when it is stopped immediately after its start."""
    said: list[str] = []
    async with Dashboard(program, said.append, limit=limit) as dashboard:
        return await dashboard.start(), said


async def test_it_serves_on_loopback_and_says_where_with_its_token(tmp_path: Path) -> None:
    settings, said = await started(stand_in(tmp_path, SERVES))
    words, token = json.loads((tmp_path / "aspire.json").read_text())
    assert words[:2] == ["dashboard", "run"]
    named = dict(zip(words[4::2], words[5::2], strict=True))
    assert all(url.startswith("http://127.0.0.1:") for url in named.values())
    assert settings == {ENDPOINT: named["--otlp-http-url"], "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    assert said == [f"dashboard: {named['--frontend-url']}/login?t={token}"]
    assert len(token) > 16


async def test_its_token_is_another_one_each_time(tmp_path: Path) -> None:
    program = stand_in(tmp_path, SERVES)
    (_, first), (_, second) = await started(program), await started(program)
    assert first[0].rpartition("=")[2] != second[0].rpartition("=")[2]


async def test_it_is_stopped_with_the_stack(tmp_path: Path) -> None:
    await started(stand_in(tmp_path, SERVES))
    assert (tmp_path / "aspire.stopped").exists()


async def test_where_there_is_none_a_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    async with Dashboard(None, said.append) as dashboard:
        assert await dashboard.start() == {}
    assert said == [f"no dashboard: {HOW_TO_GET_IT}. The stack runs without it"]


async def test_where_services_cannot_report_it_is_not_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("quartet.process.telemetry.opening.find_spec", lambda _name: None)
    settings, said = await started(stand_in(tmp_path, SERVES))
    assert settings == {}
    assert said[0].startswith("no dashboard: opentelemetry-sdk is not installed: pip install 'quartet[telemetry]'")
    assert not (tmp_path / "aspire.json").exists()


async def test_it_is_found_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(tmp_path, SERVES)
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    async with Dashboard(None, said.append) as dashboard:
        assert ENDPOINT in await dashboard.start()


async def test_a_program_that_was_named_and_is_none_is_named(tmp_path: Path) -> None:
    settings, said = await started(tmp_path / "missing")
    assert settings == {}
    assert said == [f"no dashboard: {tmp_path / 'missing'} cannot be run. The stack runs without it"]


async def test_a_program_that_the_system_cannot_start_says_so(tmp_path: Path) -> None:
    program = tmp_path / "aspire"
    program.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    program.chmod(0o755)
    settings, said = await started(program)
    assert settings == {}
    assert f"exited with status 127: {program} cannot be started: No such file or directory" in said[0]


async def test_one_that_refuses_says_why(tmp_path: Path) -> None:
    settings, said = await started(stand_in(tmp_path, REFUSES))
    assert settings == {}
    why = "dashboard exited with status 12: the port is taken See the log"
    assert said == [f"no dashboard: it did not start: {why}. The stack runs without it"]


async def test_one_that_does_not_serve_is_stopped_after_the_limit(tmp_path: Path) -> None:
    settings, said = await started(stand_in(tmp_path, HANGS), limit=0.5)
    assert settings == {}
    assert said[0].startswith("no dashboard: it did not start within 0.5 s")


async def test_one_that_ends_later_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    is_said = asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 2:
            is_said.set()

    async with Dashboard(stand_in(tmp_path, SERVES_AND_ENDS), say) as dashboard:
        assert ENDPOINT in await dashboard.start()
        (tmp_path / "aspire.end").touch()
        async with asyncio.timeout(stretched(30)):
            await is_said.wait()
    assert said[1] == "no dashboard: dashboard exited with status 5. The stack runs without it"


def test_a_stack_with_a_dashboard_sends_to_it_and_stops_it_last(tmp_path: Path) -> None:
    program = stand_in(tmp_path, SERVES)
    up = start_up(tmp_path / "data", "--dashboard", "--aspire", str(program))
    assert up.settings[ENDPOINT].startswith("http://127.0.0.1:")
    assert any("dashboard: http://127.0.0.1:" in line for line in up.said)
    up.process.send_signal(signal.SIGINT)
    assert up.end() == 0
    assert (tmp_path / "aspire.stopped").exists()


def test_a_stack_runs_where_its_dashboard_does_not_and_keeps_a_setting_of_its_own(tmp_path: Path) -> None:
    program = stand_in(tmp_path, REFUSES)
    flags = ("--dashboard", "--aspire", str(program), "--setting", f"{ENDPOINT}=http://127.0.0.1:9")
    up = start_up(tmp_path / "data", *flags)
    assert up.settings[ENDPOINT] == "http://127.0.0.1:9"
    assert "OTEL_EXPORTER_OTLP_PROTOCOL" not in up.settings
    assert any("no dashboard: it did not start" in line for line in up.said)
    up.process.send_signal(signal.SIGINT)
    assert up.end() == 0


def test_a_dashboard_does_not_outlive_a_stack_that_is_killed(tmp_path: Path) -> None:
    program = stand_in(tmp_path, SERVES)
    up = start_up(tmp_path / "data", "--dashboard", "--aspire", str(program))
    up.process.kill()
    up.end()
    while not (tmp_path / "aspire.stopped").exists():  # pytest's timeout is the bound
        time.sleep(0.01)


@pytest.mark.skipif(REAL is None, reason="NOT RUN: there is no program aspire; see docs/telemetry.md, The dashboard")
async def test_the_real_one_has_a_page_behind_its_token_and_shows_each_span_below_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert REAL is not None
    monkeypatch.setenv("DASHBOARD__API__PRIMARYAPIKEY", "a key of this test")
    root, below = SpanId("ab" * 16, "cd" * 8), SpanId("ab" * 16, "ef" * 8)
    spans = [Span("process A.v1", "consumer", root, None, 1, 2), Span("create B.v1", "producer", below, root, 2, 2)]
    said: list[str] = []
    async with Dashboard(Path(REAL), said.append, limit=stretched(3 * START_SECONDS)) as dashboard:
        settings = await dashboard.start()
        assert settings, said
        address = said[0].removeprefix("dashboard: ")
        assert await asyncio.to_thread(fetched, address)
        page = address.partition("/login")[0]
        for _ in range(2):  # what is sent again is not shown twice
            (receiver,) = receivers(settings[ENDPOINT], settings)
            await asyncio.to_thread(send, {"payment": spans}, receiver)
        shown = await asyncio.to_thread(fetched, f"{page}/api/telemetry/traces/{root.trace}", "a key of this test")
    exported = json.loads(shown)["data"]["resourceSpans"]
    parents = {
        span["spanId"]: span.get("parentSpanId") or None
        for one in exported
        for scope in one["scopeSpans"]
        for span in scope["spans"]
    }
    assert parents == {root.span: None, below.span: root.span}


def fetched(address: str, key: str = "") -> str:
    request = urllib.request.Request(address, headers={"x-api-key": key} if key else {})
    with urllib.request.urlopen(request, timeout=stretched(10)) as answer:
        body: bytes = answer.read()
        return body.decode()
