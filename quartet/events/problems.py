"""Errors in data, as one line that names the field and that a person can act on."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from quartet.events.fields import LONE_SURROGATE, NOT_BLANK_PATTERN, SAGA_ID_PATTERN

_FORMS: Final = {
    NOT_BLANK_PATTERN: "must not be blank",
    SAGA_ID_PATTERN: "must be 1 to 64 of A-Z, a-z, 0-9, _ and -",
}
_SAY: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "string_type": lambda _: "must be a string",
    "string_unicode": lambda _: LONE_SURROGATE,
    "int_type": lambda _: "must be a whole number",
    "tuple_type": lambda _: "must be a list",
    "model_type": lambda _: "must be a JSON object",
    "enum": lambda limit: f"must be {limit['expected']}",
    "greater_than_equal": lambda limit: f"must be at least {limit['ge']}",
    "less_than_equal": lambda limit: f"must be at most {limit['le']}",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda limit: f"must have at most {limit['max_length']} characters",
    "too_short": lambda limit: f"must have {limit['min_length']} or more entries",
    "too_long": lambda limit: f"must have {limit['max_length']} entries at most",
    "string_pattern_mismatch": lambda limit: _FORMS.get(limit["pattern"], f"must match {limit['pattern']}"),
    "value_error": lambda limit: str(limit["error"]),
}


def explain(error: ValidationError) -> str:
    """The first problem as `items.0.quantity: must be at least 1`, and how many more there are."""
    found = error.errors(include_url=False, include_input=False)
    # A list whose only entry is wrong is called too short as well: only the entry is named.
    problems = [one for one in found if not any(_is_inside(other["loc"], one["loc"]) for other in found)]
    more = len(problems) - 1
    return _explain_one(problems[0]) + (f" (and {more} more)" if more else "")


_INPUT: Final = re.compile("input_value=.*, input_type=")


def without_input(text: str) -> str:
    """The text of an error without the values that pydantic has quoted: they may be personal data."""
    return _INPUT.sub("input_value=…, input_type=", text) if "input_value=" in text else text


def _is_inside(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _explain_one(problem: ErrorDetails) -> str:
    say = _SAY.get(problem["type"])
    what = say(problem.get("ctx", {})) if say else problem["msg"]
    where = ".".join(str(step) for step in problem["loc"])
    return f"{where}: {what}" if where else what
