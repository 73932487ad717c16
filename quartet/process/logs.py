"""Logs: one line per event, coloured for people or JSON for machines.

Text in a line may come from an event, so from any client. On a console it neither acts on the terminal nor begins
a line; characters that the stream's encoding lacks are escaped. A stream that takes no more lines (a closed pipe, a
full disk) costs lines, never an event.
"""

import asyncio
import atexit
import logging
import math
import os
import sys
import time
from collections import deque
from contextlib import suppress
from io import StringIO
from typing import Any, Final, Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from quartet.events import without_input
from quartet.printable import printable, printable_lines

PAUSE_SECONDS: Final = 0.02
"""The shortest time between two writes of log lines while an event loop runs."""


def wants_colors(stream: TextIO) -> bool:
    """Whether a person reads the stream: a terminal, or FORCE_COLOR says so; never if NO_COLOR is set."""
    return not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or stream.isatty())


class LogStream:
    """A text stream that never raises. `lost` counts the lines that it could not pass on.

    What a running event loop flushes in one turn is one write: a batch has a line for each of its events. Writes are
    `PAUSE_SECONDS` apart at least, since each may wake the process that reads them. So a process that is killed loses
    the lines of that time, and one whose loop ends or that exits loses none.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._written_at = -math.inf
        self._due_in: asyncio.AbstractEventLoop | None = None
        self.lost = 0

    def write(self, text: str) -> int:
        """Keep text for the next flush."""
        self._waiting.append(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written: at the end of the event loop's turn, or of the pause; immediately if none runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._pass_on()
            return
        if self._due_in is loop:
            return
        self._due_in = loop
        pause = self._written_at + PAUSE_SECONDS - time.monotonic()
        if pause > 0:
            loop.call_later(pause, self._pass_on)
        else:
            loop.call_soon(self._pass_on)

    def _pass_on(self) -> None:
        """Write what waits; what the encoding lacks is escaped."""
        self._due_in = None
        lines: list[str] = []
        # One by one: a thread, of an SDK for example, may add to them meanwhile.
        with suppress(IndexError):
            while True:
                lines.append(self._waiting.popleft())
        text = "".join(lines)
        if not text:
            return
        self._written_at = time.monotonic()
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError, LookupError):
            self.lost += text.count("\n")


def printable_fields(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    """Escape characters that would act on a terminal in the values of a console line."""
    return {name: value if name == "exc_info" else _printable(value) for name, value in fields.items()}


def _printable(value: Any) -> Any:  # noqa: ANN401 -- whatever is logged
    if isinstance(value, str):
        return printable(value)
    shown = repr(value)  # as the renderer shows it
    return value if shown.isprintable() else printable(shown)


def write_traceback(stream: TextIO, error: ExcInfo) -> None:
    """Write a traceback below its line; it is indented, so that none of its lines looks like another event's."""
    text = StringIO()
    structlog.dev.plain_traceback(text, error)
    stream.write(printable_lines(without_input(text.getvalue())).replace("\n", "\n    "))


def hide_input(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    """Leave values that pydantic quotes out of a formatted traceback."""
    if "exception" in fields:
        fields["exception"] = without_input(str(fields["exception"]))
    return fields


def _short(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    """Begin the line with what matters, so that a terminal of 80 columns has room for it.

    The time has milliseconds, a level is said if it is not the usual one, and the service comes last: it is also the
    name of the process.
    """
    service, level = fields.pop("service", None), fields.pop("level", "info")
    if "timestamp" in fields:
        fields["timestamp"] = str(fields["timestamp"])[: -len("000")]
    if level != "info":
        fields["level"] = level
    if service is not None:
        fields["service"] = service
    return fields


def configure_logs(log_format: Literal["console", "json"], level: str, *, colors: bool = True) -> None:
    """Send everything, our own lines and the libraries' warnings, to standard output in one format."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(
            fmt="iso" if log_format == "json" else "%H:%M:%S.%f", utc=log_format == "json"
        ),
    ]
    stream = LogStream(sys.stdout)
    # The loop may have ended in a pause. No loop runs at the exit: the rest is written immediately.
    atexit.register(stream.flush)
    rendering: list[Processor] = (
        [structlog.processors.format_exc_info, hide_input, structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [
            printable_fields,
            _short,
            structlog.dev.ConsoleRenderer(
                colors=colors,
                sort_keys=False,
                pad_event_to=20,
                # The default draws every frame's variables: two hundred lines and as many milliseconds per dead letter.
                exception_formatter=write_traceback,
            ),
        ]
    )
    structlog.configure(
        processors=[*before, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, stream)),
        cache_logger_on_first_use=True,
    )
    # The Azure SDKs log through the standard library: their warnings get a line in the same format.
    handler = logging.StreamHandler(cast(TextIO, stream))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # Warns in eight lines, at every attempt, of what `IdentityError` says in one.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
