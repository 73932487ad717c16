"""A receiver of OTLP over HTTP that keeps what it gets: real requests, real protobuf."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from quartet.engine.failures.timeouts import stretched

_KINDS: Final = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


@dataclass(frozen=True, slots=True)
class Got:
    """A span as it arrived."""

    service: str
    name: str
    kind: str
    trace: str
    span: str
    parent: str
    start: int
    end: int
    attributes: dict[str, Any]
    links: tuple[tuple[str, str], ...]
    failed: bool
    resource: dict[str, Any]

    @property
    def saga(self) -> str | None:
        return self.attributes.get("quartet.saga_id")


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a metric: the value of a number, or the count and the sum of a histogram."""

    service: str
    name: str
    unit: str
    attributes: dict[str, Any]
    value: float
    count: int = 0
    time: int = 0


@dataclass(slots=True)
class Receiver:
    """What arrived, and how the next requests are answered."""

    url: str = ""
    mode: Literal["store", "fail", "hang"] = "store"
    spans: list[Got] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def traces(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        if self.mode == "store":
            self.spans += _spans(ExportTraceServiceRequest.FromString(body))
        return await self._answer()

    async def metrics(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        if self.mode == "store":
            self.points += _points(ExportMetricsServiceRequest.FromString(body))
        return await self._answer()

    async def _body(self, request: web.Request) -> bytes:
        self.requests.append((request.path, dict(request.headers)))
        body = await request.read()
        return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body

    async def _answer(self) -> web.Response:
        self.arrived.set()
        if self.mode == "hang":
            await self.released.wait()
        return web.Response(status=200 if self.mode == "store" else 500, content_type="application/x-protobuf")

    async def until(self, condition: Callable[["Receiver"], bool]) -> None:
        """Wait until what has arrived fulfils the condition."""
        async with asyncio.timeout(stretched(60)):
            while not condition(self):
                self.arrived.clear()
                await self.arrived.wait()

    def last(self, name: str, **attributes: str) -> dict[tuple[str, frozenset[tuple[str, Any]]], Point]:
        """The newest point of each series of a metric; keys of attributes have `_` in place of dots."""
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}
        found: dict[tuple[str, frozenset[tuple[str, Any]]], Point] = {}
        for point in self.points:
            if point.name == name and wanted.items() <= point.attributes.items():
                found[point.service, frozenset(point.attributes.items())] = point
        return found

    def total(self, name: str, **attributes: str) -> float:
        """The sum of the newest points of all series."""
        return sum(point.value for point in self.last(name, **attributes).values())


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/traces", receiver.traces)
    app.router.add_post("/v1/metrics", receiver.metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        receiver.released.set()
        await runner.cleanup()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Got]:
    for of_resource in request.resource_spans:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield _span(span, resource)


def _span(span: WireSpan, resource: dict[str, Any]) -> Got:
    return Got(
        service=resource["service.name"],
        name=span.name,
        kind=_KINDS[span.kind],
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        attributes=_attributes(span.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        failed=span.status.code == 2,
        resource=resource,
    )


def _points(request: ExportMetricsServiceRequest) -> Iterator[Point]:
    for of_resource in request.resource_metrics:
        service = _attributes(of_resource.resource.attributes)["service.name"]
        for of_scope in of_resource.scope_metrics:
            for metric in of_scope.metrics:
                numbers = [*metric.sum.data_points, *metric.gauge.data_points]
                for number in numbers:
                    value = number.as_double or float(number.as_int)
                    attributes = _attributes(number.attributes)
                    yield Point(service, metric.name, metric.unit, attributes, value, time=number.time_unix_nano)
                for one in metric.histogram.data_points:
                    yield Point(service, metric.name, metric.unit, _attributes(one.attributes), one.sum, one.count)


def _attributes(pairs: Any) -> dict[str, Any]:  # noqa: ANN401 -- a repeated field has no name that is public
    found: list[KeyValue] = list(pairs)
    return {pair.key: _value(pair.value) for pair in found}


def _value(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    return None if kind is None else getattr(value, kind)
