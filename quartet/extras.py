"""Packages that only an extra brings.

The emulators (`quartet[local]`); FastAPI, uvicorn and fastavro (`quartet[console]`); Hypothesis and pytest
(`quartet[testing]`).
"""

from importlib.util import find_spec

from quartet.engine.errors import ConfigurationError


class MissingExtraError(ConfigurationError, ModuleNotFoundError):
    """A package that only an extra brings is not installed. The message is one line that says which extra it is."""


def missing(package: str, extra: str) -> MissingExtraError:
    """The error for a package of this extra."""
    return MissingExtraError(f"{package} is not installed: pip install 'quartet[{extra}]'")


def require_emulators() -> None:
    """Make sure that the emulators can be started.

    Raises:
        MissingExtraError: they are not installed.
    """
    if find_spec("quartet_emulators") is None:
        raise missing("quartet-emulators", "local")


def require_console() -> None:
    """Make sure that the console can be served.

    Raises:
        MissingExtraError: a package for it is not installed.
    """
    for package in ("fastapi", "uvicorn", "fastavro"):
        if find_spec(package) is None:
            raise missing(package, "console")
