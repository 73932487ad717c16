"""Queries, compiled once and run often."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.expressions import compile_expression
from quartet_emulators.cosmos.sql.parser import parse_condition, parse_query
from quartet_emulators.cosmos.sql.scope import Environment, Evaluator, Scope, Slots
from quartet_emulators.cosmos.sql.select import compile_select, compile_subquery
from quartet_emulators.cosmos.sql.values import Value

_CACHED_QUERIES: Final = 1024
_CACHED_TEXT: Final = 64 * 1024


class CompiledQuery:
    """A query that is ready to run, any number of times, with any parameters."""

    def __init__(self, query: nodes.Query) -> None:
        self.query = query
        self._slots = Slots(compile_subquery)
        scope = Scope(self._slots)
        self._rows = compile_select(query, scope)
        self.reads_documents = self._slots.reads_documents or query.items is None
        """Whether the result depends on what is in the documents, and not only on how many there are."""
        self.needs_all_documents = bool(
            query.distinct or query.top or query.order_by or query.offset or scope.is_grouped
        )
        """Whether the results of parts of the documents have to be merged into the result of all."""
        self.is_row_per_document = not self.needs_all_documents and _has_one_source(query)
        """Whether each document gives at most one row, in order: a page can then continue after a document."""
        self.predicate = _filter(query, scope) if self.is_row_per_document and query.items is None else None
        """For ``SELECT * FROM c [WHERE ...]``: whether a document is in the result, by :meth:`matcher`."""
        self.plans: dict[tuple[str, ...], Value] = {}
        """Kept here for the choice of the items to look at, by the path of the partition key."""
        self._unsorted: CompiledQuery | None = None

    def unsorted(self) -> "CompiledQuery":
        """The same query without ORDER BY, for documents that come in its order."""
        if self._unsorted is None:
            self._unsorted = CompiledQuery(replace(self.query, order_by=()))
        return self._unsorted

    def rows(self, documents: Iterable[Value], parameters: dict[str, Value], now: float) -> Iterator[Value]:
        """The result, lazily. The documents are consumed as far as rows are taken.

        Raises:
            CosmosError: 400, if a parameter has no value.
        """
        return self._rows(self._environment(documents, parameters, now))

    def matcher(self, parameters: dict[str, Value], now: float) -> Callable[[Value], bool] | None:
        """The test of one document, of a query with a :attr:`predicate`; ``None`` if all match.

        Raises:
            CosmosError: 400, if a parameter has no value.
        """
        if self.predicate is None:
            return None
        env = self._environment((), parameters, now)
        slot, condition = self.predicate

        def matches(document: Value) -> bool:
            env[slot] = document
            return condition(env) is True

        return matches

    def _environment(self, documents: Iterable[Value], parameters: dict[str, Value], now: float) -> Environment:
        missing = self._slots.parameters - parameters.keys()
        if missing:
            raise bad_request(f"The query uses parameters that have no value: {', '.join(sorted(missing))}.")
        return self._slots.environment(parameters, documents, now)


@lru_cache(maxsize=_CACHED_QUERIES)
def _compiled_and_kept(text: str) -> CompiledQuery:
    return _compile(parse_query, text)


def compiled(text: str) -> CompiledQuery:
    """Compile a query, or find it compiled already.

    Raises:
        CosmosError: 400 for a query that is wrong, or needs what the emulator does not have.
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


def _has_one_source(query: nodes.Query) -> bool:
    return (
        len(query.sources) == 1 and not query.sources[0].iterate and isinstance(query.sources[0].collection, nodes.Name)
    )


def _filter(query: nodes.Query, scope: Scope) -> tuple[int, Evaluator] | None:
    """The slot to put a document into, and the condition on it."""
    if query.where is None:
        return None
    return scope.aliases[query.sources[0].alias], compile_expression(query.where, scope)
