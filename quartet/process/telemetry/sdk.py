"""The SDK of OpenTelemetry behind plain spans: sampled, queued, and exported by threads of its own.

The event loop puts spans into a queue and never waits. Where the receiver is away, spans are lost, and nothing else.
"""

import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import uuid4

from azure.core.settings import settings as azure_settings
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SynchronousMultiSpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from quartet.engine.telemetry.span import Kind, Span, SpanId
from quartet.process.telemetry.complaints import Complaints
from quartet.process.telemetry.exporters import metric_exporters, span_exporters
from quartet.version import __version__

FLUSH_SECONDS: Final = 1.5
"""How long a process that stops waits for the receiver, at most.

With the default of `SHUTDOWN_SECONDS` that is less than the 10 s after which a local stack kills a process.
"""

# The SDK's default, 2,048, is a tenth of a second of a busy service.
_QUEUE: Final = 16_384
_QUEUE_VARIABLE: Final = "OTEL_BSP_MAX_QUEUE_SIZE"
_LINKS: Final = 128  # as many as the specification lets a span have by default
_SCOPE: Final = InstrumentationScope("quartet", __version__)
_KINDS: Final[Mapping[Kind, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_UNSAMPLED: Final = TraceFlags(TraceFlags.DEFAULT)


class Telemetry:
    """Takes the spans of a process, and makes the instruments of its metrics.

    Attributes:
        tracers: for code that makes spans by the API of OpenTelemetry.
        meters: for instruments.
    """

    def __init__(self, tracers: TracerProvider, meters: MeterProvider, queue: SynchronousMultiSpanProcessor) -> None:
        """`queue`: takes what `tracers` makes, too."""
        self.tracers = tracers
        self.meters = meters
        self._queue = queue

    @classmethod
    def open(cls, service_name: str, environment: Mapping[str, str]) -> "Telemetry":
        """With the exporters that the environment names; see `open_telemetry`."""
        resource = _resource(service_name)
        queue = SynchronousMultiSpanProcessor()  # type: ignore[no-untyped-call]  # the SDK's has no types
        size = None if environment.get(_QUEUE_VARIABLE) else _QUEUE
        for exporter in span_exporters(environment):
            queue.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=size))
        readers = [PeriodicExportingMetricReader(exporter) for exporter in metric_exporters(environment)]
        # Neither at the exit: that would wait for a receiver which hangs. `close` has a limit.
        tracers = TracerProvider(resource=resource, active_span_processor=queue, shutdown_on_exit=False)
        meters = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
        return cls(tracers, meters, queue)

    def install(self, *, of_others: bool = True) -> None:
        """Become the providers of the process, for adapters whose HTTP client makes spans, for example.

        Without `of_others`, what other packages make is not reported.

        The Azure SDKs make no spans then, unless `AZURE_TRACING_ENABLED` says so: the runtime has one for each of
        their calls that matters.
        """
        Complaints().install()
        if not of_others:
            return
        trace.set_tracer_provider(self.tracers)
        metrics.set_meter_provider(self.meters)
        if not os.environ.get("AZURE_TRACING_ENABLED"):
            azure_settings.tracing_enabled = False

    def samples(self, place: SpanId) -> bool:
        """Whether spans are exported in this trace: by the sampler that `OTEL_TRACES_SAMPLER` names.

        In the trace of a saga it decides by the id of the trace, so every service decides alike. In a trace that a
        publisher has begun it respects the publisher's flag.
        """
        parent = Context()
        if place.sampled is not None:
            parent = trace.set_span_in_context(NonRecordingSpan(_context(place, sampled=place.sampled)), parent)
        result = self.tracers.sampler.should_sample(parent, int(place.trace, 16), "")
        return result.decision is Decision.RECORD_AND_SAMPLE

    def emit(self, spans: Iterable[Span]) -> None:
        """Queue spans for export. The caller has asked `samples`."""
        for span in spans:
            self._queue.on_end(readable(span, self.tracers.resource))

    def close(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Export what is queued, for this many seconds at most. Returns whether that was enough.

        It blocks. What is not exported by then is lost.
        """
        # A daemon: it must not keep the process, whatever the exporter does.
        workers = [threading.Thread(target=work, daemon=True) for work in (self._queue.shutdown, self.meters.shutdown)]
        for worker in workers:
            worker.start()
        end = time.monotonic() + seconds
        for worker in workers:
            worker.join(max(0.0, end - time.monotonic()))
        return not any(worker.is_alive() for worker in workers)


def _resource(service_name: str) -> Resource:
    own = {"service.name": service_name, "service.instance.id": str(uuid4()), "quartet.version": __version__}
    # What is passed to `create` would win over what an operator has set.
    return Resource.create({**own, **OTELResourceDetector().detect().attributes})


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """A span as exporters take it."""
    return ReadableSpan(
        span.name,
        context=_context(span.id, sampled=True),
        parent=None if span.parent is None else _context(span.parent, sampled=True),
        resource=resource,
        attributes=span.attributes if span.error is None else {**span.attributes, "error.type": span.error},
        links=[Link(_context(link, sampled=True)) for link in span.links[:_LINKS]],
        kind=_KINDS[span.kind],
        status=_OK if span.error is None else Status(StatusCode.ERROR, span.error),
        start_time=span.start,
        end_time=span.end,
        instrumentation_scope=_SCOPE,
    )


_OK: Final = Status(StatusCode.UNSET)


def _context(place: SpanId, *, sampled: bool) -> SpanContext:
    return SpanContext(int(place.trace, 16), int(place.span, 16), place.remote, _SAMPLED if sampled else _UNSAMPLED)
