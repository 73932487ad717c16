"""Where the sample files are."""

from pathlib import Path
from typing import Final

from quartet.terminal.user_error import UserError

CATALOGUE: Final = "catalogue.json"
_DIRECTORY: Final = Path(__file__).parents[2] / "samples"


def samples_directory() -> Path:
    """The directory with the sample files.

    Raises:
        UserError: they are not there.
    """
    if (_DIRECTORY / CATALOGUE).is_file():
        return _DIRECTORY
    raise UserError(f"the sample files are missing: expected them in {_DIRECTORY}")


def sample(name: str) -> Path:
    """The path of one of the sample files.

    Raises:
        UserError: they are not there.
    """
    return samples_directory() / name
