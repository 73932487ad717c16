"""Writing the pictures into a directory."""

from pathlib import Path
from typing import Final

from quartet.cli.bench.plots.bars import cost_picture
from quartet.cli.bench.plots.curves import latency_picture
from quartet.cli.bench.plots.figures import Figures
from quartet.terminal.user_error import UserError

_PICTURES: Final = {"latency.svg": latency_picture, "cost.svg": cost_picture}


def make_directory(path: Path) -> None:
    """Make the directory of the pictures, if it is missing.

    Raises:
        UserError: it cannot be made, or is a file.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be made: {error.strerror}") from error


def plot(figures: Figures, directory: Path) -> None:
    """Draw the figures into `latency.svg` and `cost.svg`. Pictures of an earlier run are replaced.

    Raises:
        UserError: a file cannot be written.
    """
    for name, picture in _PICTURES.items():
        try:
            (directory / name).write_text(picture(figures), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{directory / name} cannot be written: {error.strerror}") from error
