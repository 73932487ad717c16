"""Nothing that came in an event reaches a terminal unescaped, whichever command shows it."""

import ast
import asyncio
import io
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from azure.eventhub import EventData
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from quartet.cli.audit.report import audit_listing
from quartet.cli.doctor.check import Finding as Check
from quartet.cli.doctor.check import Status, Verdict
from quartet.cli.doctor.report import findings_listing
from quartet.cli.failures import BUG, one_line
from quartet.cli.lag.lag import Standstill
from quartet.cli.main import build, run
from quartet.cli.reading.connection import open_producer
from quartet.events import CONTENT_TYPE
from quartet.local.stack import local_settings
from quartet.process.application import find_application
from quartet.terminal.cells import cell
from quartet.terminal.console import results, write_json
from quartet.terminal.console_sink import ConsoleSink
from quartet.terminal.user_error import UserError
from services.operations.audit.invariants import Finding, Violation
from services.operations.publish.outcomes import outcome_counts, outcome_listing
from services.operations.publish.waiting import Outcome
from services.operations.samples import sample
from services.operations.status.stuck import Letter, Stuck
from services.operations.status.stuck_reading import StuckReport
from services.operations.status.stuck_view import stuck_view
from services.order.domain import OrderStatus
from tests.cli.test_end_to_end import Up, clean_environment, publish, start_up
from tests.cli.test_end_to_end import order as an_order

HOSTILE = "[red]x\x1b[2J\x1b]0;owned\x07\nshipping     | forged\r\x9b31m\x7f\u202eevil\u2028y\ud800"


def is_clean(text: str) -> bool:
    """Whether nothing in it acts on a terminal, and no line looks like another one's."""
    return text.replace("\n", "").isprintable() and not any(line.startswith("shipping ") for line in text.splitlines())


