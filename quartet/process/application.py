"""Which application a process works for: by its import path, as `package.module:NAME`."""

import importlib
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from quartet.choreography import Choreography
from quartet.engine.errors import ConfigurationError, one_line

VARIABLE: Final = "QUARTET_APP"
_HOW: Final = (
    f"name it as package.module:NAME with --app, in {VARIABLE}, or in pyproject.toml as app under [tool.quartet]"
)


@dataclass(frozen=True, slots=True)
class Application:
    """A choreography, and the import path with which other processes load it."""

    path: str
    choreography: Choreography


def find_application(named: str | None = None) -> Application | None:
    """The application that is named, or that the environment or the nearest pyproject.toml names; None if none does.

    The directory of that pyproject.toml, or else the current one, is put at the end of the import path.

    Raises:
        ConfigurationError: the name is not that of an application, or pyproject.toml cannot be read.
    """
    path, directory = named or os.environ.get(VARIABLE) or None, Path.cwd()
    if path is None:
        for candidate in (directory, *directory.parents):
            if (candidate / "pyproject.toml").is_file():
                path, directory = _named_in(candidate / "pyproject.toml"), candidate
                break
    if path is None:
        return None
    if str(directory) not in sys.path:
        sys.path.append(str(directory))
    return load_application(path)


def load_application(path: str) -> Application:
    """The application at an import path.

    Raises:
        ConfigurationError: there is none.
    """
    found = load(path, "application")
    if not isinstance(found, Choreography):
        raise ConfigurationError(f"application {path}: it is a {type(found).__name__}, not a Choreography")
    return Application(path, found)


def load(path: str, what: str) -> Any:  # noqa: ANN401 -- whatever is there
    """The object at an import path, `package.module:NAME`.

    Raises:
        ConfigurationError: there is nothing, or importing it fails.
    """
    module_name, separator, name = path.partition(":")
    if not (separator and module_name and name):
        raise ConfigurationError(f"{what} {path!r}: {_HOW}")
    try:
        return getattr(importlib.import_module(module_name), name)
    except Exception as error:
        raise ConfigurationError(
            f"{what} {path} cannot be loaded: {type(error).__name__}: {one_line(error)}"
        ) from error


def missing_application() -> ConfigurationError:
    """What to say where nothing names an application."""
    return ConfigurationError(f"no application: {_HOW}")


def _named_in(file: Path) -> str | None:
    try:
        section = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("quartet", {})
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {one_line(error)}") from error
    path = section.get("app") if isinstance(section, dict) else None
    if path is not None and not isinstance(path, str):
        raise ConfigurationError(f"{file}: app under [tool.quartet] must be text, such as package.module:NAME")
    return path
