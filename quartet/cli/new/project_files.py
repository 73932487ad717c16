"""The files of a new project, made from the templates beside this module."""

import importlib.util
import json
import keyword
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from quartet.local.hub_config import hub_config
from quartet.terminal.user_error import UserError
from quartet.version import __version__

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SUFFIX: Final = ".tmpl"
_TEMPLATES: Final = files("quartet.cli.new")
_PARTICIPANTS: Final = ("seats", "billing")


def check_name(name: str) -> None:
    """Refuse a name that a new package cannot have.

    Raises:
        UserError: it has not the form of one, is a word of Python, or another module has it.
    """
    check_package_name(name)
    found = importlib.util.find_spec(name)
    # A directory without an __init__.py is a module as well, and hides no module that is imported.
    if found is not None and found.origin is not None:
        raise UserError(f"there is a module {name} already, which the project would hide: take another name")


def check_package_name(name: str) -> None:
    """Refuse a name that a module cannot have.

    Raises:
        UserError: it has not the form of one, or is a word of Python.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise UserError(f"{name!r} cannot name a package: take a-z, 0-9 and _, with a letter first, 40 at most")


def project_files(name: str) -> dict[str, str]:
    """The text of each file of a project, by its path in it."""
    dashed = name.replace("_", "-")
    values = {"NAME": name, "DASHED": dashed, "VERSION": __version__}
    texts = {_place(path, name): fill(text, values) for path, text in _templates(_TEMPLATES / "project", "")}
    config = json.dumps(hub_config(f"{dashed}-events", _PARTICIPANTS), indent=2) + "\n"
    return texts | {"infra/Config.json": config}


def template(name: str) -> str:
    """The text of a template, not filled in."""
    return (_TEMPLATES / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def fill(text: str, values: Mapping[str, str]) -> str:
    """A template with its `@WORDS@` replaced."""
    return re.sub("|".join(f"@{word}@" for word in values), lambda found: values[found[0].strip("@")], text)


def write_files(directory: Path, texts: Mapping[str, str]) -> None:
    """Write files into a directory. Nothing is overwritten.

    Raises:
        UserError: one of them exists, so that nothing was written; or one cannot be written.
    """
    for path in texts:
        if (directory / path).exists():
            raise UserError(f"{directory / path} exists: nothing was written")
    for path, text in texts.items():
        write_file(directory / path, text)


def write_file(path: Path, text: str) -> None:
    """Write one file, and its directories.

    Raises:
        UserError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be written: {error.strerror}") from error


def _templates(directory: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(directory.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _templates(entry, f"{path}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield f"{path}{entry.name.removesuffix(_SUFFIX)}", entry.read_text(encoding="utf-8")


def _place(path: str, name: str) -> str:
    # Hidden files and the package have other names among the templates, where tools would take them for their own.
    if path == "gitignore":
        return ".gitignore"
    return re.sub(r"^project/", f"{name}/", path)
