"""What all connections of one emulator share."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from quartet_emulators.event_hubs.hub import Hubs
from quartet_emulators.event_hubs.log import EventLog
from quartet_emulators.faults import NO_FAULTS, Injector
from quartet_emulators.tokens import TokenCheck

IDLE_TIMEOUT = 240.0
"""Seconds without a frame after which a connection is closed, as in the real service."""


@dataclass(slots=True)
class Broker:
    """The event hubs, their log, and the counters.

    Attributes:
        counters: (agent, operation) to how often. The agent is what the client supplied as ``user_agent``;
            the operation is ``send`` (one AMQP transfer that was stored, however many events it had),
            ``events_in`` or ``events_out``.
        idle_timeout: seconds.
        faults: those to inject.
        now: seconds since 1970.
        tokens: tells good bearer tokens from others; None if none are accepted.
    """

    hubs: Hubs
    log: EventLog
    counters: Counter[tuple[str, str]]
    idle_timeout: float = IDLE_TIMEOUT
    faults: Injector = NO_FAULTS
    now: Callable[[], float] = field(default=time.time)
    tokens: TokenCheck | None = None
