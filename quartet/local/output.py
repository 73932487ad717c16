"""Lines of child processes on their way to a terminal, which may be slower than they are."""

import os
import queue
import threading
from collections.abc import Callable, Iterator

from quartet.engine.failures.timeouts import stretched

Sink = Callable[[str, str], None]
"""Takes the name of a process and one line of its output, without its end. Runs on a thread of its own."""

LINE_LIMIT = 64 * 1024  # bytes; a longer line is passed on in pieces
QUEUE_LIMIT = 10_000  # lines
GRACE = 1.0  # seconds that a full queue holds up a child before lines are dropped
OUTPUT_NAME = "quartet"  # the name in the line that says how many were dropped


def read_lines(descriptor: int) -> Iterator[str]:
    """The lines from a descriptor until its end; bytes that are not UTF-8 are replaced."""
    rest = b""
    while chunk := os.read(descriptor, LINE_LIMIT):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield _text(line)
        while len(rest) >= LINE_LIMIT:
            yield _text(rest[:LINE_LIMIT])
            rest = rest[LINE_LIMIT:]
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")


class Output:
    """A queue of lines and the thread that hands them to the sink.

    If the sink is slow, the children are held up a little; if it stalls, lines are dropped and counted,
    and the sink gets the number when it moves again. If it fails, `on_error` is called once, on the thread, and
    the remaining lines go nowhere.
    """

    def __init__(
        self,
        sink: Sink,
        on_error: Callable[[Exception], None],
        *,
        queue_limit: int = QUEUE_LIMIT,
        grace: float | None = None,
    ) -> None:
        self._sink = sink
        self._on_error = on_error
        self._grace = stretched(GRACE) if grace is None else grace
        self._lines: queue.Queue[tuple[str, str] | None] = queue.Queue(queue_limit)
        self._lock = threading.Lock()
        self._dropped = 0
        self._thread = threading.Thread(target=self._drain, name="output", daemon=True)
        self._thread.start()

    def put(self, name: str, line: str) -> None:
        """Pass a line on; called on the thread that reads the process `name`."""
        # While lines are being dropped, no child waits again: a stuck terminal costs one wait, not many.
        grace = 0.0 if self._dropped else self._grace
        try:
            self._lines.put((name, line), timeout=grace or None, block=grace > 0)
        except queue.Full:
            with self._lock:
                self._dropped += 1

    def close(self, timeout: float) -> None:
        """Let the sink take the queued lines, for at most `timeout` seconds."""
        try:
            self._lines.put(None, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _drain(self) -> None:
        try:
            while (item := self._lines.get()) is not None:
                self._sink(*item)
                self._report_dropped()
            self._report_dropped()
        except Exception as error:  # noqa: BLE001  # of whatever kind, it belongs to the supervisor
            self._on_error(error)
            while self._lines.get() is not None:
                pass

    def _report_dropped(self) -> None:
        if not self._dropped or not self._lines.empty():
            return
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        self._sink(OUTPUT_NAME, f"{dropped} lines were dropped: they came faster than they could be shown")
