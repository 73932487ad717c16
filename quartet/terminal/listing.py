"""Rows for people at any width: a table where every word fits in whole, and blocks where it does not.

An id, which a person may copy, is never broken across lines, and never cut. A longer one than the terminal is written
as one line at its edge, which terminals wrap and copy as one.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import StyleType
from rich.table import Table
from rich.text import Text

from quartet.terminal.cells import cell

_WORD: Final = re.compile(r"\S+")
_READABLE: Final = 12  # narrower than this, a column of prose is a ladder of words
_BETWEEN: Final = 3  # a border and two spaces of padding per column
_INDENT: Final = 2


class Unbroken:
    """Text that is wrapped between words alone, with `indent` spaces before every line that fits with them."""

    def __init__(self, text: Text | str, indent: int = 0) -> None:
        self._text = text if isinstance(text, Text) else cell(text)
        self._indent = indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Called by rich."""
        for line in wrapped(self._text, options.max_width - self._indent):
            if self._indent + line.cell_len <= options.max_width:
                yield Segment(" " * self._indent)
            yield from line.render(console)
            yield Segment.line()


class Listing:
    """Rows with headings. Print it with `show`, which crops nothing."""

    def __init__(self, *headings: str, title: str = "", caption: str = "", show_lines: bool = False) -> None:
        self._headings = headings
        self._title = title
        self._caption = caption
        self._show_lines = show_lines
        self._rows: list[list[Text]] = []

    def add(self, *cells: str | Text, style: StyleType = "") -> None:
        """Add a row. A string is one line and made printable; `cells` makes a cell of several lines."""
        self._rows.append([one if isinstance(one, Text) else cell(one, style=style) for one in cells])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Called by rich."""
        if self._title:
            yield Unbroken(cell(self._title, style="bold"))
        widths = column_widths([[cell(name) for name in self._headings], *self._rows], options.max_width)
        if widths is not None:
            yield self._table(widths)
        else:
            for row in self._rows:
                yield from self._block(row)
        if self._caption:
            yield Unbroken(cell(self._caption, style="dim"))

    def _table(self, widths: Sequence[int]) -> Table:
        table = Table(show_lines=self._show_lines)
        for heading, width in zip(self._headings, widths, strict=True):
            table.add_column(cell(heading), width=width, overflow="fold")
        for row in self._rows:
            table.add_row(*row)
        return table

    def _block(self, row: Sequence[Text]) -> Iterator[Unbroken]:
        """The first cell as a heading, and the others under it by name."""
        head, *rest = row
        if head.plain:
            yield Unbroken(head)
        for heading, text in zip(self._headings[1:], rest, strict=True):
            if text.plain:
                name = cell(f"{heading}: " if heading else "", style="dim")
                yield Unbroken(name + text, indent=_INDENT)


def column_widths(rows: Sequence[Sequence[Text]], width: int) -> list[int] | None:
    """How wide each column of a table of this width may be, so that no word is broken; None if there is no way."""
    columns = list(zip(*rows, strict=True))
    wanted = [max(line.cell_len for one in column for line in _lines(one)) for column in columns]
    words = [max(_longest_word(one) for one in column) for column in columns]
    widths = [max(word, min(want, _READABLE)) for word, want in zip(words, wanted, strict=True)]
    room = width - 1 - _BETWEEN * len(columns) - sum(widths)
    if room < 0:
        return None
    while room > 0 and (narrow := [number for number, want in enumerate(wanted) if widths[number] < want]):
        for number in narrow[:room]:
            widths[number] += 1
        room -= len(narrow[:room])
    return widths


def wrapped(text: Text, width: int) -> list[Text]:
    """The text in lines of at most this many cells, broken between words only: a longer word is a line of its own."""
    return [piece for line in _lines(text) for piece in _pieces(line, width)]


def _pieces(line: Text, width: int) -> Iterator[Text]:
    if line.cell_len <= width:
        yield line
        return
    start = end = 0
    for word in _WORD.finditer(line.plain):
        if end and line[start : word.end()].cell_len > width:
            yield line[start:end]
            start = word.start()
        end = word.end()
    yield line[start:end]


def _lines(text: Text) -> list[Text]:
    return list(text.split("\n", allow_blank=True)) or [text]


def _longest_word(text: Text) -> int:
    return max((cell_len(word) for word in text.plain.split()), default=0)
