"""Lines of several processes on one terminal, each with its process's name in a colour of its own."""

import re
from itertools import cycle
from typing import Final

from rich.console import Console
from rich.style import Style

from shared.printable import printable

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "bright_red", "bright_cyan", "bright_magenta")


# What our services colour their lines with: bold, dim, the colours but black, and the end of all that.
_COLOUR: Final = re.compile(r"\x1b\[(?:[012]|3[1-7]|9[0-7])?m")
_PLAIN: Final = "\x1b[0m"


def without_colours(line: str) -> str:
    """The line as it reads."""
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
    """The line, or so much of it that it is `width` characters wide on a terminal, with an ellipsis."""
    if len(line) <= width or len(without_colours(line)) <= width:
        return line
    kept: list[str] = []
    room, position = width - 1, 0
    for colour in [*_COLOUR.finditer(line), None]:
        text = line[position : colour.start() if colour else len(line)]
        kept.append(text[:room])
        room -= len(text[:room])
        if colour:
            kept.append(colour.group())
            position = colour.end()
    return "".join([*kept, "…"])


class ConsoleSink:
    """Writes `name | line`; the colours of the line itself are kept, and nothing else of it acts on the terminal.

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
        self._console.file.write(f"{self._prefixes[name]}{shown(line)}\n")
        self._console.file.flush()

    def _prefix(self, name: str) -> str:
        text = f"{name:<{self._width}} | "
        colour = next(self._colours)
        if not self._console.is_terminal or self._console.no_color:
            return text
        return Style(color=colour).render(text)
