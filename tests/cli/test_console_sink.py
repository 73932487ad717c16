"""Lines on a terminal."""

import io

from rich.console import Console

from quartet.console_sink import ConsoleSink


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
