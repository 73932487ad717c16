"""Queries to generators: FROM and JOIN as nested loops, then filter, group, sort, project, cut."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from emulators.cosmos.errors import bad_request
from emulators.cosmos.sql import nodes
from emulators.cosmos.sql.aggregation import aggregate_rows, check_grouping
from emulators.cosmos.sql.expressions import compile_expression, register_subquery_compiler
from emulators.cosmos.sql.parser import parse_condition, parse_query
from emulators.cosmos.sql.scope import DOCUMENTS, Environment, Evaluator, Scope, Slots
from emulators.cosmos.sql.values import UNDEFINED, identity, sort_key

Rows = Callable[[Environment], Iterator[Any]]
Loop = Callable[[Environment], Iterator[None]]
_CACHED_QUERIES: Final = 1024
_CACHED_TEXT: Final = 64 * 1024
MAX_TOP: Final = 2**31


class CompiledQuery:
    """A query that is ready to run, any number of times, with any parameters."""

    def __init__(self, query: nodes.Query) -> None:
        self.query = query
        self._slots = Slots()
        scope = Scope(self._slots)
        self._rows = _compile_select(query, scope)
        self.reads_documents = self._slots.reads_documents or query.items is None
        """Whether the result depends on what is in the documents, and not only on how many there are."""
        self.is_row_per_document = _is_row_per_document(query)
        """Whether each document gives at most one row, in order: a page can then go on after a document."""
        self.predicate = self._filter(query) if self.is_row_per_document and query.items is None else None
        """For ``SELECT * FROM c [WHERE ...]``: whether a document is in the result, by :meth:`matcher`."""
        self.plans: dict[tuple[str, ...], Any] = {}
        """Kept here for the choice of the items to look at, by the path of the partition key."""

    def rows(self, documents: Iterable[Any], parameters: dict[str, Any], now: float) -> Iterator[Any]:
        """The result, lazily. The documents are consumed as far as rows are taken.

        Raises:
            CosmosError: 400, if a parameter has no value.
        """
        return self._rows(self._environment(documents, parameters, now))

    def matcher(self, parameters: dict[str, Any], now: float) -> Callable[[Any], bool] | None:
        """The test of one document, of a query with a :attr:`predicate`; ``None`` if all match.

        Raises:
            CosmosError: 400, if a parameter has no value.
        """
        if self.predicate is None:
            return None
        env = self._environment((), parameters, now)
        slot, condition = self.predicate

        def matches(document: Any) -> bool:
            env[slot] = document
            return condition(env) is True

        return matches

    def _environment(self, documents: Iterable[Any], parameters: dict[str, Any], now: float) -> Environment:
        missing = self._slots.parameters - parameters.keys()
        if missing:
            raise bad_request(f"The query uses parameters that have no value: {', '.join(sorted(missing))}.")
        return self._slots.environment(parameters, documents, now)

    def _filter(self, query: nodes.Query) -> tuple[int, Evaluator] | None:
        if query.where is None:
            return None
        scope = Scope(self._slots)
        slot = scope.bind(query.sources[0].alias)
        return slot, compile_expression(query.where, scope)


@lru_cache(maxsize=_CACHED_QUERIES)
def _compiled_and_kept(text: str) -> CompiledQuery:
    return _compile(parse_query, text)


def compiled(text: str) -> CompiledQuery:
    """Compile a query, or find it compiled already.

    Raises:
        CosmosError: 400 for a query that is wrong, 501 for one that needs what the emulator does not have.
    """
    return _compiled_and_kept(text) if len(text) <= _CACHED_TEXT else _compile(parse_query, text)


@lru_cache(maxsize=_CACHED_QUERIES)
def compiled_condition(text: str) -> CompiledQuery:
    """Compile the condition of a patch, or find it compiled already.

    Raises:
        CosmosError: 400 for wrong syntax.
    """
    return _compile(parse_condition, text)


def _compile(parse: Callable[[str], nodes.Query], text: str) -> CompiledQuery:
    try:
        return CompiledQuery(parse(text))
    except RecursionError:
        raise bad_request("The query is nested too deeply.") from None


def _is_row_per_document(query: nodes.Query) -> bool:
    return (
        len(query.sources) == 1
        and not query.sources[0].iterate
        and isinstance(query.sources[0].collection, nodes.Name)
        and not (query.distinct or query.top or query.group_by or query.order_by or query.offset)
        and not _has_aggregates(query)
    )


def _has_aggregates(query: nodes.Query) -> bool:
    scope = Scope(Slots())
    for source in query.sources:
        scope.bind(source.alias)
    scope.aggregates = []
    for item in query.items or ():
        compile_expression(item.expression, scope)
    return bool(scope.aggregates)


def _compile_select(query: nodes.Query, scope: Scope) -> Rows:
    loop = _loops(query.sources, scope)
    if query.where is not None:
        loop = _filtered(loop, compile_expression(query.where, scope))
    scope.aggregates = []
    project = _projection(query, scope)
    aggregates, scope.aggregates = scope.aggregates, None
    keys = [compile_expression(expression, scope) for expression in query.group_by]
    if keys or aggregates:
        check_grouping(query)
        loop = aggregate_rows(loop, keys, aggregates)
    rows = _ordered(loop, project, query.order_by, scope) if query.order_by else _projected(loop, project)
    if query.distinct:
        rows = _distinct(rows)
    if query.offset is not None and query.limit is not None:
        rows = _cut(rows, compile_expression(query.offset, scope), compile_expression(query.limit, scope))
    if query.top is not None:
        rows = _cut(rows, None, compile_expression(query.top, scope))
    return rows


def _loops(sources: tuple[nodes.Source, ...], scope: Scope) -> Loop:
    loop = _one_row
    for source in sources:
        loop = _nested(loop, *_source(source, scope))
    return loop


def _one_row(_env: Environment) -> Iterator[None]:
    yield None


def _source(source: nodes.Source, scope: Scope) -> tuple[int, Callable[[Environment], Iterable[Any]]]:
    """The slot of a source's alias, and what to loop over."""
    collection = source.collection
    root = collection
    while isinstance(root, nodes.Member):
        root = root.base
    if not isinstance(root, nodes.Name) or scope.find(root.name) is not None:
        value = compile_expression(collection, scope)
        return scope.bind(source.alias), _elements(value) if source.iterate else _itself(value)
    if scope.aliases or scope.outer is not None:
        raise bad_request(f"Identifier '{root.name}' could not be resolved.")
    if root is collection and not source.iterate:
        return scope.bind(source.alias), lambda env: env[DOCUMENTS]
    hidden = Scope(scope.slots)
    slot = hidden.bind(root.name)
    path = compile_expression(collection, hidden)
    inner = _elements(path) if source.iterate else _itself(path)

    def over_documents(env: Environment) -> Iterator[Any]:
        for document in env[DOCUMENTS]:
            env[slot] = document
            yield from inner(env)

    return scope.bind(source.alias), over_documents


