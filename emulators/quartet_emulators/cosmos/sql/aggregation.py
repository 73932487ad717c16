"""GROUP BY: the rows of the groups, and what may be selected from them."""

from collections.abc import Iterator

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.accumulators import ACCUMULATORS, Accumulator
from quartet_emulators.cosmos.sql.functions.supported import AGGREGATES
from quartet_emulators.cosmos.sql.scope import Aggregate, Environment, Evaluator
from quartet_emulators.cosmos.sql.sources import Loop
from quartet_emulators.cosmos.sql.values import Value, identity


def aggregate_rows(loop: Loop, keys: list[Evaluator], aggregates: list[Aggregate]) -> Loop:
    """One row per group, in the order in which groups first appear; without keys, one row even for no input.

    While the row of a group is visited, the aliases hold the first row that fell into it.
    """

    def grouped(env: Environment) -> Iterator[None]:
        groups: dict[tuple[str, ...], tuple[Environment, list[Accumulator]]] = {}
        for _ in loop(env):
            key = tuple(identity(evaluate(env)) for evaluate in keys)
            if key not in groups:
                groups[key] = (env.copy(), [ACCUMULATORS[aggregate.name]() for aggregate in aggregates])
            for aggregate, accumulator in zip(aggregates, groups[key][1], strict=True):
                accumulator.add(aggregate.argument(env))
        if not groups and not keys:
            groups[()] = (env.copy(), [ACCUMULATORS[aggregate.name]() for aggregate in aggregates])
        for first_row, accumulators in groups.values():
            env[:] = first_row
            for aggregate, accumulator in zip(aggregates, accumulators, strict=True):
                env[aggregate.slot] = accumulator.result()
            yield None

    return grouped


def check_grouping(query: nodes.Query, aggregates: list[Aggregate]) -> None:
    """An item beside aggregates must be a group key.

    Raises:
        CosmosError: 400, if a path is selected that is neither grouped nor aggregated, and for
            aggregates over the groups of a sub-query: the service would aggregate the groups of each partition.
    """
    if aggregates and any(_is_grouped_subquery(source.collection) for source in query.sources):
        raise bad_request("Queries with an aggregate function and a subquery with GROUP BY are not supported.")
    if query.items is None:
        raise bad_request("'SELECT *' cannot be combined with GROUP BY.")
    aliases = {source.alias for source in query.sources}
    for item in query.items:
        if not _is_grouped(item.expression, query.group_by, aliases):
            raise bad_request(
                "Property reference is invalid in the select list: it is neither in an aggregate nor in GROUP BY."
            )


def _is_grouped_subquery(collection: nodes.Expression) -> bool:
    return isinstance(collection, nodes.Subquery) and bool(collection.query.group_by)


def _is_grouped(node: Value, keys: tuple[nodes.Expression, ...], aliases: set[str]) -> bool:
    if node in keys or (isinstance(node, nodes.FunctionCall) and node.name in AGGREGATES):
        return True
    if isinstance(node, nodes.Name):
        return node.name not in aliases
    if isinstance(node, nodes.Subquery):
        return True
    return all(_is_grouped(child, keys, aliases) for child in nodes.children(node))
