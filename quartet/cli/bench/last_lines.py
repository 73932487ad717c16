"""The last lines of the processes: shown only after a failure."""

from collections import deque
from typing import Final

from quartet.terminal.console import remarks
from quartet.terminal.console_sink import ConsoleSink

_KEPT: Final = 30


class LastLines:
    """A sink that keeps the last lines of all processes together."""

    def __init__(self) -> None:
        self._lines: deque[tuple[str, str]] = deque(maxlen=_KEPT)

    def __call__(self, name: str, line: str) -> None:
        """Take a line of a process."""
        self._lines.append((name, line))

    def tell(self) -> None:
        """Write them to standard error."""
        sink = ConsoleSink(remarks())
        for name, line in list(self._lines):
            sink(name, line)
