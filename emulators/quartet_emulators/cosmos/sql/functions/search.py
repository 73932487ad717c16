"""Functions that look for texts in a text."""

from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.sql.functions.signatures import Function, Signature, all_of, any_of, strings, whole_number
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value


def _text_test(test: Callable[[str, str], bool]) -> Function:
    """CONTAINS and its like: a third argument true makes them ignore case."""

    def call(text: Value, part: Value, ignore_case: Value = False) -> Value:
        if type(text) is not str or type(part) is not str or type(ignore_case) is not bool:
            return UNDEFINED
        return test(text.lower(), part.lower()) if ignore_case else test(text, part)

    return call


_contains: Final = _text_test(lambda text, part: part in text)


def _contains_all(*, ignore_case: bool) -> Function:
    return lambda text, *parts: all_of(_contains(text, part, ignore_case) for part in parts)


def _contains_any(*, ignore_case: bool) -> Function:
    return lambda text, *parts: any_of(_contains(text, part, ignore_case) for part in parts)


def _index_of(text: Value, part: Value, start: Value = 0) -> Value:
    begin = whole_number(start)
    if type(text) is not str or type(part) is not str or begin is None:
        return UNDEFINED
    return text.find(part, begin)


def _last_index_of(text: Value, part: Value, start: Value = None) -> Value:
    """The search goes towards the beginning from the character at ``start``, which the part may contain."""
    if type(text) is not str or type(part) is not str:
        return UNDEFINED
    if start is None:
        return text.rfind(part)
    begin = whole_number(start)
    if begin is None:
        return UNDEFINED
    return text.rfind(part, 0, begin + 1) if begin >= 0 else -1


def _split_at(split: Callable[[str, str], tuple[str, str, str]], side: int) -> Function:
    """What is before (0) or after (2) a delimiter. The pages do not say what it is without one: undefined here."""

    def call(text: str, delimiter: str) -> Value:
        if not delimiter or delimiter not in text:
            return UNDEFINED
        return split(text, delimiter)[side]

    return strings(call)


SEARCH_FUNCTIONS: Final = {
    "CONTAINS": Signature(_contains, 2, 3),
    "CONTAINS_ALL_CI": Signature(_contains_all(ignore_case=True), 2, None),
    "CONTAINS_ALL_CS": Signature(_contains_all(ignore_case=False), 2, None),
    "CONTAINS_ANY_CI": Signature(_contains_any(ignore_case=True), 2, None),
    "CONTAINS_ANY_CS": Signature(_contains_any(ignore_case=False), 2, None),
    "STARTSWITH": Signature(_text_test(str.startswith), 2, 3),
    "ENDSWITH": Signature(_text_test(str.endswith), 2, 3),
    "STRINGEQUALS": Signature(_text_test(str.__eq__), 2, 3),
    "INDEX_OF": Signature(_index_of, 2, 3),
    "LASTINDEXOF": Signature(_last_index_of, 2, 3),
    "SUBSTRINGBEFORE": Signature(_split_at(str.partition, 0), 2, 2),
    "SUBSTRINGAFTER": Signature(_split_at(str.partition, 2), 2, 2),
    "LASTSUBSTRINGBEFORE": Signature(_split_at(str.rpartition, 0), 2, 2),
    "LASTSUBSTRINGAFTER": Signature(_split_at(str.rpartition, 2), 2, 2),
}
