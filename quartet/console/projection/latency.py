"""How long steps take, as counts by bucket: a histogram that can be added up and has a bounded size.

A bucket is about 7 % wide, so a percentile is that exact, from 1 ms to an hour. No list of durations is kept.
"""

import math
from collections.abc import Mapping
from typing import Final

_WIDTH: Final = math.log(1.07)
_MOST: Final = 3_600_000  # ms


def bucket_of(milliseconds: float) -> int:
    """The bucket of a duration; 0 for what took less than a millisecond."""
    return math.ceil(math.log(min(max(milliseconds, 1), _MOST)) / _WIDTH)


def milliseconds_in(bucket: int) -> float:
    """The middle of a bucket, in ms; 0 for the first one."""
    return 0.0 if bucket <= 0 else round(math.exp((bucket - 0.5) * _WIDTH), 1)


def percentile(counts: Mapping[int, int], share: float) -> float:
    """The duration in ms that this share of all (0.95) did not exceed.

    Raises:
        ValueError: nothing was counted.
    """
    wanted = math.ceil(sum(counts.values()) * share)
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            return milliseconds_in(bucket)
    raise ValueError("nothing was counted")
