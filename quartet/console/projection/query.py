"""What a person types into the search, and what it means.

Words are separated by blanks, and all must match. A bare word is the beginning of a saga's id, or of a term's value;
`field:value` asks for a term of this field. `status:`, `after:`, `before:` and `reason:` mean what they say.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from quartet.events import parse_time

ID: Final = "id"
"""The field of a saga's own id."""

MOST_WORDS: Final = 12
LONGEST_QUERY: Final = 400

_AGO: Final = re.compile(r"([0-9]{1,6})([smhd])\Z")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Word:
    """The beginning of a value, folded (`folded`); of any field if there is no `field`."""

    value: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for.

    Attributes:
        words: all must match.
        statuses: `open`, `compensating`, `stuck`, `ended`, `failed`, or the label of an end, folded; all must match.
        after, before: when the saga began, in ms since 1970; `after` itself belongs to it.
    """

    words: tuple[Word, ...] = ()
    statuses: tuple[str, ...] = ()
    after: int | None = None
    before: int | None = None


def folded(text: str) -> str:
    """How values are compared: without a difference between small and capital letters."""
    return text.casefold()


def parse_query(text: str, now: int) -> Query:
    """Read a search; `now` is in ms since 1970.

    Raises:
        ValueError: says what is wrong, on one line.
    """
    if len(text) > LONGEST_QUERY:
        raise ValueError(f"a search has at most {LONGEST_QUERY} characters")
    parts = text.split()
    if len(parts) > MOST_WORDS:
        raise ValueError(f"a search has at most {MOST_WORDS} words")
    words: list[Word] = []
    statuses: list[str] = []
    after: list[int] = []
    before: list[int] = []
    for part in parts:
        name, colon, value = part.partition(":")
        field = name.casefold() if colon and name else None
        if field is None:
            words.append(Word(folded(part)))
        elif not value:
            raise ValueError(f"{name}: says no value")
        elif field == "status":
            statuses.append(folded(value))
        elif field == "after":
            after.append(_moment(field, value, now))
        elif field == "before":
            before.append(_moment(field, value, now))
        else:
            words.append(Word(folded(value), field))
    return Query(tuple(words), tuple(statuses), max(after, default=None), min(before, default=None))


def _moment(field: str, value: str, now: int) -> int:
    if ago := _AGO.match(value):
        return now - int(ago[1]) * _SECONDS[ago[2]] * 1000
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        value += "T00:00:00Z"
    try:
        return round(parse_time(value).timestamp() * 1000)
    except ValueError:
        raise ValueError(f"{field}: takes a time such as 2026-03-01T12:00:00Z or 2026-03-01, or 10m, 2h, 3d") from None


def now_ms() -> int:
    """The time of this machine, in ms since 1970."""
    return round(datetime.now(UTC).timestamp() * 1000)
