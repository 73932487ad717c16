"""Traces and metrics go to Application Insights with the identity of the process; there is no secret."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.telemetry.span import Span, SpanId
from quartet.process.telemetry.azure_monitor import CONNECTION_STRING, OF_ITS_OWN
from quartet.process.telemetry.opening import is_on, open_telemetry
from quartet.process.telemetry.sdk import Telemetry
from quartet.process.telemetry.sending import receivers, send
from tests.cloud.certificates import Certificate
from tests.cloud.ingestion import INSTRUMENTATION_KEY, Ingestion, running_ingestion
from tests.cloud.managed_identity import ManagedIdentity, running_identity

TRACE, PROCESS, CREATE = "ab" * 16, "cd" * 8, "ef" * 8
SPANS = [
    Span(
        "process A.v1", "consumer", SpanId(TRACE, PROCESS), None, 10**18, 10**18 + 5_000_000, {"quartet.saga_id": "s-1"}
    ),
    Span("create B.v1", "producer", SpanId(TRACE, CREATE), SpanId(TRACE, PROCESS), 10**18, 10**18),
    Span("charge", "client", SpanId(TRACE, "12" * 8), SpanId(TRACE, PROCESS), 10**18, 10**18, error="outage"),
]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees variables of the shell, or leaves behind those that the exporter's set-up sets."""
    for name in [name for name in os.environ if name.startswith(("OTEL_", "APPLICATIONINSIGHTS_"))]:
        monkeypatch.delenv(name)
    for name in OF_ITS_OWN:
        monkeypatch.setenv(name, "true")


@pytest.fixture
async def ingestion(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ingestion]:
    """Reachable and named by the environment, with an identity that may send there."""
    async with (
        running_identity(ManagedIdentity()) as identity,
        running_ingestion(Ingestion(), certificate) as ingestion,
    ):
        named = {CONNECTION_STRING: ingestion.connection_string, "REQUESTS_CA_BUNDLE": str(certificate.certificate)}
        for name, value in {**identity.environment, **named}.items():
            monkeypatch.setenv(name, value)
        yield ingestion


def opened() -> Telemetry:
    telemetry = open_telemetry("payment", os.environ)
    assert telemetry is not None
    return telemetry


def emit_and_close(telemetry: Telemetry) -> None:
    telemetry.emit(SPANS)
    telemetry.meters.get_meter("quartet").create_counter("quartet.sagas.ended").add(1, {"quartet.end": "B.v1"})
    assert telemetry.close(60)


async def test_spans_arrive_with_their_ids_and_parents(ingestion: Ingestion) -> None:
    assert is_on(os.environ)
    await asyncio.to_thread(emit_and_close, opened())
    (request,) = ingestion.of("RequestData")
    assert (request["id"], request["name"], request["duration"]) == (PROCESS, "process A.v1", "0.00:00:00.005")
    assert request["properties"]["quartet.saga_id"] == "s-1"
    dependencies = {one["id"]: one for one in ingestion.of("RemoteDependencyData")}
    assert dependencies.keys() == {CREATE, "12" * 8}
    assert dependencies["12" * 8]["success"] is False
    spans = [one for one in ingestion.envelopes if one["data"]["baseType"] != "MetricData"]
    assert {one["tags"]["ai.operation.id"] for one in spans} == {TRACE}
    assert {one["tags"].get("ai.operation.parentId") for one in spans} == {None, PROCESS}
    assert {one["tags"]["ai.cloud.role"] for one in spans} == {"payment"}
    assert {one["iKey"] for one in spans} == {INSTRUMENTATION_KEY}


async def test_metrics_arrive_with_their_attributes(ingestion: Ingestion) -> None:
    await asyncio.to_thread(emit_and_close, opened())
    metrics = {one["metrics"][0]["name"]: one for one in ingestion.of("MetricData")}
    assert metrics["quartet.sagas.ended"]["metrics"][0]["value"] == 1
    assert metrics["quartet.sagas.ended"]["properties"]["quartet.end"] == "B.v1"


async def test_a_past_trace_is_sent_there_too(ingestion: Ingestion) -> None:
    (receiver,) = receivers(None, os.environ)
    assert receiver.where == "Application Insights"
    await asyncio.to_thread(send, {"payment": SPANS}, receiver)
    assert len(ingestion.of("RequestData")) == 1


@pytest.mark.parametrize("status", [400, 403])
async def test_a_refusal_is_an_error(ingestion: Ingestion, status: int) -> None:
    ingestion.refuses = status
    (receiver,) = receivers(None, os.environ)
    with pytest.raises(OutageError, match=r"^Application Insights has not taken the trace"):
        await asyncio.to_thread(send, {"payment": SPANS}, receiver)


def test_a_receiver_of_otlp_may_be_named_too() -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", CONNECTION_STRING: string()}
    assert [one.where for one in receivers(None, environment)] == ["http://127.0.0.1:9", "Application Insights"]
    environment["OTEL_TRACES_EXPORTER"] = "none"
    with pytest.raises(ConfigurationError, match="no receiver of traces is known"):
        receivers(None, environment)


@pytest.mark.parametrize("value", ["InstrumentationKey=secret-word", "rubbish"])
def test_a_connection_string_that_cannot_be_used_is_one_line_without_its_value(value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{CONNECTION_STRING} cannot be used: copy") as caught:
        receivers(None, {CONNECTION_STRING: value})
    assert value not in str(caught.value)


def string() -> str:
    return f"InstrumentationKey={INSTRUMENTATION_KEY};IngestionEndpoint=https://127.0.0.1:9/"


def test_it_talks_to_no_other_host_unless_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    *others, harmless = OF_ITS_OWN
    for name in others:
        monkeypatch.delenv(name)
    monkeypatch.setenv(harmless, "false")
    receivers(None, {CONNECTION_STRING: string()})
    assert [os.environ[name] for name in OF_ITS_OWN] == ["true", "true", "true", "false"]
