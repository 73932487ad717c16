"""A handler that runs: its span is current for the code of its ports, and for the log."""

import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Final, TypeVar

import structlog
from opentelemetry import context, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from quartet.engine.failures.time_limit import is_port
from quartet.engine.telemetry.naming import EventTrace
from quartet.engine.telemetry.saga_spans import PortCall, Run, new_span_id

R = TypeVar("R")

_MOST_KNOWN: Final = 100


class KnownPorts:
    """The ports of a participant as it has made them: the names of their types are those of their calls."""

    def __init__(self, raw: object) -> None:
        self.raw = raw
        self._known: dict[int, tuple[object, bool]] = {}

    def is_port(self, value: object) -> bool:
        """As `is_port`, which takes longer than all else that is done about an event."""
        if id(value) in self._known:
            return self._known[id(value)][1]
        answer = is_port(value)
        if len(self._known) < _MOST_KNOWN:  # an attribute may be another object each time
            self._known[id(value)] = value, answer  # with the value, so that its id stays its own
        return answer


class OpenHandling:
    """See `Handling`. What a port makes by the API of OpenTelemetry is below the call of the port.

    Attributes:
        trace: the place of the event.
        sampled: whether its spans are exported.
        run: what is known so far.
    """

    def __init__(self, handler: str, place: EventTrace, known: "KnownPorts", *, sampled: bool) -> None:
        """`known`: the ports of the participant."""
        self.trace = place
        self.sampled = sampled
        self.run = Run(handler, new_span_id(), time.time_ns())
        self._known = known
        self._log = structlog.contextvars.bind_contextvars(trace_id=place.creates.trace, span_id=self.run.span)
        self._token = context.attach(self._current(self.run.span))

    def observe(self, ports: object) -> object:
        """See `Handling.observe`."""
        if not (self.sampled and self._known.is_port(self._known.raw)):
            return ports
        return _Observed(self, self._known, ports, self._known.raw)

    def close(self) -> None:
        """See `Handling.close`."""
        self.run.end = time.time_ns()
        context.detach(self._token)
        structlog.contextvars.reset_contextvars(**self._log)

    async def call(self, name: str, answer: Awaitable[R]) -> R:
        """Wait for a call of a port."""
        call = PortCall(name, new_span_id(), time.time_ns())
        self.run.calls.append(call)
        token = context.attach(self._current(call.span))
        try:
            return await answer
        except BaseException as error:
            call.error = type(error).__name__
            raise
        finally:
            call.end = time.time_ns()
            context.detach(token)

    def _current(self, span: str) -> context.Context:
        flags = TraceFlags(TraceFlags.SAMPLED if self.sampled else TraceFlags.DEFAULT)
        place = SpanContext(int(self.trace.creates.trace, 16), int(span, 16), is_remote=False, trace_flags=flags)
        return trace.set_span_in_context(NonRecordingSpan(place))


class _Observed:
    """A port whose calls are noted: those that are awaited, without their arguments."""

    def __init__(self, handling: OpenHandling, known: KnownPorts, port: object, raw: object) -> None:
        self._observed_handling = handling
        self._observed_known = known
        self._observed_port = port
        self._observed_raw = raw

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the port has
        value = getattr(self._observed_port, name)
        if callable(value):
            return self._noted(f"{type(self._observed_raw).__name__}.{name}", value)
        raw, known = getattr(self._observed_raw, name), self._observed_known
        return _Observed(self._observed_handling, known, value, raw) if known.is_port(raw) else value

    def _noted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: object, **kwargs: object) -> object:
            result = method(*args, **kwargs)
            return self._observed_handling.call(name, result) if isawaitable(result) else result

        return call
