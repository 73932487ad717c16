"""Enough of JSON Schema 2020-12 to check an instance against the schemas that we write.

It knows the keywords that they use, and refuses any other one: an unchecked keyword would look like a rule.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

SAYS_NOTHING = frozenset({"$schema", "$id", "$defs", "title", "description", "default"})
TYPES: Mapping[str, Callable[[object], bool]] = {
    "object": lambda it: isinstance(it, dict),
    "array": lambda it: isinstance(it, list),
    "string": lambda it: isinstance(it, str),
    # A number with a zero fraction is an integer: 2.0, 2e0.
    "integer": lambda it: isinstance(it, int | float) and not isinstance(it, bool) and it % 1 == 0,
    "null": lambda it: it is None,
}


def _is_date_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True


def _matches(text: str, pattern: str) -> bool:
    # In the dialect of JSON Schema `$` is the end, in Python's also before a last line break.
    return re.search(re.sub(r"\$\Z", r"\\Z", pattern), text) is not None


FORMATS: Mapping[str, Callable[[str], object]] = {
    "date-time": _is_date_time,
    "uri-reference": lambda text: re.fullmatch(r"[!-~]+", text),
}
KEYWORDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "const": lambda it, limit: bool(it == limit),
    "enum": lambda it, limit: it in limit,
    "type": lambda it, limit: TYPES[limit](it),
    "minimum": lambda it, limit: bool(it >= limit),
    "maximum": lambda it, limit: bool(it <= limit),
    "minLength": lambda it, limit: len(it) >= limit,
    "maxLength": lambda it, limit: len(it) <= limit,
    "minItems": lambda it, limit: len(it) >= limit,
    "maxItems": lambda it, limit: len(it) <= limit,
    "pattern": _matches,
    "required": lambda it, limit: set(limit) <= set(it),
    "format": lambda it, limit: bool(FORMATS[limit](it)),
}


def follows(instance: object, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether the instance is valid.

    Raises:
        KeyError: If the schema has a keyword, a type or a reference that is not known.
    """
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return follows(instance, root["$defs"][name], root)
    if "anyOf" in schema and not any(follows(instance, option, root) for option in schema["anyOf"]):
        return False
    for keyword in ("type", *schema):
        if keyword in schema and not _keeps(instance, keyword, schema[keyword], root):
            return False
    return True


def _keeps(instance: Any, keyword: str, limit: Any, root: Mapping[str, Any]) -> bool:  # noqa: ANN401 -- any JSON
    if keyword in SAYS_NOTHING or keyword == "anyOf":
        return True
    if keyword == "properties":
        return all(follows(instance[name], limit[name], root) for name in set(limit) & set(instance))
    if keyword == "items":
        return all(follows(entry, limit, root) for entry in instance)
    return KEYWORDS[keyword](instance, limit)
