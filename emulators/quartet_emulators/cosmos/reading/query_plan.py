"""Query plans: how clients answer a query from the ranges of a container with several physical partitions.

Only the client merges rows, as in the service: it gets a plan, sends a rewritten query to each range, and merges.
"""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Final

from quartet_emulators.cosmos import charges
from quartet_emulators.cosmos.errors import QUERY_NEEDS_PLAN, CosmosError, bad_request
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import Json, encode, encode_text
from quartet_emulators.cosmos.reading.condition_ranges import EVERYTHING, NOTHING, key_ranges
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.compile import CompiledQuery
from quartet_emulators.cosmos.sql.rewriting import Rewritten, has_aggregates, rewritten
from quartet_emulators.cosmos.sql.select import MAX_TOP, checked_count
from quartet_emulators.cosmos.sql.unparse import unparse, unparse_expression

SUPPORTED_FEATURES: Final = "x-ms-cosmos-supported-query-features"
_MERGES_NOTHING: Final[dict[str, Json]] = {
    "distinctType": "None",
    "top": None,
    "offset": None,
    "limit": None,
    "orderBy": [],
    "orderByExpressions": [],
    "groupByExpressions": [],
    "groupByAliases": [],
    "aggregates": [],
    "groupByAliasToAggregateType": {},
    "rewrittenQuery": "",
    "hasSelectValue": False,
    "hasNonStreamingOrderBy": False,
}
_NOT_SERVED: Final = (
    "The query cannot be answered as a whole: its rows come from several physical partitions and have to be merged. "
    "Ask for its plan. SDKs do so themselves."
)


def plan_answer(query: CompiledQuery, parameters: dict[str, Json], container: Container, call: Call) -> Answer:
    """The plan of a query. Over one range, each query is answered as a whole, and there is nothing to merge.

    Raises:
        CosmosError: 400 for a query that the service refuses over several partitions, or that needs what the client
            does not say that it can do.
    """
    if len(container.partitions.all) == 1:
        plan = _plan({}, [EVERYTHING])
    else:
        plan, features = _merging_plan(query, parameters, container)
        _check_features(features, call.headers.get(SUPPORTED_FEATURES))
    return Answer(HTTPStatus.OK, encode(plan), {"x-ms-request-charge": str(charges.METADATA)})


def refuse_to_merge(query: CompiledQuery, parameters: dict[str, Json], container: Container) -> None:
    """Refuse a query that only a client can merge. It is one even if its condition leads to a single partition.

    Raises:
        CosmosError: 400 with sub-status 1004, and the plan for clients that do not ask for it; or as `plan_answer`.
    """
    if not query.needs_all_documents:
        return
    plan, _ = _merging_plan(query, parameters, container)
    if plan["queryInfo"] != _MERGES_NOTHING:
        raise CosmosError(HTTPStatus.BAD_REQUEST, _NOT_SERVED, substatus=QUERY_NEEDS_PLAN, additional=encode_text(plan))


def _merging_plan(
    query: CompiledQuery, parameters: dict[str, Json], container: Container
) -> tuple[Json, tuple[str, ...]]:
    """The plan, and the features that it needs a client to have."""
    tree = query.query
    if not tree.sources:
        return _plan({}, [NOTHING]), ()
    ranges = key_ranges(tree, parameters, container)
    if _is_only_cut(tree) and len(ranges) == 1 and ranges[0]["isMaxInclusive"]:
        return _plan({}, ranges), ()
    top, offset, limit = (_number(count, parameters) for count in (tree.top, tree.offset, tree.limit))
    needed = top
    if offset is not None and limit is not None:
        needed = min(offset + limit, MAX_TOP)
    done = rewritten(tree, needed)
    info = {
        "distinctType": done.distinct,
        "top": top,
        "offset": offset,
        "limit": limit,
        "orderBy": ["Descending" if item.descending else "Ascending" for item in done.order_by],
        "orderByExpressions": [unparse_expression(item.expression) for item in done.order_by],
        "groupByExpressions": [unparse_expression(expression) for expression in done.group_by],
        "groupByAliases": [name for name, _ in done.columns],
        "aggregates": [] if done.aggregate is None else [done.aggregate],
        "groupByAliasToAggregateType": dict(done.columns),
        "rewrittenQuery": "" if done.query is None else unparse(done.query),
        "hasSelectValue": tree.value,
    }
    if done.counted is not None:
        info["dCountInfo"] = {"dCountAlias": done.counted}
    features = tuple(_features(done, is_top=top is not None, is_offset=offset is not None))
    return _plan(info, ranges), features


def _is_only_cut(query: nodes.Query) -> bool:
    """Whether OFFSET and LIMIT are all that is done with rows: those of one partition key need no client for that."""
    merges = query.distinct or query.top or query.order_by or query.group_by or has_aggregates(query)
    return query.offset is not None and not merges


def _number(count: nodes.Expression | None, parameters: dict[str, Json]) -> int | None:
    if count is None:
        return None
    if isinstance(count, nodes.Parameter):
        return checked_count(parameters.get(count.name))
    return checked_count(count.value if isinstance(count, nodes.Literal) else None)


def _features(done: Rewritten, *, is_top: bool, is_offset: bool) -> Iterator[str]:
    """The names that clients have for what they have to do."""
    merged = [operator for _, operator in done.columns if operator is not None]
    operators = {*merged, done.aggregate}
    wanted = {
        "Aggregate": done.aggregate is not None,
        "CompositeAggregate": "Average" in operators,
        "CountIf": "CountIf" in operators,
        "DCount": done.counted is not None,
        "Distinct": done.distinct != "None",
        "GroupBy": bool(done.group_by),
        "ListAndSetAggregate": not operators.isdisjoint({"MakeList", "MakeSet"}),
        "MultipleAggregates": len(merged) > 1,
        "MultipleOrderBy": len(done.order_by) > 1,
        "NonValueAggregate": bool(merged),
        "OffsetAndLimit": is_offset,
        "OrderBy": bool(done.order_by),
        "Top": is_top,
    }
    return (name for name, is_wanted in wanted.items() if is_wanted)


def _check_features(wanted: Iterable[str], header: str | None) -> None:
    """Refuse a plan that a client says it cannot carry out; one that says nothing gets it."""
    if header is None:
        return
    known = {name.strip() for name in header.split(",")}
    missing = [name for name in wanted if name not in known]
    if missing:
        raise bad_request(
            "Query contains 1 or more unsupported features. Upgrade your SDK to a version that does support the "
            "requested features: "
            + " ".join(f"Query contained {name}, which the calling client does not support." for name in missing)
        )


def _plan(info: dict[str, Json], ranges: list[dict[str, Json]]) -> dict[str, Json]:
    return {
        "partitionedQueryExecutionInfoVersion": 2,
        "queryInfo": _MERGES_NOTHING | info,
        "queryRanges": ranges,
    }
