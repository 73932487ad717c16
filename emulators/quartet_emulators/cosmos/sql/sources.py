"""FROM and JOIN as nested loops."""

from collections.abc import Callable, Iterable, Iterator

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.expressions import compile_expression
from quartet_emulators.cosmos.sql.scope import DOCUMENTS, Environment, Evaluator, Scope
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value

Loop = Callable[[Environment], Iterator[None]]
"""Goes through rows: whenever it yields, the slots of the aliases hold the next one."""

Collection = Callable[[Environment], Iterable[Value]]


def compile_sources(sources: tuple[nodes.Source, ...], scope: Scope) -> Loop:
    """The loop over all combinations of the sources; one row if there is none.

    Raises:
        CosmosError: 400 for a name that means nothing here, or an alias that is used twice.
    """
    loop: Loop = _one_row
    for source in sources:
        loop = _nested(loop, *_source(source, scope))
    return loop


def _one_row(_env: Environment) -> Iterator[None]:
    yield None


def _source(source: nodes.Source, scope: Scope) -> tuple[int, Collection]:
    """The slot of a source's alias, and what to loop over."""
    collection = source.collection
    if isinstance(collection, nodes.Subquery):
        rows = scope.slots.compile_subquery(collection, scope)
        return scope.bind(source.alias), _elements_of_rows(rows) if source.iterate else rows
    root: nodes.Expression = collection
    while isinstance(root, nodes.Member):
        root = root.base
    if not isinstance(root, nodes.Name) or scope.find(root.name) is not None:
        value = compile_expression(collection, scope)
        return scope.bind(source.alias), _elements(value) if source.iterate else _itself(value)
    if not scope.reads_container:
        raise bad_request(f"Identifier '{root.name}' could not be resolved.")
    if root is collection and not source.iterate:
        return scope.bind(source.alias), lambda env: env[DOCUMENTS]
    hidden = Scope(scope.slots)
    slot = hidden.bind(root.name)
    path = compile_expression(collection, hidden)
    inner = _elements(path) if source.iterate else _itself(path)

    def over_documents(env: Environment) -> Iterator[Value]:
        for document in env[DOCUMENTS]:
            env[slot] = document
            yield from inner(env)

    return scope.bind(source.alias), over_documents


def _elements(value: Evaluator) -> Collection:
    def elements(env: Environment) -> Iterable[Value]:
        found = value(env)
        return found if type(found) is list else ()

    return elements


def _elements_of_rows(rows: Collection) -> Collection:
    """The elements of each array among the rows; what is not an array is ignored, as the page FROM says."""

    def elements(env: Environment) -> Iterator[Value]:
        for row in rows(env):
            if type(row) is list:
                yield from row

    return elements


def _itself(value: Evaluator) -> Collection:
    def itself(env: Environment) -> Iterable[Value]:
        found = value(env)
        return () if found is UNDEFINED else (found,)

    return itself


def _nested(outer: Loop, slot: int, collection: Collection) -> Loop:
    def loop(env: Environment) -> Iterator[None]:
        for _ in outer(env):
            for value in collection(env):
                env[slot] = value
                yield None

    return loop
