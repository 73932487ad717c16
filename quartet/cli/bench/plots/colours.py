"""Colours that differ on a light and on a dark page."""

from typing import Final

from quartet.svg_page import BLUE, ORANGE

_COLOURS: Final = (BLUE, ORANGE, "#2da44e", "#8250df", "#bf3989", "#9a6700", "#1b7c83", "#6e7781")


def colour(number: int) -> str:
    """The colour of the n-th of several things, from 0. After the last colour the first one is used again."""
    return _COLOURS[number % len(_COLOURS)]
