"""Where the command line writes: results to standard output, everything else to standard error."""

import json
import re
import sys
from collections.abc import Iterable
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from quartet.printable import printable_lines

# Without a terminal there is no window that a table must fit into.
_WIDTH_OF_A_PIPE = 160
# JSON escapes the first 32 control characters only; others act on a terminal, too.
_NOT_PRINTED: Final = re.compile(r"[^\x20-\x7e\n]")


class SafeConsole(Console):
    """A console that escapes everything that would act on the terminal, even if the caller forgets to.

    What rich itself makes (styles, the movements of a progress bar) passes.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich does, with every text escaped; a line feed stays one: see `quartet.terminal.cells` for values."""
        for segment in super().render(renderable, options):
            text = segment.text
            yield segment if segment.control else Segment(printable_lines(text), segment.style)


def results() -> Console:
    """Standard output, for results. Coloured on a terminal only, and not if NO_COLOR is set."""
    return _console(is_error=False)


def is_coloured(console: Console) -> bool:
    """Whether colours show there."""
    return console.is_terminal and not console.no_color


def show(renderable: RenderableType) -> None:
    """Write one of the results, and cut nothing off: a line wider than the terminal continues in its next row."""
    results().print(renderable, crop=False)


def remarks() -> Console:
    """Standard error, for progress and remarks: a program that reads our results never sees them."""
    return _console(is_error=True)


def write_json(value: object) -> None:
    """Write one JSON document to standard output, and nothing else.

    Unprintable characters are escaped as in JSON, so that a program reads exactly the stored text.
    """
    is_utf = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(value, indent=2, ensure_ascii=not is_utf)
    sys.stdout.write(_NOT_PRINTED.sub(_escaped, text) + "\n")


def _escaped(found: re.Match[str]) -> str:
    one = found.group()
    return one if one.isprintable() else json.dumps(one)[1:-1]


def _console(*, is_error: bool) -> Console:
    # Created for every use, so that it writes to the current sys.stdout, also if that was replaced meanwhile.
    stream = sys.stderr if is_error else sys.stdout
    width = None if stream.isatty() else _WIDTH_OF_A_PIPE
    return SafeConsole(file=stream, width=width, markup=False, highlight=False, emoji=False)
