"""What the aggregates do with the values of one group, one by one."""

from typing import Final

from quartet_emulators.cosmos.sql.operators import BINARY
from quartet_emulators.cosmos.sql.values import RANK_STRING, UNDEFINED, Value, finite, identity, rank, sort_key

_ADD: Final = BINARY["+"]


class Accumulator:
    """Takes in the values of one aggregate in one group; those that are undefined do not count."""

    def __init__(self) -> None:
        self.count = 0
        self.total: Value = 0
        self.extreme: Value = UNDEFINED

    def add(self, value: Value) -> None:
        """Take in one value."""
        raise NotImplementedError

    def result(self) -> Value:
        """What the aggregate gives."""
        raise NotImplementedError


class _Count(Accumulator):
    def add(self, value: Value) -> None:
        if value is not UNDEFINED:
            self.count += 1

    def result(self) -> Value:
        return self.count


class _Sum(Accumulator):
    """One value that is not a number makes the whole sum undefined."""

    def add(self, value: Value) -> None:
        if value is UNDEFINED:
            return
        self.count += 1
        self.total = _ADD(self.total, value)

    def result(self) -> Value:
        return self.total


class _Average(_Sum):
    def result(self) -> Value:
        if self.total is UNDEFINED or not self.count:
            return UNDEFINED
        try:
            return finite(self.total / self.count)
        except OverflowError:
            return UNDEFINED


class _Minimum(Accumulator):
    """Over the order of types: null, booleans, numbers, strings. Arrays and objects make it undefined."""

    def __init__(self) -> None:
        super().__init__()
        self.is_undefined = False

    def add(self, value: Value) -> None:
        if value is UNDEFINED:
            return
        self.is_undefined = self.is_undefined or rank(value) > RANK_STRING
        if not self.is_undefined and (self.extreme is UNDEFINED or self.beats(sort_key(value), sort_key(self.extreme))):
            self.extreme = value

    def beats(self, new: tuple[int, Value], old: tuple[int, Value]) -> bool:
        return new < old

    def result(self) -> Value:
        return UNDEFINED if self.is_undefined else self.extreme


class _Maximum(_Minimum):
    def beats(self, new: tuple[int, Value], old: tuple[int, Value]) -> bool:
        return new > old


class _CountIf(Accumulator):
    """How often the value is true."""

    def add(self, value: Value) -> None:
        self.count += value is True

    def result(self) -> Value:
        return self.count


class _MakeList(Accumulator):
    """All values, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[Value] = []

    def add(self, value: Value) -> None:
        if value is not UNDEFINED:
            self.values.append(value)

    def result(self) -> Value:
        return self.values


class _MakeSet(_MakeList):
    """Each value once, in the order of their first appearance."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def add(self, value: Value) -> None:
        key = identity(value)
        if key not in self.seen:
            self.seen.add(key)
            super().add(value)


ACCUMULATORS: Final[dict[str, type[Accumulator]]] = {
    "COUNT": _Count,
    "COUNTIF": _CountIf,
    "MAKELIST": _MakeList,
    "MAKESET": _MakeSet,
    "SUM": _Sum,
    "AVG": _Average,
    "MIN": _Minimum,
    "MAX": _Maximum,
}
"""The aggregates by name, in upper case."""
