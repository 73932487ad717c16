"""Pictures as SVG, readable on a light and on a dark page."""

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

BLUE: Final = "#1f6feb"
ORANGE: Final = "#bc4c00"

# A picture that is opened alone gets a dark page from the browser only if it says that it can be read on one.
_STYLE: Final = """
    :root { color-scheme: light dark }
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .name { font-weight: 600 }
    .rule { stroke: #d1d9e0 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .rule { stroke: #3d444d }
    }
"""


def svg_page(title: str, width: int, height: int, body: Iterable[str], style: str = "") -> str:
    """The text of a picture.

    Args:
        title: read aloud, and shown under the pointer.
        width: in pixels, if it is not scaled.
        height: the same.
        body: its elements, a line each. The classes `name` and `rule` are for headings and thin lines.
        style: further rules, which go first: the colours of a dark page stay the last word.
    """
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{style}{_STYLE}</style>",
            *body,
            "</svg>\n",
        ]
    )
