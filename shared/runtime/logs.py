"""Logs: one line per event, coloured for people or JSON for machines."""

import logging
import os
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import Processor


def wants_colors(stream: TextIO) -> bool:
    """Whether a person reads the stream: a terminal, or FORCE_COLOR says so; never if NO_COLOR is set."""
    return not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or stream.isatty())


def configure_logs(log_format: Literal["console", "json"], level: str, *, colors: bool = True) -> None:
    """Send everything, our own lines and the libraries' warnings, to standard output in one format."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(
            fmt="iso" if log_format == "json" else "%H:%M:%S.%f", utc=log_format == "json"
        ),
    ]
    rendering: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=colors,
                sort_keys=False,
                pad_event_to=28,
                # The default draws every frame's variables: two hundred lines and as many milliseconds per dead letter.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    structlog.configure(
        processors=[*before, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    # The Azure SDKs log through the standard library: what they warn of is worth a line in the same format.
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # Warns in eight lines, at every attempt, of what `IdentityError` says in one.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
