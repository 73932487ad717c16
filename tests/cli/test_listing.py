"""What a person reads fits the terminal, and an id that they copy is never broken and never cut."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType
from rich.text import Text

from quartet.cli.audit.report import audit_listing
from quartet.cli.dead_letters.asking import Became
from quartet.cli.dead_letters.dead_letters import Found
from quartet.cli.dead_letters.view import letter_view, letters_listing, reports_listing
from quartet.cli.doctor.check import Finding, broken
from quartet.cli.doctor.report import findings_listing
from quartet.cli.lag.lag import Head, Standing, Standstill
from quartet.cli.main import run
from quartet.cli.reading.hub_reader import Found as Heard
from quartet.cli.timeline.timeline import tell
from quartet.cli.timeline.view import timeline_listing
from quartet.engine.dead_letters.redrive import Report, Verdict
from quartet.engine.dead_letters.redriver import letter_report
from quartet.engine.dead_letters.store import StoredLetter
from quartet.engine.ports import DeadLetter, Message
from quartet.events import CONTENT_TYPE, encode, new_event, to_json
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing, Unbroken, column_widths, wrapped
from services.operations.audit.invariants import Finding as AuditFinding
from services.operations.audit.invariants import Violation
from services.operations.publish.outcomes import outcome_listing
from services.operations.publish.waiting import Outcome
from services.operations.status.status import Whereabouts
from services.operations.status.stuck import Letter, Stuck
from services.operations.status.stuck_reading import StuckReport
from services.operations.status.stuck_view import stuck_view
from services.operations.status.view import status_view
from services.order.domain import Entry, Fact, Order, OrderStatus
from services.shop import SHOP
from shared.events import OrderCancellationRequested

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ORDER_ID = "o" * 32 + "-" + "d" * 31
WIDTHS = [160, 80, 40]

EVENT = new_event(OrderCancellationRequested(order_id=ORDER_ID, reason="customer"), source="/my/shop", time=NOON)
MESSAGE = Message(encode(to_json(EVENT)), CONTENT_TYPE, {}, 123_456_789_012, "0")
DEAD = DeadLetter(MESSAGE, "31", "waiting", f"behind 31-4-{'f' * 64}", 0, ORDER_ID, EVENT.id, EVENT.type, NOON)
LETTER = Found("payment", StoredLetter(DEAD, None, ""))
STANDING = Standing("payment", "31", Head(7, EVENT.type, ORDER_ID, NOON), timedelta(minutes=5), 9)
STUCK = Stuck(
    ORDER_ID,
    OrderStatus.PAID,
    frozenset({Fact.PLACED, Fact.RESERVED, Fact.PAID}),
    NOON,
    letters={"shipping": [Letter(DEAD.id, "waiting")]},
    because=(f"dead letter {DEAD.id} of shipping (waiting)", "its deadline has passed"),
)
KNOWN = Whereabouts(
    ORDER_ID,
    Order(ORDER_ID, history=(Entry("OrderCreated.v1", "e", NOON, "17.80 EUR"),)),
    ledger={f"payment_{ORDER_ID}": {"outcome": "charged", "amount": "17.80", "currency": "EUR"}},
)

VIEWS: list[tuple[str, RenderableType, list[str]]] = [
    ("dead letters", letters_listing([LETTER], with_end=True), [DEAD.id, ORDER_ID, "31-4-" + "f" * 64]),
    ("dead letter", letter_view(LETTER), [DEAD.id, ORDER_ID, EVENT.id]),
    (
        "redrive",
        reports_listing([Became("payment", ORDER_ID, letter_report(Report(DEAD, Verdict.WAITING, "behind")))]),
        [DEAD.id, ORDER_ID],
    ),
    ("stuck", stuck_view(StuckReport((STUCK,), 1, ()), Standstill((STANDING,))), [ORDER_ID, DEAD.id]),
    ("status", status_view(KNOWN, NOON), [ORDER_ID, f"payment_{ORDER_ID}"]),
    (
        "timeline",
        timeline_listing(tell([Heard("0", NOON, MESSAGE)], SHOP.hubs()), f"Order {ORDER_ID}"),
        [ORDER_ID, EVENT.type],
    ),
    ("audit", audit_listing([AuditFinding(1, "a rule", {}, (Violation(ORDER_ID, "2 charges"),))]), [ORDER_ID]),
    ("doctor", findings_listing([Finding("service payment", broken(str(STANDING), "see"))]), [ORDER_ID]),
    ("outcomes", outcome_listing({ORDER_ID: Outcome(OrderStatus.CANCELLED, "out_of_stock")}), [ORDER_ID]),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(view: RenderableType, width: int, *, is_terminal: bool) -> list[str]:
    stream = Terminal() if is_terminal else io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=is_terminal, markup=False, highlight=False, emoji=False, _environ={}
    )
    console.print(view, crop=False)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()


@pytest.mark.parametrize("is_terminal", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("name", "view", "ids"), VIEWS, ids=[name for name, _, _ in VIEWS])
def test_an_id_is_whole_and_everything_else_fits(
    name: str, view: RenderableType, ids: list[str], width: int, is_terminal: bool
) -> None:
    lines = printed(view, width, is_terminal=is_terminal)
    for one in ids:
        assert any(one in line for line in lines), f"{one} of {name} is broken or cut in {lines}"
    for line in lines:
        # Only a single word may be wider than the terminal, and then it stands alone, from the first column.
        assert len(line) <= width or not re.search(r"\s", line), line


def test_a_table_is_used_where_every_word_fits() -> None:
    listing = Listing("id", "detail")
    listing.add("abc", "a few words")
    assert "│ abc" in "\n".join(printed(listing, 40, is_terminal=False))
    listing.add("x" * 64, "")
    assert "│" not in "\n".join(printed(listing, 40, is_terminal=False))


def test_blocks_name_every_cell_that_says_something() -> None:
    listing = Listing("id", "reason", "detail", title="Letters", caption="1 open")
    listing.add("x" * 30, "waiting", "behind something that takes words")
    listing.add("y" * 30, "", cell("two", "lines"))
    assert printed(listing, 32, is_terminal=False) == [
        "Letters",
        "x" * 30,
        "  reason: waiting",
        "  detail: behind something that",
        "  takes words",
        "y" * 30,
        "  detail: two",
        "  lines",
        "1 open",
    ]


def test_what_looks_like_markup_is_text() -> None:
    listing = Listing("id", "detail", title="[red]title[/red]")
    listing.add("[bold]id[/bold]", ":smile: [/]")
    text = "\n".join(printed(listing, 80, is_terminal=True))
    assert all(one in text for one in ("[red]title[/red]", "[bold]id[/bold]", ":smile: [/]"))


CELLS = st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=60)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4), st.integers(20, 160))
def test_no_word_is_ever_broken(rows: list[tuple[str, str, str]], width: int) -> None:
    listing = Listing("a", "b", "c")
    for row in rows:
        listing.add(*row)
    text = "\n".join(printed(listing, width, is_terminal=False))
    for row in rows:
        for word in " ".join(row).split():
            assert word in text


@given(CELLS, st.integers(5, 100))
def test_wrapping_loses_nothing_and_breaks_only_between_words(text: str, width: int) -> None:
    lines = wrapped(Text(text), width)
    assert " ".join(" ".join(line.plain for line in lines).split()) == " ".join(text.split())
    assert all(line.cell_len <= width or len(line.plain.split()) == 1 for line in lines if line.plain.strip())


def test_columns_share_what_is_left_over() -> None:
    assert column_widths([[Text("id"), Text("word " * 10), Text("word " * 30)]], 60) == [2, 24, 24]
    assert column_widths([[Text("x" * 60), Text("y")]], 60) is None


def test_an_indented_line_that_does_not_fit_begins_at_the_edge() -> None:
    assert printed(Unbroken("x" * 39, indent=2), 40, is_terminal=False) == ["x" * 39]
    assert printed(Unbroken("x" * 38, indent=2), 40, is_terminal=False) == ["  " + "x" * 38]


COMMANDS = [
    *(
        [name]
        for name in ("demo", "up", "seed", "publish", "cancel", "status", "timeline", "audit", "doctor", "schema")
    ),
    *(["dead-letters", name] for name in ("list", "show", "redrive", "discard")),
    ["dead-letters"],
    [],
]


@pytest.mark.parametrize("width", [80, 60])  # Click writes no help that is narrower than 50
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERMINAL_WIDTH", str(width))
    assert run([*command, "--help"]) == 0
    assert all(len(line) <= width or not re.search(r"\S\s+\S", line) for line in capsys.readouterr().out.splitlines())
