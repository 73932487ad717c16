"""GROUP BY and the aggregates."""

from collections.abc import Iterator
from typing import Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.functions import AGGREGATES
from quartet_emulators.cosmos.sql.scope import Aggregate, Environment, Evaluator
from quartet_emulators.cosmos.sql.sources import Loop
from quartet_emulators.cosmos.sql.values import RANK_STRING, UNDEFINED, Value, identity, is_number, rank, sort_key


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
        self.total = self.total + value if is_number(value) and self.total is not UNDEFINED else UNDEFINED

    def result(self) -> Value:
        return self.total


class _Average(_Sum):
    def result(self) -> Value:
        if self.total is UNDEFINED or not self.count:
            return UNDEFINED
        try:
            return self.total / self.count
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


_ACCUMULATORS: Final[dict[str, type[Accumulator]]] = {
    "COUNT": _Count,
    "SUM": _Sum,
    "AVG": _Average,
    "MIN": _Minimum,
    "MAX": _Maximum,
}


def aggregate_rows(loop: Loop, keys: list[Evaluator], aggregates: list[Aggregate]) -> Loop:
    """One row per group, in the order in which groups first appear; without keys, one row even for no input.

    While the row of a group is visited, the aliases hold the first row that fell into it.
    """

    def grouped(env: Environment) -> Iterator[None]:
        groups: dict[tuple[str, ...], tuple[Environment, list[Accumulator]]] = {}
        for _ in loop(env):
            key = tuple(identity(evaluate(env)) for evaluate in keys)
            if key not in groups:
                groups[key] = (env.copy(), [_ACCUMULATORS[aggregate.name]() for aggregate in aggregates])
            for aggregate, accumulator in zip(aggregates, groups[key][1], strict=True):
                accumulator.add(aggregate.argument(env))
        if not groups and not keys:
            groups[()] = (env.copy(), [_ACCUMULATORS[aggregate.name]() for aggregate in aggregates])
        for first_row, accumulators in groups.values():
            env[:] = first_row
            for aggregate, accumulator in zip(aggregates, accumulators, strict=True):
                env[aggregate.slot] = accumulator.result()
            yield None

    return grouped


def check_grouping(query: nodes.Query) -> None:
    """An item beside aggregates must be a group key.

    Raises:
        CosmosError: 400, if a path is selected that is neither grouped nor aggregated, and for ORDER BY with groups.
    """
    if query.order_by:
        raise bad_request("ORDER BY is not supported together with GROUP BY or aggregates.")
    if query.items is None:
        raise bad_request("'SELECT *' cannot be combined with GROUP BY.")
    aliases = {source.alias for source in query.sources}
    for item in query.items:
        if not _is_grouped(item.expression, query.group_by, aliases):
            raise bad_request(
                "Property reference is invalid in the select list: it is neither in an aggregate nor in GROUP BY."
            )


def _is_grouped(node: Value, keys: tuple[nodes.Expression, ...], aliases: set[str]) -> bool:
    if node in keys or (isinstance(node, nodes.FunctionCall) and node.name in AGGREGATES):
        return True
    if isinstance(node, nodes.Name):
        return node.name not in aliases
    if isinstance(node, nodes.Subquery):
        return True
    return all(_is_grouped(child, keys, aliases) for child in children(node))


def children(node: Value) -> Iterator[Value]:
    """The expressions directly below a node."""
    for name in getattr(node, "__slots__", ()):
        value = getattr(node, name)
        for entry in value if isinstance(value, tuple) else (value,):
            candidate = entry[1] if isinstance(entry, tuple) else entry
            if isinstance(candidate, nodes.Expression):
                yield candidate
