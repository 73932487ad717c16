"""Sending spans that were made afterwards: now, to one receiver, and with an answer; or as a stored OTLP export."""

import logging
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.telemetry.span import Span
from quartet.process.telemetry.exporters import azure_span_exporters, otlp_span_exporters, span_exporter_to
from quartet.process.telemetry.sdk import readable
from quartet.version import __version__

_BATCH: Final = 512  # as many as the SDK exports together by default
_IDS: Final = frozenset({"traceId", "spanId", "parentSpanId"})


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where spans can be sent to: an exporter, and its address for people."""

    exporter: SpanExporter
    where: str


def receivers(endpoint: str | None, environment: Mapping[str, str]) -> list[Receiver]:
    """The one at this endpoint; without one, those that the environment names.

    Raises:
        ConfigurationError: there is none, a package is missing, or a variable has a value that cannot be used.
    """
    if endpoint is not None:
        return [Receiver(span_exporter_to(endpoint, environment), endpoint)]
    named = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    found = [Receiver(exporter, named) for exporter in otlp_span_exporters(environment)] if named else []
    found += [Receiver(exporter, "Application Insights") for exporter in azure_span_exporters(environment)]
    if not found:
        raise ConfigurationError(
            "no receiver of traces is known: set OTEL_EXPORTER_OTLP_ENDPOINT, give --endpoint URL, "
            "or write the trace with --json or --out FILE"
        )
    return found


def send(spans: Mapping[str, Sequence[Span]], receiver: Receiver) -> None:
    """Export the spans of each service, and return when the receiver has taken them.

    Raises:
        OutageError: it has not: it is away, or it refuses them.
    """
    everything = _readable(spans)
    with _listening() as last:
        try:
            for start in range(0, len(everything), _BATCH):
                result = receiver.exporter.export(everything[start : start + _BATCH])
                if result is not SpanExportResult.SUCCESS:
                    raise OutageError(f"{receiver.where} has not taken the trace{last}")
        finally:
            receiver.exporter.shutdown()


def otlp_json(spans: Mapping[str, Sequence[Span]]) -> dict[str, Any]:
    """The spans as OTLP in JSON: what a receiver of OTLP over HTTP takes with the content type `application/json`.

    https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids are hexadecimal, enumerations are numbers.
    """
    request = MessageToDict(encode_spans(_readable(spans)), use_integers_for_enums=True)
    return {name: _with_hexadecimal_ids(value) for name, value in request.items()}


class _LastWord(logging.Handler):
    """Why an exporter has failed: it says so in its log only."""

    def __init__(self) -> None:
        super().__init__()
        self._said = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self._said = record.getMessage().rstrip(".")

    def __str__(self) -> str:
        return f": {self._said}" if self._said else ""


@contextmanager
def _listening() -> Iterator[_LastWord]:
    """Hear what exporters log, and keep it from the terminal."""
    last = _LastWord()
    loggers = [logging.getLogger(name) for name in ("opentelemetry.exporter", "azure.monitor.opentelemetry.exporter")]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(last)
        logger.setLevel(logging.WARNING)
        logger.propagate = False
    try:
        yield last
    finally:
        for logger, level, propagate in before:
            logger.removeHandler(last)
            logger.setLevel(level)
            logger.propagate = propagate


def _readable(spans: Mapping[str, Sequence[Span]]) -> list[ReadableSpan]:
    made = []
    for service, of_service in spans.items():
        # No `service.instance.id`: which replica it was is not known.
        resource = Resource({"service.name": service, "quartet.version": __version__})
        made += [readable(span, resource) for span in of_service]
    return made


def _with_hexadecimal_ids(value: Any) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, list):
        return [_with_hexadecimal_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: b64decode(one).hex() if name in _IDS else _with_hexadecimal_ids(one) for name, one in value.items()}
