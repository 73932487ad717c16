"""`quartet trace` against a receiver of OTLP and a running stack: it sends again what the services have sent."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quartet.cli.main import run
from tests.cli.test_end_to_end import Up, clean_environment, order, publish, start_up
from tests.telemetry.receiver import Got, Receiver, receiving

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
PLACES = {"trace", "span", "parent", "service", "name", "kind"}


@pytest.fixture
async def live() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def later() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def up(live: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Up]:
    """A stack that reports to a receiver, and the shell of a person who has joined."""
    flags = (
        f"{ENDPOINT}={live.url}",
        "OTEL_BSP_SCHEDULE_DELAY=100",
        "OTEL_METRICS_EXPORTER=none",
    )
    up = await asyncio.to_thread(start_up, tmp_path / "data", *(word for flag in flags for word in ("--setting", flag)))
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)
    for name, value in up.settings.items():
        if not name.startswith("OTEL_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")  # how long a receiver that is away is asked again
    yield up
    up.process.send_signal(signal.SIGINT)
    assert await asyncio.to_thread(up.end) == 0


def undeliverable(order_id: str) -> dict[str, Any]:
    placed: dict[str, Any] = order(order_id)
    placed["shipping_address"] = {**placed["shipping_address"], "country": "AQ"}
    return placed


def place(span: Got) -> dict[str, Any]:
    return {name: getattr(span, name) for name in PLACES}


async def quartet(*words: str) -> int:
    return await asyncio.to_thread(run, words)


@pytest.mark.usefixtures("up")
async def test_what_is_sent_later_is_what_the_services_have_sent(
    live: Receiver, later: Receiver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.to_thread(publish, capsys, tmp_path, undeliverable("traced"))
    await live.until(lambda receiver: any(span.name == "create OrderCancelled.v1" for span in receiver.spans))
    assert await quartet("trace", "traced", "--endpoint", later.url) == 0
    said = capsys.readouterr().out
    assert f"{len(later.spans)} spans sent to {later.url}, trace {later.spans[0].trace}" in said
    first = {span.span: span for span in live.spans}
    for span in later.spans:
        assert place(span) == place(first[span.span])
        assert span.attributes["quartet.rebuilt"] is True
        del span.attributes["quartet.rebuilt"]
        assert span.attributes.items() <= first[span.span].attributes.items()
        assert "quartet.rebuilt" not in first[span.span].attributes
    created = {span.span for span in live.spans if span.name.startswith("create ") and span.saga == "traced"}
    assert created == {span.span for span in later.spans if span.name.startswith("create ")}
    by_service = {span.service for span in later.spans}
    assert by_service == {"order", "inventory", "payment", "shipping"}

    once = [replace(span) for span in later.spans]
    later.spans.clear()
    assert await quartet("trace", "traced", "--endpoint", later.url) == 0
    assert {span.span: place(span) for span in later.spans} == {span.span: place(span) for span in once}
    assert {(span.start, span.end) for span in later.spans} == {(span.start, span.end) for span in once}

    await errors(capsys, later)
    await files(capsys, tmp_path, len(once))


async def errors(capsys: pytest.CaptureFixture[str], later: Receiver) -> None:
    """Each is one line and an exit status."""

    async def fails(status: int, said: str, *words: str) -> None:
        capsys.readouterr()
        assert await quartet("trace", *words) == status
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line

    await fails(1, "the hub holds no event of a saga unheard-of", "unheard-of", "--endpoint", later.url)
    await fails(2, "no receiver of traces is known: set OTEL_EXPORTER_OTLP_ENDPOINT", "traced")
    await fails(2, "'receiver' is no URL", "traced", "--endpoint", "receiver")
    later.mode = "fail"
    await fails(1, f"{later.url} has not taken the trace: ", "traced", "--endpoint", later.url)
    await fails(1, "http://127.0.0.1:9 has not taken the trace: ", "traced", "--endpoint", "http://127.0.0.1:9")


async def files(capsys: pytest.CaptureFixture[str], tmp_path: Path, number: int) -> None:
    """Without a receiver."""
    capsys.readouterr()
    assert await quartet("trace", "traced", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    file = tmp_path / "trace.json"
    assert await quartet("trace", "traced", "--out", str(file)) == 0
    assert json.loads(file.read_text(encoding="utf-8")) == shown
    assert sum(len(scope["spans"]) for one in shown["resourceSpans"] for scope in one["scopeSpans"]) == number
    assert await quartet("trace", "traced", "--out", str(tmp_path / "no" / "folder.json")) == 1
    assert "cannot be written: No such file" in capsys.readouterr().err


async def test_a_hub_that_is_away_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)
    monkeypatch.setenv(
        "EVENT_HUBS_CONNECTION_STRING",
        "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;",
    )
    monkeypatch.setenv("BLOB_CONNECTION_STRING", "AccountName=a;AccountKey=b==;BlobEndpoint=http://127.0.0.1:9/a;")
    monkeypatch.setenv("COSMOS_CONNECTION_STRING", "AccountEndpoint=http://127.0.0.1:9/;AccountKey=c==;")
    assert await quartet("trace", "some", "--endpoint", "http://127.0.0.1:9") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "Event Hubs does not answer" in line
