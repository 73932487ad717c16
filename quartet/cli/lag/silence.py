"""A log for commands that report in another way."""

import structlog
from structlog.typing import FilteringBoundLogger


def silent_log() -> FilteringBoundLogger:
    """A log that says nothing."""

    def drop(*_: object) -> str:
        raise structlog.DropEvent

    log: FilteringBoundLogger = structlog.wrap_logger(structlog.ReturnLogger(), processors=[drop])
    return log
