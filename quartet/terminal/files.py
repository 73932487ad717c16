"""Reading what people wrote: files of JSON or JSON lines, with every entry knowing where it stood."""

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quartet.terminal.user_error import UserError

STANDARD_INPUT = Path("-")
_BOM: Final = b"\xef\xbb\xbf"
# White space in JSON (RFC 8259, 2). Anything else, such as U+2028, is a part of the text.
_SPACE: Final = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """One JSON value of a file.

    Attributes:
        where: for people: `trips.jsonl, line 3`.
        value: the value in the file.
    """

    where: str
    value: object


def read_text(path: Path) -> str:
    """The text of a file in UTF-8; `-` is standard input. A byte order mark in front is skipped.

    Raises:
        UserError: it cannot be read, or is not text.
    """
    name = _name(path)
    try:
        content = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror}") from error
    except ValueError as error:  # a null byte in the path
        raise UserError(f"{name} cannot be read: {error}") from error
    content = content.removeprefix(_BOM)
    if content and not (encoding := json.detect_encoding(content)).startswith("utf-8"):
        raise UserError(f"{name} is {encoding.upper()} text: save it as UTF-8")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{name} is not UTF-8 text (byte {error.start}): save it as UTF-8") from error


def read_entries(path: Path) -> list[Entry]:
    """The values in a file that holds one JSON value, a list of them, or one a line. `-` is standard input.

    Raises:
        UserError: it cannot be read, or is not JSON; names the line.
    """
    name, text = _name(path), read_text(path)
    if not text.strip(_SPACE):
        raise UserError(f"{name} is empty")
    # A first line that is complete makes it JSON lines, so that a broken line further down is named as such.
    first = text.strip(_SPACE).split("\n", 1)[0]
    if _is_json(first) and not first.startswith("["):
        return list(_lines(name, text))
    value = _parse(name, text, first_line=1)
    if isinstance(value, list):
        return [Entry(f"{name}, entry {number}", entry) for number, entry in enumerate(value, 1)]
    return [Entry(name, value)]


def _lines(name: str, text: str) -> Iterator[Entry]:
    # Lines end with a line feed alone: JSON allows U+2028, U+2029 and U+0085 in strings, where `splitlines` would cut.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(_SPACE):
            yield Entry(f"{name}, line {number}", _parse(name, line, first_line=number))


def _parse(name: str, text: str, *, first_line: int) -> object:
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_duplicates
        )
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise UserError(f"{name}, line {line}, column {error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise UserError(f"{name}, line {first_line}: not JSON: it is nested too deeply") from error
    except ValueError as error:
        raise UserError(f"{name}, line {first_line}: not JSON: {error}") from error


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    """A number; one that no float holds would be sent as something else."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object. With a name twice, the event would differ from the file."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} stands twice in one object")
    return content


def _name(path: Path) -> str:
    return "standard input" if path == STANDARD_INPUT else str(path)
