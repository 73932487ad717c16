"""Reading what people wrote: files of JSON or JSON lines, with every entry knowing where it stood."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from quartet.failures import UserError

STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True)
class Entry:
    """One JSON value of a file.

    Attributes:
        where: for people: `orders.jsonl, line 3`.
        value: what stands there.
    """

    where: str
    value: object


def read_text(path: Path) -> str:
    """The text of a file; `-` is standard input.

    Raises:
        UserError: it cannot be read, or is not text.
    """
    try:
        return sys.stdin.read() if path == STANDARD_INPUT else path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{_name(path)} is not UTF-8 text (byte {error.start})") from error


def read_entries(path: Path) -> list[Entry]:
    """The values in a file that holds one JSON value, a list of them, or one a line. `-` is standard input.

    Raises:
        UserError: it cannot be read, or is no JSON; names the line.
    """
    name, text = _name(path), read_text(path)
    if not text.strip():
        raise UserError(f"{name} is empty")
    # A first line that is complete makes it JSON lines, so that a broken line further down is named as such.
    first = text.strip().splitlines()[0]
    if _is_json(first) and not first.startswith("["):
        return list(_lines(name, text))
    value = _parse(name, text, first_line=1)
    if isinstance(value, list):
        return [Entry(f"{name}, entry {number}", entry) for number, entry in enumerate(value, 1)]
    return [Entry(name, value)]


def _lines(name: str, text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield Entry(f"{name}, line {number}", _parse(name, line, first_line=number))


def _parse(name: str, text: str, *, first_line: int) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise UserError(f"{name}, line {line}, column {error.colno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name}, line {first_line}: not JSON: {error}") from error


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _name(path: Path) -> str:
    return "standard input" if path == STANDARD_INPUT else str(path)
