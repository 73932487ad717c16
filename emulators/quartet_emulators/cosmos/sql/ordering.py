"""ORDER BY: what the service sorts by, and the sort.

The service sorts by an index, so a sort key is a path in the document. Beside an
aggregate there is one row to sort. The words of the errors are the service's.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.expressions import compile_expression
from quartet_emulators.cosmos.sql.projection import named_items
from quartet_emulators.cosmos.sql.scope import Environment, Evaluator, Rows, Scope
from quartet_emulators.cosmos.sql.sources import Loop
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, sort_key

_DISTANCE: Final = "ST_DISTANCE"
_NO_PATH: Final = "Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path."


SortKey = tuple[Evaluator, bool]
"""What to sort by, and whether it is descending."""


def sort_keys(query: nodes.Query, scope: Scope) -> list[SortKey]:
    """The sort keys: paths in the document, or one distance.

    Raises:
        CosmosError: 400, if a key is anything else, or beside GROUP BY.
    """
    if query.order_by and query.group_by:
        raise bad_request("'ORDER BY' is not supported in presence of GROUP BY.")
    keys = [(compile_expression(item.expression, scope), item.descending) for item in query.order_by]
    for item in query.order_by:
        if not (len(keys) == 1 and _is_distance(item.expression)):
            _check_path(item.expression, query)
    return keys


def _is_distance(key: nodes.Expression) -> bool:
    return isinstance(key, nodes.FunctionCall) and key.name == _DISTANCE


def _check_path(key: nodes.Expression, query: nodes.Query) -> None:
    names: list[nodes.Expression] = []
    root = key
    while isinstance(root, nodes.Member) and isinstance(root.key, nodes.Literal | nodes.Parameter):
        names.append(root.key)
        root = root.base
    if not isinstance(root, nodes.Name):
        raise bad_request(_NO_PATH)
    for number, source in enumerate(query.sources):
        if source.alias == root.name:
            if number or source.iterate:
                raise bad_request("Order-by over correlated collections is not supported.")
            if isinstance(source.collection, nodes.Subquery):
                _check_selected(tuple(reversed(names)), source.collection.query)


def _check_selected(names: tuple[nodes.Expression, ...], query: nodes.Query) -> None:
    """The path in a row of a sub-query is a path in the document, and the sub-query only filters."""
    if query.distinct or query.top or query.group_by:
        raise bad_request(_NO_PATH)
    if query.items is None:
        selected: nodes.Expression = nodes.Name(query.sources[0].alias)
    elif query.value:
        selected = query.items[0].expression
    else:
        selected = nodes.ObjectLiteral(tuple(named_items(query.items)))
    for name in names:
        if isinstance(selected, nodes.ObjectLiteral):
            members: dict[nodes.Expression, nodes.Expression] = {
                nodes.Literal(member): value for member, value in selected.members
            }
            if name not in members:
                raise bad_request(_NO_PATH)
            selected = members[name]
        else:
            selected = nodes.Member(selected, name)
    _check_path(selected, query)


def ordered(loop: Loop, project: Evaluator, keys: list[SortKey]) -> Rows:
    """The rows, sorted. Of rows with equal keys, the later one comes first in descending order, as in the service."""

    def rows(env: Environment) -> Iterator[Value]:
        found: list[tuple[list[Value], Value]] = []
        for _ in loop(env):
            row = project(env)
            if row is not UNDEFINED:
                found.append(([sort_key(key(env)) for key, _ in keys], row))
        if keys[0][1]:
            found.reverse()
        for position, (_, descending) in reversed(list(enumerate(keys))):
            found.sort(key=partial(_key_at, position), reverse=descending)
        for _, row in found:
            yield row

    return rows


def _key_at(position: int, entry: tuple[list[Value], Value]) -> Value:
    return entry[0][position]
