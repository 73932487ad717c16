"""Numbers that a person may give: those that clocks and machines can count to."""

import math
from typing import Final

import typer

MOST_SECONDS: Final = 1e9
"""About thirty years; a date that lies further away cannot be computed."""


def a_number(value: float | None) -> float | None:
    """A callback of options: refuses `nan`, which is neither too small nor too large.

    Raises:
        typer.BadParameter: it is not a number.
    """
    if value is not None and math.isnan(value):
        raise typer.BadParameter("nan is not a number")
    return value
