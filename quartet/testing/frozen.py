"""Any object as a value that can be compared: equal for objects that cannot behave differently."""

from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import Any


def frozen(value: Any) -> Hashable:  # noqa: ANN401, PLR0911 -- any object; one case per kind of it
    """The content of `value`. An object of one's own may say by a method `key()` what makes the difference."""
    if isinstance(value, str | bytes | int | float | None):
        return value
    if isinstance(value, Mapping):
        return frozenset((frozen(key), frozen(one)) for key, one in value.items())
    if isinstance(value, AbstractSet):
        return frozenset(frozen(one) for one in value)
    if isinstance(value, Sequence):
        return tuple(frozen(one) for one in value)
    if callable(getattr(value, "key", None)):
        return (type(value).__name__, frozen(value.key()))
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *(frozen(getattr(value, field.name)) for field in fields(value)))
    if isinstance(value, Hashable) and type(value).__hash__ is not object.__hash__:
        return value
    return (type(value).__name__, frozen(getattr(value, "__dict__", {})))
