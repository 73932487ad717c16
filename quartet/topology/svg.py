"""A choreography as a picture: a lane for each participant, a row for each event, compensations dashed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from quartet.choreography import Choreography
from quartet.events import OUTSIDE
from quartet.svg_page import BLUE, ORANGE, svg_page
from quartet.topology.edges import END, Edge, edges

_LANE: Final = 190
_ROW: Final = 34
_TOP: Final = 64
_LEFT: Final = 90
_STYLE: Final = f"""
    text {{ text-anchor: middle }}
    .arrow {{ stroke: {BLUE}; stroke-width: 1.5; fill: none }}
    .head {{ fill: {BLUE} }}
    .undo {{ stroke: {ORANGE}; stroke-dasharray: 5 4 }}
    .undo-head {{ fill: {ORANGE} }}"""


@dataclass(frozen=True, slots=True)
class _Row:
    """An event of one participant, and the lanes of those that hear it."""

    first: Edge
    hearers: tuple[str, ...]


def svg(app: Choreography) -> str:
    """The picture as SVG, readable on a light and on a dark page. The same application, the same text."""
    lanes = {name: _LEFT + _LANE * number for number, name in enumerate((OUTSIDE, *app.names))}
    rows = _rows(app)
    width, height = _LEFT * 2 + _LANE * (len(lanes) - 1), _TOP + _ROW * len(rows) + 10
    lines: list[str] = []
    for name, x in lanes.items():
        lines.append(f'<text class="name" x="{x}" y="24">{escape(name)}</text>')
        lines.append(f'<line class="rule" x1="{x}" y1="34" x2="{x}" y2="{height - 8}"/>')
    for number, row in enumerate(rows):
        lines += _draw(row, lanes, _TOP + _ROW * number)
    return svg_page(f"{app.name}: who says what to whom", width, height, lines, _STYLE)


def _rows(app: Choreography) -> list[_Row]:
    grouped: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges(app):
        grouped.setdefault((edge.event.type, edge.sayer), []).append(edge)
    return [_Row(some[0], tuple(edge.hearer for edge in some)) for some in grouped.values()]


def _draw(row: _Row, lanes: dict[str, int], y: int) -> Iterator[str]:
    undo = " undo" if row.first.compensates else ""
    start = lanes[row.first.sayer]
    ends = [lanes[name] for name in row.hearers if name != END]
    yield f'<circle class="head{undo and " undo-head"}" cx="{start}" cy="{y}" r="3.5"/>'
    far = (min([*ends, start]), max([*ends, start]))
    if far[0] != far[1]:
        yield f'<line class="arrow{undo}" x1="{far[0]}" y1="{y}" x2="{far[1]}" y2="{y}"/>'
    for x in ends:
        # A participant that reacts to its own event has its arrowhead on the right.
        back = -8 if x > start else 8
        yield f'<path class="head{undo and " undo-head"}" d="M{x},{y} l{back},-4 v8 z"/>'
    if END in row.hearers:
        yield f'<circle class="arrow{undo}" cx="{start}" cy="{y}" r="7"/>'
    label_at = (far[0] + far[1]) // 2 if far[0] != far[1] else start
    yield f'<text x="{label_at}" y="{y - 9}">{escape(row.first.event.__name__)}</text>'
