"""Lines on a terminal."""

import io

import pytest
from rich.console import Console

from quartet.terminal.console_sink import ConsoleSink, cropped, folded, without_colours


def test_without_a_terminal_names_are_plain_and_lines_as_they_came() -> None:
    text = io.StringIO()
    sink = ConsoleSink(Console(file=text), width=8)
    sink("order", "hears \x1b[32m[OrderCreated]\x1b[0m")
    sink("payment-2", "x")
    assert text.getvalue() == "order    | hears \x1b[32m[OrderCreated]\x1b[0m\npayment-2 | x\n"


def test_on_a_terminal_each_name_has_its_colour() -> None:
    text = io.StringIO()
    sink = ConsoleSink(Console(file=text, force_terminal=True, color_system="standard", no_color=False), width=1)
    for name in ("a", "b", "a"):
        sink(name, name)
    first, second, third = text.getvalue().splitlines()
    assert first == third == "\x1b[36ma | \x1b[0ma"
    assert second == "\x1b[35mb | \x1b[0mb"


def test_a_coloured_line_is_cropped_by_what_is_seen_of_it_and_between_words() -> None:
    line = "\x1b[32mcharged\x1b[0m order=o-1 ms=2"
    assert without_colours(cropped(line, 10)) == "charged …"
    assert cropped(line, 10).startswith("\x1b[32mcharged\x1b[0m")
    assert without_colours(cropped(line, 19)) == "charged order=o-1 …"
    assert cropped(line, 22) == line
    assert cropped("x" * 30, 10) == "x" * 9 + "…"


ID = "0123456789" * 6


@pytest.mark.parametrize("width", [40, 80])
def test_on_a_terminal_a_long_line_is_folded_between_words(width: int) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, color_system="standard", no_color=False, width=width)
    line = f"12:00:00.123 \x1b[1mOrderShipped.v1     \x1b[0m order={ID} outcome=shipped id={ID} service=shipping"
    ConsoleSink(console, width=9)("shipping", line)
    rows = without_colours(text.getvalue()).splitlines()
    assert rows[0].startswith("shipping  | 12:00:00.123")
    assert all(row.startswith("          | ") for row in rows[1:])
    assert sum(f"={ID}" in row for row in rows) == 2
    assert all(len(row) <= width or ID in row for row in rows)
    assert [word for row in rows for word in row.split("| ")[1].split()] == without_colours(line).split()


def test_a_line_that_fits_is_one_row() -> None:
    assert folded("\x1b[32mcharged\x1b[0m order=o-1", 17) == ["\x1b[32mcharged\x1b[0m order=o-1"]
