"""Lines of several processes on one terminal, each with its process's name in a colour of its own."""

import re
from itertools import cycle
from typing import Final

from rich.console import Console
from rich.style import Style

from quartet.printable import printable

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "bright_red", "bright_cyan", "bright_magenta")


_BAR: Final = " | "
# What our services colour their lines with: bold, dim, the colours but black, and the end of all that.
_COLOUR: Final = re.compile(r"\x1b\[(?:[012]|3[1-7]|9[0-7])?m")
_PLAIN: Final = "\x1b[0m"


def without_colours(line: str) -> str:
    """The line without colours."""
    return _COLOUR.sub("", line)


def shown(line: str) -> str:
    """The line with its colours, which end with it; what else would act on a terminal is escaped."""
    if line.isprintable():
        return line
    texts, colours = _COLOUR.split(line), _COLOUR.findall(line)
    pieces = [piece for pair in zip(map(printable, texts), [*colours, ""], strict=True) for piece in pair]
    end = "" if not colours or line.endswith(_PLAIN) else _PLAIN
    return "".join([*pieces, end])


def cropped(line: str, width: int) -> str:
    """The line, or as much of it as is `width` characters wide on a terminal, with an ellipsis.

    A word that does not fit is left out as a whole: half of an id is none.
    """
    if len(line) <= width or len(text := without_colours(line)) <= width:
        return line
    room = text.rfind(" ", 0, width - 1)
    if room < 0:
        room = width - 1
    kept: list[str] = []
    position = 0
    for colour in [*_COLOUR.finditer(line), None]:
        piece = line[position : colour.start() if colour else len(line)][:room]
        kept.append(piece)
        room -= len(piece)
        if colour:
            kept.append(colour.group())
            position = colour.end()
    return "".join([*kept, " …" if " " in text[:width] else "…"])


def folded(line: str, width: int) -> list[str]:
    """The line in rows that are `width` characters wide on a terminal, broken between words alone."""
    if len(line) <= width or len(without_colours(line)) <= width:
        return [line]
    rows: list[str] = []
    row, taken = "", 0
    for word in line.split(" "):
        length = len(without_colours(word))
        if row and taken + 1 + length > width:
            rows.append(row)
            row, taken = word, length
        else:
            row, taken = (f"{row} {word}", taken + 1 + length) if row else (word, length)
    return [*rows, row]


class ConsoleSink:
    """Writes `name | line`; the colours of the line itself are kept, and nothing else of it acts on the terminal.

    On a terminal a long line continues in further rows, under its beginning, and no word is broken.

    It writes past rich's layout, which would cost more than the services that log. So do not combine it with
    a live display on the same console.

    Args:
        console: where to; without a terminal, names are not coloured.
        width: of the column of names, in characters.
    """

    def __init__(self, console: Console, *, width: int = 12) -> None:
        self._console = console
        self._width = width
        self._colours = cycle(COLOURS)
        self._prefixes: dict[str, str] = {}

    def __call__(self, name: str, line: str) -> None:
        """Write one line of the process `name`."""
        if name not in self._prefixes:
            self._prefixes[name] = self._prefix(name)
        text = shown(line)
        room = self._console.width - self._width - len(_BAR)
        rows = folded(text, room) if self._console.is_terminal else [text]
        margin = " " * self._width + _BAR
        first = self._prefixes[name] + rows[0]
        self._console.file.write("\n".join([first, *(margin + row for row in rows[1:])]) + "\n")
        self._console.file.flush()

    def _prefix(self, name: str) -> str:
        text = f"{name:<{self._width}}{_BAR}"
        colour = next(self._colours)
        if not self._console.is_terminal or self._console.no_color:
            return text
        return Style(color=colour).render(text)
