"""Queries to generators: loop over the sources, filter, group, project, sort, cut."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.aggregation import aggregate_rows, check_grouping
from quartet_emulators.cosmos.sql.expressions import compile_expression
from quartet_emulators.cosmos.sql.ordering import ordered, sort_keys
from quartet_emulators.cosmos.sql.projection import compile_projection
from quartet_emulators.cosmos.sql.scope import Environment, Evaluator, Rows, Scope
from quartet_emulators.cosmos.sql.sources import Loop, compile_sources
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, identity

MAX_TOP: Final = 2**31


def compile_select(query: nodes.Query, scope: Scope) -> Rows:
    """Compile a query or sub-query.

    Raises:
        CosmosError: 400 for a query that is wrong, or needs what the emulator does not have.
    """
    loop = compile_sources(query.sources, scope)
    if query.where is not None:
        loop = _filtered(loop, compile_expression(query.where, scope))
    sorted_by = sort_keys(query, scope)
    scope.aggregates = []
    project = compile_projection(query, scope)
    aggregates, scope.aggregates = scope.aggregates, None
    scope.is_grouped = bool(aggregates or query.group_by)
    keys = [compile_expression(expression, scope) for expression in query.group_by]
    if scope.is_grouped:
        check_grouping(query, aggregates)
        loop = aggregate_rows(loop, keys, aggregates)
    rows = ordered(loop, project, sorted_by) if sorted_by else _projected(loop, project)
    if query.distinct:
        rows = _distinct(rows)
    if query.offset is not None and query.limit is not None:
        rows = _cut(rows, compile_expression(query.offset, scope), compile_expression(query.limit, scope))
    if query.top is not None:
        rows = _cut(rows, None, compile_expression(query.top, scope))
    return rows


def _filtered(loop: Loop, condition: Evaluator) -> Loop:
    def filtered(env: Environment) -> Iterator[None]:
        for _ in loop(env):
            if condition(env) is True:
                yield None

    return filtered


def _projected(loop: Loop, project: Evaluator) -> Rows:
    def rows(env: Environment) -> Iterator[Value]:
        for _ in loop(env):
            row = project(env)
            if row is not UNDEFINED:
                yield row

    return rows


def _distinct(rows: Rows) -> Rows:
    def distinct(env: Environment) -> Iterator[Value]:
        seen: set[str] = set()
        for row in rows(env):
            key = identity(row)
            if key not in seen:
                seen.add(key)
                yield row

    return distinct


def _cut(rows: Rows, offset: Evaluator | None, limit: Evaluator) -> Rows:
    def cut(env: Environment) -> Iterator[Value]:
        start = 0 if offset is None else checked_count(offset(env))
        return islice(rows(env), start, start + checked_count(limit(env)))

    return cut


def checked_count(value: Value) -> int:
    """The number of rows in TOP, OFFSET or LIMIT.

    Raises:
        CosmosError: 400 for anything but a whole number that is not negative.
    """
    if type(value) is not int or not 0 <= value <= MAX_TOP:
        raise bad_request("TOP, OFFSET and LIMIT need a whole number that is not negative.")
    return value


def compile_subquery(node: nodes.Subquery, scope: Scope) -> Evaluator:
    """Compile a query in brackets to what it is worth as an expression, or in FROM to its rows.

    Raises:
        CosmosError: 400 for a query that is wrong, and for ORDER BY and OFFSET LIMIT, which the service has at the top.
    """
    if node.query.order_by:
        raise bad_request("'ORDER BY' is not supported in subqueries.")
    if node.query.offset is not None:
        raise bad_request("'OFFSET LIMIT' is not supported in subqueries.")
    inner = Scope(scope.slots, scope, sees_container=node.kind == "ROWS" and scope.reads_container)
    rows = compile_select(node.query, inner)
    if node.kind == "ROWS":
        return rows
    if node.kind == "EXISTS":
        return lambda env: next(rows(env), UNDEFINED) is not UNDEFINED
    if node.kind == "ARRAY":
        return lambda env: list(rows(env))
    return lambda env: next(rows(env), UNDEFINED)
