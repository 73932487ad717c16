"""Round numbers for the axes of a chart."""

from math import ceil, floor, log10

_STEPS = (1, 2, 5)


def decades(smallest: float, largest: float) -> list[float]:
    """The ticks of a logarithmic axis that holds both values: 1, 2 and 5 times powers of ten.

    Args:
        smallest: above 0.
        largest: not below it.
    """
    first, last = floor(log10(smallest)), ceil(log10(largest)) + 1
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in _STEPS]
    below = max(tick for tick in ticks if tick <= smallest)
    above = min(tick for tick in ticks if tick >= largest and tick > below)
    return [tick for tick in ticks if below <= tick <= above]


def from_zero(largest: float) -> list[float]:
    """The ticks of an axis that begins at 0: four to six of them, the last one not below the largest value."""
    if largest <= 0:
        return [0, 1]
    power = 10.0 ** (floor(log10(largest)) - 1)
    step = next(size * power for size in (1, 2, 5, 10, 20, 50) if largest / (size * power) <= 5)  # noqa: PLR2004 - of the docstring
    return [step * number for number in range(ceil(largest / step - 1e-9) + 1)]
