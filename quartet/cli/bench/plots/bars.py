"""The cost of a saga against the load: a bar for each load, in pieces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from quartet.cli.bench.plots.axis import from_zero
from quartet.cli.bench.plots.colours import colour
from quartet.cli.bench.plots.figures import Figures, LoadFigures
from quartet.svg_page import svg_page

_LEFT: Final = 64
_HEIGHT: Final = 220
_SLOT: Final = 190  # wide enough for the name of a load
_BAR: Final = 64
_LEGEND: Final = 200
_ROW: Final = 22
_PANEL: Final = _HEIGHT + 96


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the picture.

    Attributes:
        title: of the part, with its unit.
        bars: by load, the pieces of its bar, by name.
    """

    title: str
    bars: Mapping[str, Mapping[str, float]]

    @property
    def pieces(self) -> Sequence[str]:
        """Their names, from the bottom of a bar to its top."""
        return list(dict.fromkeys(name for bar in self.bars.values() for name in bar))


def cost_picture(figures: Figures) -> str:
    """The picture as SVG: the CPU time of a saga and its requests, for each load."""
    loads = figures.with_sagas
    panels = (
        Panel("CPU ms per saga", {one.load: _cpu(one) for one in loads}),
        Panel("requests per saga", {one.load: _requests(one) for one in loads}),
    )
    title = f"{figures.application}: the cost of a saga"
    body = [f'<text class="name" x="{_LEFT}" y="26">{escape(title)}</text>']
    for number, panel in enumerate(panels):
        body += _draw(panel, 40 + _PANEL * number)
    style = " .x { text-anchor: middle } .y { text-anchor: end }"
    return svg_page(title, _LEFT + _SLOT * max(1, len(loads)) + _LEGEND, 40 + _PANEL * len(panels), body, style)


def _cpu(one: LoadFigures) -> dict[str, float]:
    return {name: 1000 * seconds / one.sagas for name, seconds in one.cpu_seconds.items()}


def _requests(one: LoadFigures) -> dict[str, float]:
    counts = {
        "Cosmos DB requests": one.cosmos_requests,
        "sends": one.sends,
        "checkpoint writes": one.checkpoint_writes,
    }
    return {name: count / one.sagas for name, count in counts.items()}


def _draw(panel: Panel, top: int) -> Iterator[str]:
    ticks = from_zero(max((sum(bar.values()) for bar in panel.bars.values()), default=0))
    right, base = _LEFT + _SLOT * max(1, len(panel.bars)), top + 40 + _HEIGHT
    yield f'<text x="{_LEFT}" y="{top + 20}">{escape(panel.title)}</text>'
    for tick in ticks:
        y = round(base - _HEIGHT * tick / ticks[-1], 1)
        yield f'<line class="rule" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield f'<text class="y" x="{_LEFT - 8}" y="{y + 4}">{tick:.10g}</text>'
    for number, (load, bar) in enumerate(panel.bars.items()):
        yield from _bar(bar, panel.pieces, (_LEFT + _SLOT * number + _SLOT // 2, base), _HEIGHT / ticks[-1])
        yield f'<text class="x" x="{_LEFT + _SLOT * number + _SLOT // 2}" y="{base + 20}">{escape(load)}</text>'
    for number, name in enumerate(panel.pieces):
        y = base - 8 - _ROW * number
        yield f'<rect x="{right + 24}" y="{y - 11}" width="14" height="14" fill="{colour(number)}"/>'
        yield f'<text x="{right + 46}" y="{y}">{escape(name)}</text>'


def _bar(bar: Mapping[str, float], pieces: Sequence[str], foot: tuple[int, int], scale: float) -> Iterator[str]:
    x, y = foot[0], float(foot[1])
    for number, name in enumerate(pieces):
        figure = bar.get(name, 0)
        y -= figure * scale
        look = f'width="{_BAR}" height="{figure * scale:.1f}" fill="{colour(number)}"'
        yield f'<rect x="{x - _BAR // 2}" y="{y:.1f}" {look}><title>{escape(name)}: {figure:.2f}</title></rect>'
    yield f'<text class="x" x="{x}" y="{y - 6:.1f}">{sum(bar.values()):.1f}</text>'