def _elements(value: Evaluator) -> Callable[[Environment], Iterable[Any]]:
    def elements(env: Environment) -> Iterable[Any]:
        found = value(env)
        return found if type(found) is list else ()

    return elements


def _itself(value: Evaluator) -> Callable[[Environment], Iterable[Any]]:
    def itself(env: Environment) -> Iterable[Any]:
        found = value(env)
        return () if found is UNDEFINED else (found,)

    return itself


def _nested(outer: Loop, slot: int, collection: Callable[[Environment], Iterable[Any]]) -> Loop:
    def loop(env: Environment) -> Iterator[None]:
        for _ in outer(env):
            for value in collection(env):
                env[slot] = value
                yield None

    return loop


def _filtered(loop: Loop, condition: Evaluator) -> Loop:
    def filtered(env: Environment) -> Iterator[None]:
        for _ in loop(env):
            if condition(env) is True:
                yield None

    return filtered


def _projection(query: nodes.Query, scope: Scope) -> Evaluator:
    if query.items is None:
        if len(query.sources) != 1:
            raise bad_request("'SELECT *' is only valid with a single input set.")
        return compile_expression(nodes.Name(query.sources[0].alias), scope)
    if query.value:
        return compile_expression(query.items[0].expression, scope)
    named = [(name, compile_expression(expression, scope)) for name, expression in _named(query.items)]

    def project(env: Environment) -> Any:
        row = {}
        for name, evaluate in named:
            value = evaluate(env)
            if value is not UNDEFINED:
                row[name] = value
        return row

    return project


def _named(items: tuple[nodes.SelectItem, ...]) -> Iterator[tuple[str, nodes.Expression]]:
    """Each output property with its alias, the last name of its path, or ``$1``, ``$2``, ..."""
    unnamed = 0
    used: set[str] = set()
    for item in items:
        name = item.alias
        if name is None and isinstance(item.expression, nodes.Name):
            name = item.expression.name
        if name is None and isinstance(item.expression, nodes.Member):
            key = item.expression.key
            name = key.value if isinstance(key, nodes.Literal) and isinstance(key.value, str) else None
        if name is None:
            unnamed += 1
            name = f"${unnamed}"
        if name in used:
            raise bad_request(f"The output property '{name}' is defined more than once: use AS.")
        used.add(name)
        yield name, item.expression


def _projected(loop: Loop, project: Evaluator) -> Rows:
    def rows(env: Environment) -> Iterator[Any]:
        for _ in loop(env):
            row = project(env)
            if row is not UNDEFINED:
                yield row

    return rows


def _ordered(loop: Loop, project: Evaluator, items: tuple[nodes.OrderItem, ...], scope: Scope) -> Rows:
    keys = [(compile_expression(item.expression, scope), item.descending) for item in items]

    def rows(env: Environment) -> Iterator[Any]:
        found: list[tuple[list[Any], Any]] = []
        for _ in loop(env):
            row = project(env)
            if row is not UNDEFINED:
                found.append(([sort_key(key(env)) for key, _ in keys], row))
        for position in range(len(keys) - 1, -1, -1):
            found.sort(key=lambda entry, at=position: entry[0][at], reverse=keys[position][1])
        for _, row in found:
            yield row

    return rows


def _distinct(rows: Rows) -> Rows:
    def distinct(env: Environment) -> Iterator[Any]:
        seen: set[str] = set()
        for row in rows(env):
            key = identity(row)
            if key not in seen:
                seen.add(key)
                yield row

    return distinct


def _cut(rows: Rows, offset: Evaluator | None, limit: Evaluator) -> Rows:
    def cut(env: Environment) -> Iterator[Any]:
        start = 0 if offset is None else _count(offset(env))
        return islice(rows(env), start, start + _count(limit(env)))

    return cut


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_TOP:
        raise bad_request("TOP, OFFSET and LIMIT need a whole number that is not negative.")
    return value


def _subquery(node: nodes.Subquery, scope: Scope) -> Evaluator:
    inner = Scope(scope.slots, scope)
    rows = _compile_select(node.query, inner)
    if node.kind == "EXISTS":
        return lambda env: next(rows(env), UNDEFINED) is not UNDEFINED
    if node.kind == "ARRAY":
        return lambda env: list(rows(env))
    return lambda env: next(rows(env), UNDEFINED)


register_subquery_compiler(_subquery)
