"""Text from outside, made safe to print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartet.printable import printable, printable_lines

ANY_TEXT = st.text(st.characters(categories=None))


@given(ANY_TEXT)
def test_any_text_prints_on_one_line(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text).splitlines()) <= 1
    printable(text).encode()


@given(st.text().filter(str.isprintable))
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@given(ANY_TEXT)
def test_line_feeds_that_are_meant_stay_and_nothing_else(text: str) -> None:
    lines = printable_lines(text)
    assert lines.count("\n") == text.count("\n")
    assert lines.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x9b1m\x7f", "\\x9b1m\\x7f"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\u2028\u2029\x85", "\\u2028\\u2029\\x85"),
        ("\ud800", "\\ud800"),
        ("\U000e0001", "\\U000e0001"),
        ("Zoë → 東京 🎻", "Zoë → 東京 🎻"),
    ],
)
def test_how_it_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
