"""The distribution of latencies: a curve for each load."""

from collections.abc import Iterator, Sequence
from math import log10
from typing import Final
from xml.sax.saxutils import escape

from quartet.cli.bench.plots.axis import decades
from quartet.cli.bench.plots.colours import colour
from quartet.cli.bench.plots.figures import Figures, LoadFigures
from quartet.svg_page import svg_page

_LEFT: Final = 64
_TOP: Final = 56
_WIDTH: Final = 520
_HEIGHT: Final = 320
_BELOW: Final = 56
_LEGEND: Final = 400
_ROW: Final = 22
_LEAST_MS: Final = 0.1  # a logarithmic axis has no 0, which a clock of whole milliseconds can show
_MOST_LABELS: Final = 12
_SHARES: Final = (0, 25, 50, 75, 90, 100)
# Curves differ in their dashes as well: not all people see the colours.
_DASHES: Final = ("none", "7 3", "2 3", "9 3 2 3")


def latency_picture(figures: Figures) -> str:
    """The picture as SVG: the milliseconds on a logarithmic axis, and the share of the sagas that took no longer."""
    loads = figures.with_sagas
    every = [max(ms, _LEAST_MS) for load in loads for ms, _ in load.distribution] or [1.0]
    ticks = decades(min(every), max(every))
    height = max(_TOP + _HEIGHT + _BELOW, _TOP + _ROW * (len(loads) + 1))
    return svg_page(
        f"{figures.application}: the latency of a saga",
        _LEFT + _WIDTH + _LEGEND,
        height,
        [
            f'<text class="name" x="{_LEFT}" y="26">{escape(figures.application)}: the latency of a saga</text>',
            *_axes(ticks),
            *(line for number, load in enumerate(loads) for line in _curve(number, load, ticks)),
        ],
        " .curve { fill: none; stroke-width: 2 } .x { text-anchor: middle } .y { text-anchor: end }",
    )


def _x(ms: float, ticks: Sequence[float]) -> float:
    first, last = log10(ticks[0]), log10(ticks[-1])
    return round(_LEFT + _WIDTH * (log10(max(ms, _LEAST_MS)) - first) / (last - first), 1)


def _y(percent: float) -> float:
    return round(_TOP + _HEIGHT * (1 - percent / 100), 1)


def _axes(ticks: Sequence[float]) -> Iterator[str]:
    right, bottom = _LEFT + _WIDTH, _TOP + _HEIGHT
    for share in _SHARES:
        y = _y(share)
        yield f'<line class="rule" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield f'<text class="y" x="{_LEFT - 8}" y="{y + 4}">{share} %</text>'
    for tick in ticks:
        x = _x(tick, ticks)
        yield f'<line class="rule" x1="{x}" y1="{_TOP}" x2="{x}" y2="{bottom}"/>'
        if len(ticks) <= _MOST_LABELS or log10(tick).is_integer():
            yield f'<text class="x" x="{x}" y="{bottom + 20}">{tick:.10g}</text>'
    yield f'<text class="x" x="{_LEFT + _WIDTH // 2}" y="{bottom + 44}">latency in ms (logarithmic)</text>'
    yield f'<text x="{_LEFT - 44}" y="{_TOP - 12}">share of the sagas</text>'


def _curve(number: int, load: LoadFigures, ticks: Sequence[float]) -> Iterator[str]:
    points = " ".join(f"{_x(ms, ticks)},{_y(share)}" for ms, share in load.distribution)
    look = f'class="curve" stroke="{colour(number)}" stroke-dasharray="{_DASHES[number % len(_DASHES)]}"'
    yield f'<polyline {look} points="{points}"/>'
    x, y = _LEFT + _WIDTH + 24, _TOP + 8 + _ROW * number
    yield f'<line {look} x1="{x}" y1="{y - 4}" x2="{x + 28}" y2="{y - 4}"/>'
    half, most = (load.latency_ms.get(name, 0) for name in ("p50", "p99"))
    yield f'<text x="{x + 36}" y="{y}">{escape(load.load)}: p50 {half:.0f}, p99 {most:.0f} ms</text>'
