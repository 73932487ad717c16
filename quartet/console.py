"""Where the command line writes: results to standard output, everything else to standard error."""

import json
import sys

from rich.console import Console, RenderableType

# Without a terminal nobody has a window that a table must fit into.
_WIDTH_OF_A_PIPE = 160


def results() -> Console:
    """Standard output, for what was asked for. Coloured on a terminal only, and not if NO_COLOR is set."""
    return _console(is_error=False)


def is_coloured(console: Console) -> bool:
    """Whether colours show there."""
    return console.is_terminal and not console.no_color


def show(renderable: RenderableType) -> None:
    """Write one of the results, and cut nothing off: what is wider than the terminal goes on in its next row."""
    results().print(renderable, crop=False)


def remarks() -> Console:
    """Standard error, for progress and remarks: a program that reads our results never sees them."""
    return _console(is_error=True)


def write_json(value: object) -> None:
    """Write one JSON document to standard output, and nothing else."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _console(*, is_error: bool) -> Console:
    # Made anew for every use: whoever has replaced sys.stdout meanwhile is written to.
    stream = sys.stderr if is_error else sys.stdout
    width = None if stream.isatty() else _WIDTH_OF_A_PIPE
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
