"""What OpenTelemetry complains of: one log line a minute. Without a receiver, it would write one a second."""

import logging
import time
from collections.abc import Callable
from typing import Final

import structlog

from quartet.engine.errors import one_line

EVERY_SECONDS: Final = 60.0


class Complaints(logging.Handler):
    """Passes on the first of the SDK's warnings in a minute. `left_out` of the next line counts the others."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._clock = clock
        self._said_at: float | None = None
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it."""
        now = self._clock()
        if self._said_at is not None and now - self._said_at < EVERY_SECONDS:
            self._left_out += 1
            return
        self._said_at, left_out, self._left_out = now, self._left_out, 0
        more = {"left_out": left_out} if left_out else {}
        problem = one_line(Exception(record.getMessage())).removeprefix("Exception: ")
        structlog.get_logger().warning("telemetry impaired", problem=problem, **more)

    def install(self) -> None:
        """Take the place of all that the SDK would log."""
        logger = logging.getLogger("opentelemetry")
        logger.addHandler(self)
        logger.propagate = False
