"""What goes into the projection: the events of the hubs, by received batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from quartet.console.views import Kind
from quartet.events import BodyForm

KEPT_EVENTS: Final = 1_000
"""How many events of one saga are kept, with their bodies. Those after them are only counted."""

KEPT_BYTES: Final = 65_536
"""How many bytes of the body of an event are kept."""

MOST_TERMS: Final = 100
"""How many terms of one saga are kept."""

LONGEST_TERM: Final = 64
"""A longer value is no term."""


class Place(NamedTuple):
    """A partition of a hub; `hub` is its label, see `Message.hub`."""

    hub: str
    partition: str


class Position(NamedTuple):
    """How far a partition has been read: the sequence number of the last event, and when the hub took it in, in ms."""

    sequence_number: int
    at: int


class Key(NamedTuple):
    """What orders the events of a saga: the hub's time in ms since 1970, and then the place."""

    at: int
    hub: str
    partition: str
    sequence_number: int


class Term(NamedTuple):
    """A value that a saga can be found by, and the name of its field."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Raw:
    """An event as the hub has it.

    Attributes:
        body: its bytes, at most `KEPT_BYTES` of them.
        size: how many bytes it has.
    """

    content_type: str | None
    body: bytes
    size: int
    properties: Mapping[str, object] = field(default_factory=dict)
    body_form: BodyForm = "data"


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of a saga.

    Attributes:
        key: its place in the order of events.
        saga: the id of its saga.
        type: its type; `not an event` if it is none.
        label: the type as people call it.
        kind: what it is in its choreography.
        sayer: the participant that said it, `(outside)`, or empty if no known one did.
        remark: its content in a few words.
        problem: why it has no effect; empty if it has. Such an event changes nothing but the count of events.
        reason: why something failed, as it says; empty if it says nothing.
        terms: what its saga can be found by because of it. `reason` and the codes of its data are among them.
        trace_id: of its `traceparent`; empty without one.
        raw: the message.
    """

    key: Key
    saga: str
    type: str
    label: str
    kind: Kind
    source: str
    sayer: str
    event_id: str
    causation_id: str | None
    remark: str
    problem: str
    reason: str
    terms: tuple[Term, ...]
    trace_id: str
    raw: Raw

    @property
    def counts(self) -> bool:
        """Whether it says how its saga stands: it has an effect, and is no message between operators and services."""
        return not self.problem and self.kind != "unknown"


@dataclass(frozen=True, slots=True)
class Batch:
    """What was received from one partition, in order.

    Attributes:
        position: of the last message, also of one that is no fact.
        strays: how many messages name no saga.
    """

    place: Place
    position: Position
    facts: Sequence[Fact]
    strays: int = 0
