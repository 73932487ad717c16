"""Lines on a terminal."""

import io

from rich.console import Console

from quartet.console_sink import ConsoleSink, cropped, without_colours


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


def test_a_coloured_line_is_cropped_by_what_is_seen_of_it() -> None:
    line = "\x1b[32mcharged\x1b[0m order=o-1"
    assert without_colours(cropped(line, 10)) == "charged o…"
    assert cropped(line, 10).startswith("\x1b[32mcharged\x1b[0m")
    assert cropped(line, 17) == line
