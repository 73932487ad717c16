"""Which items a query has to look at: all of them, or the few that its WHERE names by id, partition key or a text.

``read_items`` of the clients sends conditions like ``c.pk = @pk AND c.id IN (@a, @b)`` or hundreds of
``(c.id = @a AND c.pk = @b)`` joined by OR; without this they would be scans. So would a watch be that asks every few
seconds for the items with a certain status, and costs more with each item that is stored.
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
# Below this many items a scan is as quick as an index.
_SCAN_BELOW: Final = 256


class Candidates(NamedTuple):
    """Items in the order of creation; ``exact`` if all of them satisfy the condition for certain."""

    items: Iterable[Item]
    exact: bool


class _Term(NamedTuple):
    """``path = constant``, ``path IN (constants)``, or ``ARRAY_CONTAINS(list, path)``, whose values are in one list."""

    path: tuple[str, ...]
    constants: tuple[nodes.Expression, ...]
    is_list: bool = False

    def values(self, parameters: dict[str, Json]) -> list[Json]:
        """What the path may be."""
        found = [_value(constant, parameters) for constant in self.constants]
        if not self.is_list:
            return found
        return found[0] if isinstance(found[0], list) else []


class _Branch(NamedTuple):
    """One alternative: ids that are asked for, the partition key if it is named, and whether that is all it asks."""

    ids: _Term
    key: _Term | None
    complete: bool


class _Plan(NamedTuple):
    """What a condition names.

    Attributes:
        branches: its alternatives; ``None`` if one of them does not name ids.
        terms: each of these must hold, and more may.
    """

    branches: tuple[_Branch, ...] | None
    terms: tuple[_Term, ...]


def candidates(
    query: CompiledQuery, parameters: dict[str, Json], container: Container, partition: str | None, now: float
) -> Candidates:
    """The items to look at for a query, restricted to a partition if one is given."""
    paths = container.partition_key.paths
    key_path = tuple(paths[0]) if len(paths) == 1 else ()
    if key_path not in query.plans:
        query.plans[key_path] = _plan(query.query, key_path)
    plan: _Plan = query.plans[key_path]
    if plan.branches is not None:
        return _by_id(plan.branches, key_path, parameters, container, partition=partition, now=now)
    indexed = _by_text(plan.terms, parameters, container, now)
    if indexed is None:
        return Candidates(container.scan(now, partition), exact=query.query.where is None)
    return Candidates([item for item in indexed if partition is None or item.partition == partition], exact=False)


def names_partition(query: CompiledQuery, container: Container) -> bool:
    """Whether a query's condition gives each level of the partition key one value: one partition answers it then."""
    named = {term.path for term in _plan(query.query, ()).terms if len(term.constants) == 1 and not term.is_list}
    return all(tuple(path) in named for path in container.partition_key.paths)


def _by_id(
    branches: tuple[_Branch, ...],
    key_path: tuple[str, ...],
    parameters: dict[str, Json],
    container: Container,
    *,
    partition: str | None,
    now: float,
) -> Candidates:
    found: dict[int, Item] = {}
    for branch in branches:
        key = _ANY if branch.key is None else branch.key.values(parameters)[0]
        for item_id in branch.ids.values(parameters):
            if type(item_id) is not str:
                continue
            for text in _keys(item_id if key_path == _ID else key, container, partition):
                item = container.find(text, item_id, now)
                if item is not None:
                    found[item.number] = item
    return Candidates([found[number] for number in sorted(found)], all(branch.complete for branch in branches))


def _by_text(
    terms: tuple[_Term, ...], parameters: dict[str, Json], container: Container, now: float
) -> list[Item] | None:
    """The items for the first term that names texts; ``None`` if none does, or if a scan is as quick."""
    if len(container.by_number) < _SCAN_BELOW:
        return None
    for term in terms:
        texts = term.values(parameters)
        if all(isinstance(text, str) for text in texts):
            index = container.index(term.path)
            if index is not None:
                return index.find(texts, now)
    return None


def _keys(value: Json, container: Container, partition: str | None) -> Iterable[str]:
    """The texts of the partition keys to look under; ``_ANY`` asks for all of them."""
    if value is _ANY:
        return list(container.partitions) if partition is None else (partition,)
    if isinstance(value, list | dict):
        return ()
    key = text_of_value(value)
    return (key,) if partition is None or partition == key else ()


def _value(expression: nodes.Expression, parameters: dict[str, Json]) -> Json:
    if isinstance(expression, nodes.Parameter):
        return parameters.get(expression.name)
    return expression.value if isinstance(expression, nodes.Literal) else None


def _plan(query: nodes.Query, key_path: tuple[str, ...]) -> _Plan:
    if query.where is None or len(query.sources) != 1 or query.sources[0].iterate:
        return _Plan(None, ())
    if not isinstance(query.sources[0].collection, nodes.Name):
        return _Plan(None, ())
    alias = query.sources[0].alias
    branches = [_branch(operand, alias, key_path) for operand in _operands(query.where, "OR")]
    terms = [_term(operand, alias) for operand in _operands(query.where, "AND")]
    return _Plan(
        tuple(branch for branch in branches if branch) if all(branches) else None,
        tuple(term for term in terms if term),
    )


def _operands(node: nodes.Expression, operator: str) -> tuple[nodes.Expression, ...]:
    return node.operands if isinstance(node, nodes.Logical) and node.operator == operator else (node,)


def _branch(node: nodes.Expression, alias: str, key_path: tuple[str, ...]) -> _Branch | None:
    ids: _Term | None = None
    key: _Term | None = None
    complete = True
    for operand in _operands(node, "AND"):
        term = _term(operand, alias)
        if term is not None and term.path == _ID and ids is None:
            ids = term
        elif (
            term is not None and term.path == key_path and key is None and len(term.constants) == 1 and not term.is_list
        ):
            key = term
        else:
            complete = False
    return None if ids is None else _Branch(ids, key, complete)


def _term(node: nodes.Expression, alias: str) -> _Term | None:
    """The term that a part of a condition is (either way round), if it is one about the item itself."""
    is_list = False
    if isinstance(node, nodes.In):
        left, constants = node.value, node.choices
    elif isinstance(node, nodes.Binary) and node.operator == "=":
        left, constants = node.left, (node.right,)
        if isinstance(left, nodes.Parameter | nodes.Literal):
            left, constants = node.right, (node.left,)
    elif isinstance(node, nodes.FunctionCall) and node.name == "ARRAY_CONTAINS" and not node.arguments[2:]:
        left, constants, is_list = node.arguments[1], node.arguments[:1], True
    else:
        return None
    path = _path(left, alias)
    if not path or not all(isinstance(constant, nodes.Parameter | nodes.Literal) for constant in constants):
        return None
    return _Term(path, constants, is_list)


def _path(node: nodes.Expression, alias: str) -> tuple[str, ...] | None:
    names: list[str] = []
    while isinstance(node, nodes.Member) and isinstance(node.key, nodes.Literal) and isinstance(node.key.value, str):
        names.append(node.key.value)
        node = node.base
    return tuple(reversed(names)) if isinstance(node, nodes.Name) and node.name == alias else None
