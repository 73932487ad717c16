"""A span as a plain value, made when the work that it describes has ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["internal", "client", "producer", "consumer"]
Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class SpanId:
    """The place of a span: its trace, and its id in it.

    Attributes:
        trace: 32 hexadecimal digits.
        span: 16 hexadecimal digits.
        sampled: the flag of a trace that a publisher has begun; None in a trace that is the saga's own, whose flag no
            sampler has set.
        remote: whether another process has made the span.
    """

    trace: str
    span: str
    sampled: bool | None = None
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A span that has ended.

    Attributes:
        parent: None for the first one of a trace; in the trace of a saga there may be several of those.
        start, end: nanoseconds since 1970.
        links: other spans that it has to do with.
        error: why it failed, as a code of few different values; None if it has not.
    """

    name: str
    kind: Kind
    id: SpanId
    parent: SpanId | None
    start: int
    end: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    links: tuple[SpanId, ...] = ()
    error: str | None = None
