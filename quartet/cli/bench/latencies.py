"""Percentiles, by nearest rank: every figure is a latency that was measured."""

from collections.abc import Sequence
from math import ceil


def percentile(ascending: Sequence[float], percent: float) -> float:
    """The smallest of the values that at least `percent` of them do not exceed.

    Args:
        ascending: the values, sorted; at least one.
        percent: above 0, and at most 100.

    Raises:
        ValueError: there are no values.
    """
    if not ascending:
        raise ValueError("no values have a percentile")
    return ascending[max(0, ceil(len(ascending) * percent / 100) - 1)]
