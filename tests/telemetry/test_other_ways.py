"""OTLP over gRPC, and SDKs that would make spans of their own."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from quartet.engine.failures.timeouts import stretched
from quartet.engine.telemetry.span import Span, SpanId
from quartet.process.telemetry.opening import open_telemetry


class Service(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps the names of the spans that it gets."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:  # noqa: ANN401, ARG002, N802 -- as generated
        self.names += [span.name for one in request.resource_spans for of in one.scope_spans for span in of.spans]
        return ExportTraceServiceResponse()


def test_spans_are_exported_over_grpc(monkeypatch: pytest.MonkeyPatch) -> None:
    service, server = Service(), grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(service, server)  # type: ignore[no-untyped-call]  # generated
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_METRICS_EXPORTER": "none",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    try:
        telemetry = open_telemetry("cloakroom", environment)
        assert telemetry is not None
        telemetry.emit([Span("process A", "consumer", SpanId("0a" * 16, "0b" * 8), None, 1, 2)])
        assert telemetry.close(stretched(30))
    finally:
        server.stop(None).wait()
    assert service.names == ["process A"]


def test_the_azure_sdks_make_no_spans_even_with_their_plugin() -> None:
    """Else each call would have two: one of the runtime, one of the SDK."""
    program = """
from azure.core.settings import settings
settings.tracing_implementation = type("Plugin", (), {})
assert settings.tracing_enabled()
from quartet.process.telemetry.opening import reporting
with reporting("cloakroom"):
    print(settings.tracing_enabled())
"""
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_METRICS_EXPORTER": "none"}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=stretched(60),
        check=False,
        env=environment,
    )
    assert ran.stdout.strip() == "False", ran.stderr
