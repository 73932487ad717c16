"""Which items a query has to look at: all of them, or the few that its WHERE names by id and partition key.

``read_items`` of the clients sends conditions like ``c.pk = @pk AND c.id IN (@a, @b)`` or hundreds of
``(c.id = @a AND c.pk = @b)`` joined by OR; without this they would be scans.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from quartet_emulators.cosmos.container import Container, Item
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partition_keys import text_of_value
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.compile import CompiledQuery

_ID: Final = ("id",)
_ANY: Final = object()


class Candidates(NamedTuple):
    """Items in the order of creation; ``exact`` if all of them satisfy the condition for certain."""

    items: Iterable[Item]
    exact: bool


class _Branch(NamedTuple):
    """One alternative: ids that are asked for, the partition key if it is named, and whether that is all it asks."""

    ids: tuple[nodes.Expression, ...]
    key: nodes.Expression | None
    complete: bool


def candidates(
    query: CompiledQuery, parameters: dict[str, Json], container: Container, partition: str | None, now: float
) -> Candidates:
    """The items to look at for a query, restricted to a partition if one is given."""
    paths = container.partition_key.paths
    key_path = tuple(paths[0]) if len(paths) == 1 else ()
    if key_path not in query.plans:
        query.plans[key_path] = _plan(query.query, key_path)
    plan: tuple[_Branch, ...] | None = query.plans[key_path]
    if plan is None:
        return Candidates(container.scan(now, partition), exact=query.query.where is None)
    found: dict[int, Item] = {}
    for branch in plan:
        for item_id in [_value(expression, parameters) for expression in branch.ids]:
            if type(item_id) is not str:
                continue
            key = item_id if key_path == _ID else _value(branch.key, parameters)
            for text in _keys(key, container, partition):
                item = container.find(text, item_id, now)
                if item is not None:
                    found[item.number] = item
    return Candidates([found[number] for number in sorted(found)], all(branch.complete for branch in plan))


def _keys(value: Json, container: Container, partition: str | None) -> Iterable[str]:
    """The texts of the partition keys to look under; ``_ANY`` asks for all of them."""
    if value is _ANY:
        return list(container.partitions) if partition is None else (partition,)
    if isinstance(value, list | dict):
        return ()
    key = text_of_value(value)
    return (key,) if partition is None or partition == key else ()


def _value(expression: nodes.Expression | None, parameters: dict[str, Json]) -> Json:
    if expression is None:
        return _ANY
    if isinstance(expression, nodes.Parameter):
        return parameters.get(expression.name)
    return expression.value if isinstance(expression, nodes.Literal) else None


def _plan(query: nodes.Query, key_path: tuple[str, ...]) -> tuple[_Branch, ...] | None:
    """The alternatives of the condition, or ``None`` if one of them does not name ids."""
    if query.where is None or len(query.sources) != 1 or query.sources[0].iterate:
        return None
    if not isinstance(query.sources[0].collection, nodes.Name):
        return None
    where = query.where
    operands = where.operands if isinstance(where, nodes.Logical) and where.operator == "OR" else (where,)
    branches = [_branch(operand, query.sources[0].alias, key_path) for operand in operands]
    return tuple(branch for branch in branches if branch) if all(branches) else None


def _branch(node: nodes.Expression, alias: str, key_path: tuple[str, ...]) -> _Branch | None:
    terms = node.operands if isinstance(node, nodes.Logical) and node.operator == "AND" else (node,)
    ids: tuple[nodes.Expression, ...] | None = None
    key: nodes.Expression | None = None
    complete = True
    for term in terms:
        path, values = _term(term, alias)
        if path == _ID and ids is None:
            ids = values
        elif path is not None and path == key_path and key is None and len(values) == 1:
            key = values[0]
        else:
            complete = False
    return None if ids is None else _Branch(ids, key, complete)


def _term(node: nodes.Expression, alias: str) -> tuple[tuple[str, ...] | None, tuple[nodes.Expression, ...]]:
    """The path and constants of ``path = constant`` (either way round) or ``path IN (constants)``."""
    if isinstance(node, nodes.In):
        left, values = node.value, node.choices
    elif isinstance(node, nodes.Binary) and node.operator == "=":
        left, values = node.left, (node.right,)
        if isinstance(left, nodes.Parameter | nodes.Literal):
            left, values = node.right, (node.left,)
    else:
        return None, ()
    if not all(isinstance(value, nodes.Parameter | nodes.Literal) for value in values):
        return None, ()
    names: list[str] = []
    while isinstance(left, nodes.Member) and isinstance(left.key, nodes.Literal) and isinstance(left.key.value, str):
        names.append(left.key.value)
        left = left.base
    if not isinstance(left, nodes.Name) or left.name != alias:
        return None, ()
    return tuple(reversed(names)), values
