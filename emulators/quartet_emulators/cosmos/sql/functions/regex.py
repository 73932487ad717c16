"""Functions with regular expressions, which are those of Python: close to the service's, not the same.

A wrong pattern, modifier or group makes them undefined.
"""

import re
from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.sql.functions.signatures import Function, Signature, whole_number
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value

_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


def _pattern(pattern: Value, modifiers: Value) -> re.Pattern[str] | None:
    if type(pattern) is not str or type(modifiers) is not str or not set(modifiers) <= _FLAGS.keys():
        return None
    flags = re.NOFLAG
    for letter in modifiers:
        flags |= _FLAGS[letter]
    try:
        return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError):
        return None


def _match(text: Value, pattern: Value, modifiers: Value = "") -> Value:
    compiled = _pattern(pattern, modifiers)
    if type(text) is not str or compiled is None:
        return UNDEFINED
    return compiled.search(text) is not None


def _extracted(found: Callable[[list[str]], Value]) -> Function:
    """All matches, or what a group of the pattern holds in each, for ``found`` to choose from."""

    def call(text: Value, pattern: Value, modifiers: Value = "", group: Value = 0) -> Value:
        compiled, number = _pattern(pattern, modifiers), whole_number(group)
        if type(text) is not str or compiled is None or number is None or not 0 <= number <= compiled.groups:
            return UNDEFINED
        parts = [match.group(number) for match in compiled.finditer(text)]
        return found([part for part in parts if part is not None])

    return call


def _first(parts: list[str]) -> Value:
    """The page REGEXEXTRACT does not say what it is without a match: undefined here."""
    return parts[0] if parts else UNDEFINED


def _replaced(count: int) -> Function:
    """The first match, or with a count of 0 each one, replaced by the text as it stands: it names no groups."""

    def call(text: Value, pattern: Value, replacement: Value, modifiers: Value = "") -> Value:
        compiled = _pattern(pattern, modifiers)
        if type(text) is not str or type(replacement) is not str or compiled is None:
            return UNDEFINED
        return compiled.sub(lambda _match: replacement, text, count)

    return call


REGEX_FUNCTIONS: Final = {
    "REGEXMATCH": Signature(_match, 2, 3),
    "REGEXEXTRACT": Signature(_extracted(_first), 2, 4),
    "REGEXEXTRACTALL": Signature(_extracted(lambda parts: parts), 2, 4),
    "REGEXREPLACE": Signature(_replaced(1), 3, 4),
    "REGEXREPLACEALL": Signature(_replaced(0), 3, 4),
}
