"""What a query's WHERE and ORDER BY name: values of single properties, for which there may be an index."""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeGuard, TypeVar

from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.values import is_number
from quartet_emulators.cosmos.storage.index_keys import ABOVE_ALL, Definition, Part, beginning_of, key_of, keys_of_type

ID: Final = ("id",)
_Found = TypeVar("_Found")
Path = tuple[str, ...]
Constant = nodes.Parameter | nodes.Literal
_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


class Equal(NamedTuple):
    """``path = constant``, ``path IN (constants)``, or ``ARRAY_CONTAINS(list, path)``, whose values are in one list."""

    path: Path
    constants: tuple[Constant, ...]
    is_list: bool = False

    def values(self, parameters: dict[str, Json]) -> list[Json]:
        """What the path may be."""
        found = [value_of(constant, parameters) for constant in self.constants]
        if not self.is_list:
            return found
        return found[0] if isinstance(found[0], list) else []


class Contains(NamedTuple):
    """``ARRAY_CONTAINS(path, constant)``."""

    path: Path
    constant: Constant


class Compared(NamedTuple):
    """``path < constant`` and the like; ``STARTSWITH(path, constant)`` has the operator ``starts``."""

    path: Path
    operator: str
    constant: Constant

    def limits(self, parameters: dict[str, Json]) -> tuple[bytes, bytes] | None:
        """Between which keys the value is, from the first on and below the second, or a little more than that."""
        value = value_of(self.constant, parameters)
        if not is_number(value) and not isinstance(value, str):
            return None
        if self.operator == "starts":
            start = beginning_of(value) if isinstance(value, str) else key_of(value)
            return start, start + ABOVE_ALL + ABOVE_ALL
        low, high = keys_of_type(value)
        key = key_of(value)
        return (low, key + ABOVE_ALL) if self.operator.startswith("<") else (key, high)


class Branch(NamedTuple):
    """One alternative: ids that are asked for, the partition key if it is named, and whether that is all it asks."""

    ids: Equal
    key: Equal | None
    complete: bool


class Named(NamedTuple):
    """What a query names.

    Attributes:
        branches: the alternatives of its condition; ``None`` if one of them does not name ids.
        equal, contains, compared: each of these must hold, and more may.
        order: the paths of ORDER BY, from the first in ascending order; empty if there is none that an index can give.
        backwards: whether ORDER BY wants that the other way round.
    """

    branches: tuple[Branch, ...] | None = None
    equal: tuple[Equal, ...] = ()
    contains: tuple[Contains, ...] = ()
    compared: tuple[Compared, ...] = ()
    order: Definition = ()
    backwards: bool = False


def named_in(query: nodes.Query, key_path: Path) -> Named:
    """What a query over the items themselves names; nothing for any other."""
    if len(query.sources) != 1 or query.sources[0].iterate:
        return Named()
    if not isinstance(query.sources[0].collection, nodes.Name):
        return Named()
    alias = query.sources[0].alias
    parts = [_part(item, alias) for item in query.order_by]
    order: Definition = tuple(part for part in parts if part is not None)
    if len(order) < len(parts) or query.group_by:
        order = ()
    backwards = bool(order) and order[0].descending
    if backwards:
        order = tuple(part._replace(descending=not part.descending) for part in order)
    if query.where is None:
        return Named(order=order, backwards=backwards)
    branches = [_branch(operand, alias, key_path) for operand in _operands(query.where, "OR")]
    terms = [term for operand in _operands(query.where, "AND") for term in _terms(operand, alias)]
    return Named(
        tuple(branch for branch in branches if branch) if all(branches) else None,
        _only(terms, Equal),
        _only(terms, Contains),
        _only(terms, Compared),
        order,
        backwards,
    )


def value_of(constant: Constant, parameters: dict[str, Json]) -> Json:
    """The value that a constant has; ``None`` for a parameter that is missing, which the query itself refuses."""
    return parameters.get(constant.name) if isinstance(constant, nodes.Parameter) else constant.value


