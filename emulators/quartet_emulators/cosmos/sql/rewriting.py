"""Queries as clients send them to single ranges of a container, and what they do with the rows of the ranges.

The forms are those of the service, as its .NET SDK holds them in its tests of query plans: rows of an ORDER BY carry
their keys, rows of a GROUP BY their group, and aggregates come in parts that can be added up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from quartet_emulators.cosmos.errors import bad_request, unsupported
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.functions.supported import AGGREGATES
from quartet_emulators.cosmos.sql.projection import named_items

FILTER: Final = "{documentdb-formattableorderbyquery-filter}"
"""Clients put a condition in this place: where the rest of a sorted query begins, or ``true``."""

_FILTER_NODE: Final = nodes.Name(f"({FILTER})")
_OPERATORS: Final = {
    "AVG": "Average",
    "COUNT": "Count",
    "COUNTIF": "CountIf",
    "MAKELIST": "MakeList",
    "MAKESET": "MakeSet",
    "MAX": "Max",
    "MIN": "Min",
    "SUM": "Sum",
}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What clients send to each range, and how they merge.

    Attributes:
        query: the query for one range; ``None`` if it is sent as it is.
        distinct: ``Unordered``, ``Ordered`` if equal rows follow each other, or ``None`` as a word.
        order_by: by what the rows of the ranges are merged.
        group_by: by what groups of the ranges are the same.
        aggregate: of a ``SELECT VALUE``, the operator by its name in plans.
        columns: of the rows of a GROUP BY or of aggregates, each with the operator that merges it, if any.
        counted: of a count of different values, the name of the count, ``""`` with ``SELECT VALUE``.
    """

    query: nodes.Query | None = None
    distinct: str = "None"
    order_by: tuple[nodes.OrderItem, ...] = ()
    group_by: tuple[nodes.Expression, ...] = ()
    aggregate: str | None = None
    columns: tuple[tuple[str, str | None], ...] = ()
    counted: str | None = None


def rewritten(query: nodes.Query, rows: int | None) -> Rewritten:
    """A query for single ranges.

    Args:
        query: the query.
        rows: how many rows clients need of each range at most, by TOP, or by OFFSET and LIMIT together.

    Raises:
        CosmosError: 400 for what the service cannot merge, and for a sub-query whose rows would have to be merged
            first.
    """
    counted = _count_of_different(query)
    if counted is not None:
        return counted
    if _merges(query.sources[0].collection):
        raise unsupported("merging rows of a sub-query that come from several physical partitions")
    distinct = _distinct_type(query) if query.distinct else "None"
    bare = replace(query, distinct=False, top=None, offset=None, limit=None)
    if query.group_by or has_aggregates(query):
        return _grouped(bare, distinct)
    cut = bare if query.distinct else _cut(bare, query, rows)
    if query.order_by:
        return Rewritten(_sorted(cut), distinct, query.order_by)
    if query.offset is not None or (query.distinct and query.top is not None):
        return Rewritten(replace(cut, distinct=query.distinct), distinct)
    return Rewritten(None, distinct)


def _cut(bare: nodes.Query, query: nodes.Query, rows: int | None) -> nodes.Query:
    if query.offset is not None:
        return replace(bare, offset=nodes.Literal(0), limit=nodes.Literal(rows))
    return replace(bare, top=nodes.Literal(rows)) if query.top is not None else bare


def _distinct_type(query: nodes.Query) -> str:
    """``Ordered`` if the query selects what it sorts by first, so that equal rows follow each other."""
    selected = {item.expression for item in query.items or ()}
    first = {item.expression for item in query.order_by[: len(selected)]}
    return "Ordered" if selected and selected == first else "Unordered"


def _sorted(query: nodes.Query) -> nodes.Query:
    alias = nodes.Name(query.sources[0].alias)
    payload = alias if query.items is None else _row(query)
    keys = _items(tuple(item.expression for item in query.order_by))
    where = _FILTER_NODE if query.where is None else nodes.Logical("AND", (query.where, _FILTER_NODE))
    if query.value:
        where = nodes.Logical("AND", (where, nodes.FunctionCall("IS_DEFINED", (payload,))))
    items = (
        nodes.SelectItem(nodes.Member(alias, nodes.Literal("_rid")), None),
        nodes.SelectItem(keys, "orderByItems"),
        nodes.SelectItem(payload, "payload"),
    )
    return replace(query, items=items, value=False, where=where)


