"""Where the sample files are: in the checkout, or in the installed package."""

from pathlib import Path
from typing import Final

from quartet.cli.terminal.failures import UserError

CATALOGUE: Final = "catalogue.json"
_CHECKOUT: Final = Path(__file__).parents[2] / "samples"
_INSTALLED: Final = Path(__file__).parents[1] / "samples"


def samples_directory() -> Path:
    """The directory with the sample files.

    Raises:
        UserError: they are not there.
    """
    for directory in (_INSTALLED, _CHECKOUT):
        if (directory / CATALOGUE).is_file():
            return directory
    raise UserError(f"the sample files are missing: expected them in {_CHECKOUT}")


def sample(name: str) -> Path:
    """The path of one of the sample files.

    Raises:
        UserError: they are not there.
    """
    return samples_directory() / name