def _only(terms: Iterable[object], kind: type[_Found]) -> tuple[_Found, ...]:
    return tuple(term for term in terms if isinstance(term, kind))


def _part(item: nodes.OrderItem, alias: str) -> Part | None:
    path = _path(item.expression, alias)
    return Part(path, item.descending) if path else None


def _operands(node: nodes.Expression, operator: str) -> tuple[nodes.Expression, ...]:
    return node.operands if isinstance(node, nodes.Logical) and node.operator == operator else (node,)


def _branch(node: nodes.Expression, alias: str, key_path: Path) -> Branch | None:
    ids: Equal | None = None
    key: Equal | None = None
    complete = True
    for operand in _operands(node, "AND"):
        term = _equal(operand, alias)
        if term is not None and term.path == ID and ids is None:
            ids = term
        elif (
            term is not None and term.path == key_path and key is None and len(term.constants) == 1 and not term.is_list
        ):
            key = term
        else:
            complete = False
    return None if ids is None else Branch(ids, key, complete)


def _terms(node: nodes.Expression, alias: str) -> list[Equal | Contains | Compared]:
    """The terms that a part of a condition stands for, if it is one about the item itself."""
    found = _equal(node, alias) or _contains(node, alias)
    return [found] if found is not None else _compared(node, alias)


def _equal(node: nodes.Expression, alias: str) -> Equal | None:
    is_list = False
    constants: tuple[nodes.Expression, ...]
    if isinstance(node, nodes.In):
        left, constants = node.value, node.choices
    elif isinstance(node, nodes.Binary) and node.operator == "=":
        left, constants = node.left, (node.right,)
        if _constant(left) is not None:
            left, constants = node.right, (node.left,)
    elif _is_call(node, "ARRAY_CONTAINS"):
        left, constants, is_list = node.arguments[1], node.arguments[:1], True
    else:
        return None
    path = _path(left, alias)
    known = tuple(known for constant in constants if (known := _constant(constant)) is not None)
    return Equal(path, known, is_list) if path and len(known) == len(constants) else None


def _contains(node: nodes.Expression, alias: str) -> Contains | None:
    if not _is_call(node, "ARRAY_CONTAINS"):
        return None
    path, constant = _path(node.arguments[0], alias), _constant(node.arguments[1])
    return Contains(path, constant) if path and constant is not None else None


def _compared(node: nodes.Expression, alias: str) -> list[Equal | Contains | Compared]:
    sides: list[tuple[nodes.Expression, str, nodes.Expression]] = []
    if isinstance(node, nodes.Binary) and node.operator in _MIRRORED:
        sides = [(node.left, node.operator, node.right), (node.right, _MIRRORED[node.operator], node.left)]
    elif isinstance(node, nodes.Between):
        sides = [(node.value, ">=", node.low), (node.value, "<=", node.high)]
    elif _is_call(node, "STARTSWITH"):
        sides = [(node.arguments[0], "starts", node.arguments[1])]
    return [
        Compared(path, operator, constant)
        for value, operator, limit in sides
        if (path := _path(value, alias)) and (constant := _constant(limit)) is not None
    ]


def _constant(node: nodes.Expression) -> Constant | None:
    if isinstance(node, nodes.Unary) and node.operator == "-" and isinstance(node.operand, nodes.Literal):
        return nodes.Literal(-node.operand.value) if is_number(node.operand.value) else None
    return node if isinstance(node, nodes.Parameter | nodes.Literal) else None


def _is_call(node: nodes.Expression, name: str) -> TypeGuard[nodes.FunctionCall]:
    return isinstance(node, nodes.FunctionCall) and node.name == name and len(node.arguments) == 2  # noqa: PLR2004 - the optional third changes the meaning


def _path(node: nodes.Expression, alias: str) -> Path | None:
    names: list[str] = []
    while isinstance(node, nodes.Member) and isinstance(node.key, nodes.Literal) and isinstance(node.key.value, str):
        names.append(node.key.value)
        node = node.base
    return tuple(reversed(names)) if isinstance(node, nodes.Name) and node.name == alias else None
