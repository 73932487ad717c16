"""The exporters that the environment names: OTLP over HTTP, or over gRPC; and Application Insights."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from opentelemetry.sdk.metrics.export import MetricExporter
from opentelemetry.sdk.trace.export import SpanExporter

from quartet.engine.errors import ConfigurationError
from quartet.extras import missing
from quartet.process.telemetry.azure_monitor import azure_metric_exporter, azure_span_exporter, is_named

_HTTP: Final = "http/protobuf"
_GRPC: Final = "grpc"
_OTLP: Final = "otlp"
_NONE: Final = "none"


def span_exporters(environment: Mapping[str, str]) -> list[SpanExporter]:
    """Those of spans; none if `OTEL_TRACES_EXPORTER` is `none`.

    Raises:
        ConfigurationError: a package is missing, or a variable has a value that cannot be used.
    """
    return [*otlp_span_exporters(environment), *azure_span_exporters(environment)]


def azure_span_exporters(environment: Mapping[str, str]) -> list[SpanExporter]:
    """That of Application Insights, if its connection string is set. Raises as `span_exporters` does."""
    return [azure_span_exporter(environment)] if _wants_azure(environment, "TRACES") else []


def otlp_span_exporters(environment: Mapping[str, str]) -> list[SpanExporter]:
    """Those of OTLP, if an endpoint is set. Raises as `span_exporters` does."""
    if not _wanted(environment, "TRACES"):
        return []
    if _protocol(environment, "TRACES") == _GRPC:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter

        return [GrpcSpanExporter()]
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return [OTLPSpanExporter()]


def span_exporter_to(endpoint: str, environment: Mapping[str, str]) -> SpanExporter:
    """One to this endpoint, whatever variables name endpoints. Raises as `span_exporters` does."""
    if _protocol(environment, "TRACES") == _GRPC:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter

        return GrpcSpanExporter(endpoint=endpoint)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")


def metric_exporters(environment: Mapping[str, str]) -> list[MetricExporter]:
    """Those of metrics; none if `OTEL_METRICS_EXPORTER` is `none`. Raises as `span_exporters` does."""
    return [*otlp_metric_exporters(environment), *azure_metric_exporters(environment)]


def azure_metric_exporters(environment: Mapping[str, str]) -> list[MetricExporter]:
    """That of Application Insights, if its connection string is set. Raises as `metric_exporters` does."""
    return [azure_metric_exporter(environment)] if _wants_azure(environment, "METRICS") else []


def otlp_metric_exporters(environment: Mapping[str, str]) -> list[MetricExporter]:
    """Those of OTLP, if an endpoint is set. Raises as `metric_exporters` does."""
    if not _wanted(environment, "METRICS"):
        return []
    if _protocol(environment, "METRICS") == _GRPC:
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetricExporter

        return [GrpcMetricExporter()]
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    return [OTLPMetricExporter()]


def _wanted(environment: Mapping[str, str], signal: str) -> bool:
    variable = f"OTEL_{signal}_EXPORTER"
    names = {name.strip() for name in (environment.get(variable) or _OTLP).split(",")}
    if unknown := sorted(names - {_OTLP, _NONE}):
        raise ConfigurationError(f"{variable} is {', '.join(unknown)}: set it to {_OTLP} or {_NONE}")
    if not any(environment.get(f"OTEL_EXPORTER_OTLP_{name}ENDPOINT") for name in ("", f"{signal}_")):
        return False  # the endpoint of another signal alone is set
    return _OTLP in names


def _wants_azure(environment: Mapping[str, str], signal: str) -> bool:
    return is_named(environment) and environment.get(f"OTEL_{signal}_EXPORTER", "").strip() != _NONE


def _protocol(environment: Mapping[str, str], signal: str) -> str:
    specific, general = f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"
    variable = specific if environment.get(specific) else general
    protocol = (environment.get(variable) or _HTTP).strip()
    if protocol == _HTTP:
        _require("http", "telemetry")
    elif protocol == _GRPC:
        _require("grpc", "telemetry-grpc")
    else:
        raise ConfigurationError(f"{variable} is {protocol}: set it to {_HTTP} or {_GRPC}")
    return protocol


def _require(transport: str, extra: str) -> None:
    try:
        found = find_spec(f"opentelemetry.exporter.otlp.proto.{transport}")
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise missing(f"opentelemetry-exporter-otlp-proto-{transport}", extra)
