"""The settings of running emulators, in a file that a shell can source, or as JSON for a program."""

import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path


def read_setting(text: str) -> tuple[str, str]:
    """A variable for the file, as `NAME=VALUE`.

    Raises:
        ValueError: it is none, or does not fit on a line.
    """
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or not value.isprintable():
        raise ValueError(f"{text!r} is not a setting: expected NAME=VALUE on one line")
    return name, value


def to_join(path: Path) -> str:
    """The command line with which a POSIX shell reads the settings of a file into its environment.

    Sourced by a name without a slash, a file would be looked for in PATH; one that begins with - would be an option.
    """
    text = str(path)
    return f"set -a; . {shlex.quote(text if '/' in text and not text.startswith('-') else f'./{text}')}; set +a"


def write_env_file(path: Path, settings: Mapping[str, str]) -> None:
    """Write `NAME=value` lines for `set -a; . FILE`, or an object to a file NAME.json; a reader sees all of it or none.

    Values are quoted: a connection string is full of semicolons, which end a command in a shell.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_text(_text(path, settings), encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def remove_env_file(path: Path, settings: Mapping[str, str]) -> None:
    """Remove the file, unless another process has written another one in its place.

    Raises:
        OSError: the file exists and cannot be read or removed.
    """
    try:
        if path.read_text(encoding="utf-8") == _text(path, settings):
            path.unlink()
    except FileNotFoundError:
        return


def _text(path: Path, settings: Mapping[str, str]) -> str:
    if path.suffix == ".json":
        return json.dumps(dict(settings), indent=2) + "\n"
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