def _row(query: nodes.Query) -> nodes.Expression:
    items = query.items or ()
    return items[0].expression if query.value else nodes.ObjectLiteral(tuple(named_items(items)))


def _items(expressions: tuple[nodes.Expression, ...]) -> nodes.ArrayLiteral:
    return nodes.ArrayLiteral(tuple(nodes.ObjectLiteral((("item", expression),)) for expression in expressions))


def _grouped(query: nodes.Query, distinct: str) -> Rewritten:
    columns = tuple((name, *_in_parts(expression)) for name, expression in _columns(query))
    if query.value:
        _, part, operator = columns[0]
        payload: nodes.Expression = part if operator is None else nodes.ArrayLiteral((part,))
    else:
        operator = None
        payload = nodes.ObjectLiteral(tuple((name, part) for name, part, _ in columns))
    selected = [nodes.SelectItem(payload, "payload")]
    if query.group_by:
        selected.insert(0, nodes.SelectItem(_items(query.group_by), "groupByItems"))
    elif query.value:
        selected = [nodes.SelectItem(payload, None)]
    return Rewritten(
        replace(query, items=tuple(selected), value=query.value and not query.group_by),
        distinct,
        group_by=query.group_by,
        aggregate=operator,
        columns=() if query.value else tuple((name, merged) for name, _, merged in columns),
    )


def _columns(query: nodes.Query) -> Iterator[tuple[str, nodes.Expression]]:
    items = query.items or ()
    return iter([("", items[0].expression)]) if query.value else named_items(items)


def _in_parts(expression: nodes.Expression) -> tuple[nodes.Expression, str | None]:
    """A column as ranges give it, and the operator that merges it."""
    if not isinstance(expression, nodes.FunctionCall) or expression.name not in AGGREGATES:
        if _aggregates(expression):
            raise bad_request("Compositions of aggregates and other expressions are not allowed.")
        return expression, None
    count = replace(expression, name="COUNT")
    parts: list[tuple[str, nodes.Expression]] = [("item", expression)]
    if expression.name == "AVG":
        total = replace(expression, name="SUM")
        parts = [("item", nodes.ObjectLiteral((("sum", total), ("count", count))))]
    elif expression.name in {"MIN", "MAX"}:
        counted = nodes.ObjectLiteral(((expression.name.lower(), expression), ("count", count)))
        parts.append(("item2", counted))
    return nodes.ObjectLiteral(tuple(parts)), _OPERATORS[expression.name]


def merges_rows(query: nodes.Query) -> bool:
    """Whether the rows of several partitions cannot be answered one after the other, or there is nothing to read."""
    if not query.sources or _merges(query.sources[0].collection):
        return True
    return bool(
        query.distinct or query.top or query.offset or query.order_by or query.group_by or has_aggregates(query)
    )


def has_aggregates(query: nodes.Query) -> bool:
    """Whether a query selects an aggregate."""
    return any(_aggregates(item.expression) for item in query.items or ())


def _aggregates(node: nodes.Expression) -> bool:
    """Whether an aggregate is in an expression, those of its sub-queries aside."""
    is_one = isinstance(node, nodes.FunctionCall) and node.name in AGGREGATES
    return is_one or any(map(_aggregates, nodes.children(node)))


def _merges(collection: nodes.Expression) -> bool:
    """Whether the rows of a sub-query in FROM would have to be merged before anything is done with them."""
    if not isinstance(collection, nodes.Subquery) or not collection.query.sources:
        return False
    query = collection.query
    return bool(query.distinct or query.top or query.group_by or has_aggregates(query)) or _merges(
        query.sources[0].collection
    )


def _count_of_different(query: nodes.Query) -> Rewritten | None:
    """``SELECT VALUE COUNT(1) FROM (SELECT DISTINCT ...)``: clients count the different rows of all ranges."""
    items = query.items or ()
    if len(items) != 1 or len(query.sources) != 1 or query.where is not None or query.group_by or query.order_by:
        return None
    [item], [source] = items, query.sources
    count = nodes.FunctionCall("COUNT", (nodes.Literal(1),))
    inner = source.collection
    if item.expression != count or source.iterate or not isinstance(inner, nodes.Subquery):
        return None
    only_distinct = inner.query.distinct and not _merges(replace(inner, query=replace(inner.query, distinct=False)))
    if not only_distinct or not inner.query.sources:
        return None
    return Rewritten(inner.query, "Unordered", counted="" if query.value else item.alias or "$1")
