"""A log that never raises: what its stream does not take costs a line, never an event."""

from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from structlog.typing import FilteringBoundLogger


def safe(log: FilteringBoundLogger, stats: Counter[str]) -> FilteringBoundLogger:
    """The same log; a call that raises is counted in `stats` as a line lost, and returns."""
    return cast(FilteringBoundLogger, _SafeLog(log, stats))


class _SafeLog:
    def __init__(self, log: FilteringBoundLogger, stats: Counter[str]) -> None:
        self._steady_log = log
        self._steady_stats = stats

    def __getattr__(self, name: str) -> Callable[..., Any]:
        say = getattr(self._steady_log, name)

        def said(*args: object, **fields: object) -> object:
            try:
                return say(*args, **fields)
            except Exception:  # noqa: BLE001 -- a closed pipe, a full disk, a character: a log line is worth no event
                self._steady_stats["log_lines_lost"] += 1
                return None

        return said