def printed(renderable: RenderableType, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    results().print(renderable)
    return capsys.readouterr().out


STUCK = Stuck(HOSTILE, reason=HOSTILE, because=(HOSTILE,), letters={"order": [Letter(HOSTILE, HOSTILE)]})
VIEWS: dict[str, RenderableType] = {
    "audit": audit_listing([Finding(1, "stock adds up", {HOSTILE: 1}, (Violation(HOSTILE, HOSTILE),))]),
    "doctor": findings_listing([Check(HOSTILE, Verdict(Status.FAILED, HOSTILE, HOSTILE))]),
    "outcomes": outcome_listing({HOSTILE: Outcome(OrderStatus.CANCELLED, HOSTILE)}),
    "counts": outcome_counts([Outcome(OrderStatus.CANCELLED, HOSTILE)]),
    "stuck": stuck_view(StuckReport((STUCK,), 0, ()), Standstill()),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shows_a_hostile_value_and_does_nothing_that_it_says(
    view: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = printed(VIEWS[view], capsys)
    assert is_clean(shown)
    together = "".join(shown.replace("│", "").split())
    assert "owned" in together
    assert "[red]x" in together, "markup is shown, not obeyed"


def test_a_value_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(cell("one\nforged", "two"), capsys) == "one\\nforged\ntwo\n"


def careless() -> list[RenderableType]:
    """What a command might print that has forgotten to make cells."""
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(Text(HOSTILE))
    return [HOSTILE, Text(HOSTILE), table]


@pytest.mark.parametrize("renderable", careless())
def test_text_that_a_command_does_not_escape_is_escaped_by_the_console(
    renderable: RenderableType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(renderable, capsys).replace("\n", "").isprintable()


def test_json_is_exact_and_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    value = {HOSTILE: [HOSTILE, "\U000e0001", "Zoë 東京", "\\u001b"]}
    write_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert out.replace("\n", "").isprintable()
    assert "Zoë 東京" in out


def test_errors_are_one_printable_line() -> None:
    line = one_line(UserError(HOSTILE))
    assert line.isprintable()
    assert "forged" in line


def test_a_bug_is_reported_on_one_printable_line_with_and_without_its_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise RuntimeError(HOSTILE)

    monkeypatch.setattr("quartet.cli.doctor.command.examine_deployment", fails)
    assert run(["doctor"]) == BUG
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert run(["--debug", "doctor"]) == BUG
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.replace("\n", "").isprintable()


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize("number", ["", "2;", "8", "30", "41", "38;5;1", "31;1"])
def test_a_line_of_a_service_keeps_the_colours_of_services_and_nothing_else(number: str, is_terminal: bool) -> None:
    stream = io.StringIO()
    sink = ConsoleSink(Console(file=stream, force_terminal=is_terminal, color_system="standard", no_color=True))
    sink("order", f"\x1b[32mfine\x1b[0m \x1b[1mbold {HOSTILE} \x1b[{number}H\x1b[{number}x")
    text = stream.getvalue()
    # A terminal folds it; each part of it still says whose line it is.
    assert all(line.startswith(("order        | ", "             | ")) for line in text.splitlines())
    assert is_terminal or text.count("\n") == 1
    assert "\x1b[32mfine\x1b[0m \x1b[1mbold" in text
    assert text.endswith("\x1b[0m\n"), "its colours end with it"
    for colour in ("\x1b[32m", "\x1b[0m", "\x1b[1m", "\n"):
        text = text.replace(colour, "")
    assert text.isprintable()


@pytest.mark.parametrize("code", ["8", "30", "41", "38;5;1", "31;1", "5", "7"])
def test_a_line_of_a_service_cannot_hide_text(code: str) -> None:
    stream = io.StringIO()
    ConsoleSink(Console(file=stream), width=1)("a", f"seen\x1b[{code}mhidden")
    assert stream.getvalue() == f"a | seen\\x1b[{code}mhidden\n"


def test_only_the_module_of_cells_makes_rich_text_of_values() -> None:
    root = Path(__file__).parents[2] / "quartet"
    found = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in root.rglob("*.py")
        if path.name != "cells.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text"
    ]
    assert found == []


# Each with `ORDER` and `LETTER` in the place of ids, in the order in which they are to run.
COMMANDS: dict[str, list[list[str]]] = {
    "timeline": [["timeline", "ORDER"]],
    "trace": [["trace", "ORDER", "--json"]],
    "recordings": [["recordings", "ORDER"]],
    "verify-replay": [["verify-replay", "--saga", "ORDER"]],
    "status": [["status", "ORDER"], ["status", "--stuck"], ["status", "--stuck", "--grace", "0"]],
    "audit": [["audit", "--settle", "0"]],
    "doctor": [["doctor"]],
    "publish": [["publish", "FILE", "--wait", "--timeout", "5"]],
    "seed": [["seed", str(sample("catalogue.json"))]],
    "cancel": [["cancel", "ORDER", "--reason", "\x1b[2J"]],
    "dead-letters": [
        ["dead-letters", "list"],
        ["dead-letters", "show", "LETTER"],
        ["dead-letters", "redrive", "LETTER", "--dry-run"],
        ["dead-letters", "redrive", "LETTER"],
        ["dead-letters", "discard", "LETTER"],
        ["dead-letters", "list", "--all"],
    ],
}
# `up` is watched meanwhile, and `demo` shows its lines in the same way; the others show nothing of an event.
NOTHING_OF_EVENTS = {
    "up",
    "console",
    "demo",
    "bench",
    "new",
    "new-participant",
    "check",
    "graph",
    "schema",
    "emulators",
}


def test_every_command_is_looked_at() -> None:
    assert set(typer.main.get_command(build(find_application())).commands) == COMMANDS.keys() | NOTHING_OF_EVENTS  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    up = start_up(tmp_path_factory.mktemp("up") / "data")
    yield up
    up.process.send_signal(signal.SIGINT)
    assert up.end() == 0
    hostile = [line for line in up.said if not line.isprintable() or line.startswith("shipping     | forged")]
    assert hostile == []


def hostile_events(order_id: str) -> list[dict[str, Any]]:
    """A cancellation in a hostile customer's words, and an event that becomes a dead letter."""
    text = HOSTILE.removesuffix("\ud800")  # which is refused where it is read
    common = {"specversion": "1.0", "source": "/hostile", "subject": order_id, "datacontenttype": "application/json"}
    cancellation = {"order_id": order_id, "reason": "customer", "detail": text}
    return [
        common | {"id": "1", "type": "OrderCancellationRequested.v1", "data": cancellation},
        common
        | {"id": "2", "type": "OrderCreated.v1", "data": {"order_id": order_id, text: HOSTILE, "currency": text}},
        common | {"id": f"3{text}", "type": text, "data": {}},
    ]


async def send(settings: dict[str, str], events: list[dict[str, Any]]) -> None:
    async with open_producer(local_settings(settings)) as (producer, _):
        batch = await producer.create_batch(partition_key="5")
        for event in events:
            message = EventData(json.dumps(event))
            message.content_type = CONTENT_TYPE
            message.properties = {"note\x1b[2J": HOSTILE.removesuffix("\ud800")}
            batch.add(message)
        await producer.send_batch(batch)


def test_no_command_prints_control_characters_of_a_hostile_event(
    up: Up, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)
    for name, value in up.settings.items():
        monkeypatch.setenv(name, value)
    asyncio.run(send(up.settings, hostile_events("hostile")))
    publish(capsys, tmp_path, an_order("other"))
    letter = first_letter(up, capsys)
    places = {"ORDER": "hostile", "LETTER": letter, "FILE": str(tmp_path / "orders.json")}
    seen = ""
    for commands in COMMANDS.values():
        for words in commands:
            for extra in ([], ["--json"]):
                status = run([*(places.get(word, word) for word in words), *(extra if words[0] not in NO_JSON else [])])
                captured = capsys.readouterr()
                assert status in {0, 1}, (words, captured.err)
                assert is_clean(captured.out + captured.err), words
                seen += captured.out
    assert "owned" in seen


NO_JSON = {"seed", "cancel", "recordings"}


def first_letter(up: Up, capsys: pytest.CaptureFixture[str]) -> str:
    """The id of the order service's dead letter, once there is one: the other services may be quicker."""
    while True:
        up.until("dead letter")
        capsys.readouterr()
        assert run(["dead-letters", "list", "--service", "order", "--json"]) == 0
        letters = json.loads(capsys.readouterr().out)
        if letters:
            letter: str = letters[0]["id"]
            return letter
