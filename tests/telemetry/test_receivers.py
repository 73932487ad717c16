"""A receiver that is away, hangs or fails costs spans, never an event, and no time."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from opentelemetry import metrics, trace

from quartet.engine.failures.timeouts import stretched
from quartet.engine.telemetry.span import Span, SpanId
from quartet.process.telemetry.opening import open_telemetry
from quartet.process.telemetry.sdk import Telemetry
from tests.saga.shop import order, running_shop
from tests.telemetry.receiver import receiving

AWAY = "http://127.0.0.1:9"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def span(number: int = 1) -> Span:
    return Span(f"process A{number}", "consumer", SpanId(TRACE, f"{number:016x}"), None, 1_000, 2_000)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Variables of the process, as `open_telemetry` gets them. The SDK reads the process itself."""
    with monkeypatch.context() as patched:

        class Environment(dict[str, str]):
            def __setitem__(self, name: str, value: str) -> None:
                super().__setitem__(name, value)
                patched.setenv(name, value)

        yield Environment()


def opened(environment: dict[str, str]) -> Telemetry:
    telemetry = open_telemetry("cloakroom", environment)
    assert telemetry is not None
    return telemetry


async def closed(telemetry: Telemetry, seconds: float) -> tuple[bool, float]:
    """Whether all was exported, and how long it took to close."""
    began = time.monotonic()
    done = await asyncio.to_thread(telemetry.close, seconds)
    return done, time.monotonic() - began


async def test_what_is_queued_is_exported_at_the_end(environment: dict[str, str]) -> None:
    async with receiving() as receiver:
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url
        environment["OTEL_EXPORTER_OTLP_HEADERS"] = "x-key=secret"
        environment["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test,service.version=7"
        telemetry = opened(environment)
        telemetry.emit(span(number) for number in range(1, 1001))
        done, _ = await closed(telemetry, stretched(30))
        assert done
        assert len(receiver.spans) == 1000
        resource = receiver.spans[0].resource
        assert (resource["service.name"], resource["service.version"]) == ("cloakroom", "7")
        assert resource["deployment.environment.name"] == "test"
        headers = {name.lower(): value for path, sent in receiver.requests for name, value in sent.items()}
        assert headers["x-key"] == "secret"


async def test_the_operator_names_the_service(environment: dict[str, str]) -> None:
    async with receiving() as receiver:
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url
        environment["OTEL_SERVICE_NAME"] = "wardrobe"
        telemetry = opened(environment)
        telemetry.emit([span()])
        await closed(telemetry, stretched(30))
        assert [one.service for one in receiver.spans] == ["wardrobe"]


async def test_an_exporter_that_is_none_gets_nothing(environment: dict[str, str]) -> None:
    async with receiving() as receiver:
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url
        environment["OTEL_TRACES_EXPORTER"] = "none"
        telemetry = opened(environment)
        telemetry.meters.get_meter("test").create_counter("test.count").add(3)
        telemetry.emit([span()])
        await closed(telemetry, stretched(30))
        assert receiver.spans == []
        assert receiver.total("test.count") == 3


@pytest.mark.parametrize("mode", ["fail", "hang", "away"])
async def test_spans_are_queued_without_waiting_and_the_end_has_a_limit(
    environment: dict[str, str], mode: Literal["fail", "hang", "away"]
) -> None:
    async with receiving() as receiver:
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = AWAY if mode == "away" else receiver.url
        receiver.mode = "hang" if mode == "hang" else "fail"
        telemetry = opened(environment)
        slowest = 0.0
        for number in range(1, 40_001):  # more than the queue holds
            began = time.perf_counter()
            telemetry.emit([span(number)])
            slowest = max(slowest, time.perf_counter() - began)
        assert slowest < stretched(2)  # a request to this receiver takes 10 s and more
        if mode != "away":
            await receiver.until(lambda got: bool(got.requests) or got.mode == "store")
        _, seconds = await closed(telemetry, 0.5)
        assert seconds < stretched(3)


@pytest.mark.timeout(120)
async def test_the_shop_works_and_stops_with_a_receiver_that_hangs(tmp_path: Path) -> None:
    async with receiving() as receiver:
        receiver.mode = "hang"
        settings: dict[str, Any] = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_METRIC_EXPORT_INTERVAL": "300"}
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}
        async with running_shop(tmp_path, replicas=1, **endpoint, **settings) as shop:
            await shop.stock(sextant=3)
            await shop.publish(order("hung-1", {"sextant": 1}))
            await shop.until("hung-1", "COMPLETED")
            await receiver.until(lambda got: {path for path, _ in got.requests} == {"/v1/traces", "/v1/metrics"})
            await shop.publish(order("hung-2", {"sextant": 1}))
            await shop.until("hung-2", "COMPLETED")
            for name in ("order", "inventory", "payment", "shipping"):
                began = time.monotonic()
                await shop.supervisor.stop(name)
                assert time.monotonic() - began < stretched(9), f"{name} was killed"
        assert all(any('"stopped"' in line for line in shop.logs.of(name)) for name in ("order", "payment"))
        assert "Traceback" not in "\n".join(line for _, line in shop.logs.lines)
        assert receiver.spans == []


def test_the_sdks_providers_are_not_installed_by_opening_alone() -> None:
    """A tool that sends spans must not change what its process does otherwise."""
    assert type(trace.get_tracer_provider()).__module__.startswith("opentelemetry.trace")
    assert type(metrics.get_meter_provider()).__module__.startswith("opentelemetry.metrics")
