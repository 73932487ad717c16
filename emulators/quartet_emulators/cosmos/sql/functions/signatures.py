"""How a function of the query language is described, and checks that many of them share."""

from collections.abc import Callable, Iterable

from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, finite, is_number

Function = Callable[..., Value]


class Signature:
    """A function and how many arguments it takes; ``most`` is ``None`` if there is no limit."""

    __slots__ = ("call", "least", "most")

    def __init__(self, call: Function, least: int, most: int | None) -> None:
        self.call = call
        self.least = least
        self.most = most


def strings(function: Function) -> Function:
    """Undefined unless all arguments are strings."""

    def call(*values: Value) -> Value:
        return function(*values) if all(type(value) is str for value in values) else UNDEFINED

    return call


def numbers(function: Function) -> Function:
    """Undefined unless all arguments are numbers and the result is finite."""

    def call(*values: Value) -> Value:
        if not all(map(is_number, values)):
            return UNDEFINED
        try:
            result = function(*values)
        except (ValueError, OverflowError, ZeroDivisionError):
            return UNDEFINED
        return finite(result)

    return call


def whole_number(value: Value) -> int | None:
    """The number as an integer, ``None`` for a fraction and for anything else; ``2.0`` is whole."""
    if type(value) is int:
        return value
    return int(value) if type(value) is float and value.is_integer() else None


def all_of(results: Iterable[Value]) -> Value:
    """AND over what is true, false or undefined: one false decides, then one undefined."""
    found = list(results)
    if False in found:
        return False
    return UNDEFINED if UNDEFINED in found else True


def any_of(results: Iterable[Value]) -> Value:
    """OR over what is true, false or undefined: one true decides, then one undefined."""
    found = list(results)
    if True in found:
        return True
    return UNDEFINED if UNDEFINED in found else False
