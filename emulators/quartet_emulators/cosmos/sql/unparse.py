"""Trees back to query text, for the queries that clients send to single ranges: parsed again, it gives the same tree.

Brackets stand where the service writes them: around every operation, but not within chains of operators.
"""

import json
import re
from collections.abc import Callable, Iterable
from math import isinf, isnan
from typing import Final

from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.expression_parser import BINDING
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value

_PLAIN_NAME: Final = re.compile(r"[^\W\d]\w*")
_WORDS: Final = {None: "null", True: "true", False: "false", UNDEFINED: "undefined"}
_LOOSEST: Final = -1
_HAS_SUFFIXES: Final = (nodes.Name, nodes.Member, nodes.Parameter, nodes.FunctionCall)


def unparse(query: nodes.Query, separator: str = "\n") -> str:
    """The text of a query, with this separator between its clauses."""
    clauses = [_select(query)]
    for number, source in enumerate(query.sources):
        clauses.append(f"{'JOIN' if number else 'FROM'} {_source(source, number)}")
    if query.where is not None:
        clauses.append(f"WHERE {unparse_expression(query.where)}")
    if query.group_by:
        clauses.append(f"GROUP BY {_list(query.group_by)}")
    if query.order_by:
        clauses.append(f"ORDER BY {', '.join(map(_order_item, query.order_by))}")
    if query.offset is not None and query.limit is not None:
        clauses.append(f"OFFSET {unparse_expression(query.offset)} LIMIT {unparse_expression(query.limit)}")
    return separator.join(clauses)


def unparse_expression(node: nodes.Expression) -> str:
    """The text of an expression, in brackets if it has parts that could be torn apart."""
    return _WRITERS[type(node)](node)


def _select(query: nodes.Query) -> str:
    words = ["SELECT"]
    if query.distinct:
        words.append("DISTINCT")
    if query.top is not None:
        words.append(f"TOP {unparse_expression(query.top)}")
    if query.value:
        words.append("VALUE")
    words.append("*" if query.items is None else ", ".join(map(_select_item, query.items)))
    return " ".join(words)


def _select_item(item: nodes.SelectItem) -> str:
    text = unparse_expression(item.expression)
    return text if item.alias is None else f"{text} AS {item.alias}"


def _order_item(item: nodes.OrderItem) -> str:
    text = unparse_expression(item.expression)
    return f"{text} DESC" if item.descending else text


def _source(source: nodes.Source, number: int) -> str:
    text = unparse_expression(source.collection)
    if source.iterate:
        return f"{source.alias} IN {text}"
    has_name = source.collection == nodes.Name(source.alias) or source.alias == f"${number}"
    return text if has_name else f"{text} AS {source.alias}"


def _list(expressions: Iterable[nodes.Expression]) -> str:
    return ", ".join(map(unparse_expression, expressions))


def _literal(node: nodes.Literal) -> str:
    value: Value = node.value
    if type(value) is str:
        return json.dumps(value)
    if type(value) is float and (isnan(value) or isinf(value)):
        return "NaN" if isnan(value) else "Infinity"
    return repr(value) if type(value) in {int, float} else _WORDS[value]


def _name(node: nodes.Parameter | nodes.Name) -> str:
    return node.name


def _member(node: nodes.Member) -> str:
    base = unparse_expression(node.base)
    if not isinstance(node.base, _HAS_SUFFIXES) and not base.startswith("("):
        base = f"({base})"
    key = node.key.value if isinstance(node.key, nodes.Literal) else None
    if type(key) is str and _PLAIN_NAME.fullmatch(key):
        return f"{base}.{key}"
    return f"{base}[{unparse_expression(node.key)}]"


def _unary(node: nodes.Unary) -> str:
    space = " " if node.operator == "NOT" else ""
    return f"({node.operator}{space}{unparse_expression(node.operand)})"


def _binary(node: nodes.Binary) -> str:
    return f"({_chain(node)})"


def _chain(node: nodes.Binary) -> str:
    level = BINDING.get(node.operator, _LOOSEST)
    return f"{_in_chain(node.left, level)} {node.operator} {_in_chain(node.right, level + 1)}"


def _in_chain(node: nodes.Expression, loosest: int) -> str:
    """An operand without brackets if it is an operation that binds at least that tightly."""
    if isinstance(node, nodes.Binary) and BINDING.get(node.operator, _LOOSEST) >= loosest:
        return _chain(node)
    return unparse_expression(node)


def _logical(node: nodes.Logical) -> str:
    return f"({f' {node.operator} '.join(map(unparse_expression, node.operands))})"


def _in(node: nodes.In) -> str:
    return f"({unparse_expression(node.value)} IN ({_list(node.choices)}))"


def _between(node: nodes.Between) -> str:
    value, low, high = map(unparse_expression, (node.value, node.low, node.high))
    return f"({value} BETWEEN {low} AND {high})"


def _like(node: nodes.Like) -> str:
    escape = "" if node.escape is None else f" ESCAPE {json.dumps(node.escape)}"
    return f"({unparse_expression(node.value)} LIKE {unparse_expression(node.pattern)}{escape})"


def _conditional(node: nodes.Conditional) -> str:
    condition, then, otherwise = map(unparse_expression, (node.condition, node.then, node.otherwise))
    return f"({condition} ? {then} : {otherwise})"


def _function_call(node: nodes.FunctionCall) -> str:
    return f"{node.name}({_list(node.arguments)})"


def _array(node: nodes.ArrayLiteral) -> str:
    return f"[{_list(node.elements)}]"


def _object(node: nodes.ObjectLiteral) -> str:
    return f"{{{', '.join(f'{json.dumps(name)}: {unparse_expression(value)}' for name, value in node.members)}}}"


def _subquery(node: nodes.Subquery) -> str:
    kind = node.kind if node.kind in {"EXISTS", "ARRAY"} else ""
    return f"{kind}({unparse(node.query, ' ')})"


_WRITERS: Final[dict[type, Callable[[Value], str]]] = {
    nodes.Literal: _literal,
    nodes.Parameter: _name,
    nodes.Name: _name,
    nodes.Member: _member,
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.Logical: _logical,
    nodes.In: _in,
    nodes.Between: _between,
    nodes.Like: _like,
    nodes.Conditional: _conditional,
    nodes.FunctionCall: _function_call,
    nodes.ArrayLiteral: _array,
    nodes.ObjectLiteral: _object,
    nodes.Subquery: _subquery,
}
