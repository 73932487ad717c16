"""The HTTP servers' log: what a client does wrong is one line, not a traceback."""

import logging

from aiohttp.http_exceptions import HttpProcessingError

_LONGEST = 200


def http_logger(name: str) -> logging.Logger:
    """A logger for aiohttp's servers."""
    logger = logging.getLogger(name)
    logger.addFilter(_in_one_line)  # the same function twice is one filter
    return logger


def _in_one_line(record: logging.LogRecord) -> bool:
    """Malformed HTTP is the client's fault: aiohttp's traceback about it becomes one line."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        record.msg, record.args = "malformed HTTP request: %s", (" ".join(error.message.split())[:_LONGEST],)
    return True
