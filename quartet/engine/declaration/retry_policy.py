"""How long to wait before the next attempt."""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with equal jitter (half of each delay is chance), in seconds.

    Jitter keeps replicas that failed together from coming back together.
    """

    first: float = 0.05
    longest: float = 5.0

    def delays(self, rng: random.Random) -> Iterator[float]:
        """An endless run of delays."""
        ceiling = self.first
        while True:
            yield rng.uniform(ceiling / 2, ceiling)
            ceiling = min(ceiling * 2, self.longest)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a handler is tried when a port raises `TransientError`, and how long a call and an outage may take.

    Attributes:
        attempts: the first run and its repeats; then the event's fallback runs, with as many.
        call_seconds: after how long a call of a port counts as one of unknown outcome; see `with_time_limit`.
        backoff: the pause between attempts.
        outage_backoff: the pause between attempts while a server is away; there is no bound on those.
    """

    attempts: int = 5
    call_seconds: float = 10.0
    backoff: Backoff = Backoff(0.05, 1.0)
    outage_backoff: Backoff = Backoff(0.1, 5.0)
