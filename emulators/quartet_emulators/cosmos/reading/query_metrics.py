"""What a query says about itself when its client asks: what it has looked at, and which indexes it uses or lacks.

Sources: "SQL query metrics for Azure Cosmos DB" and "Indexing metrics in Azure Cosmos DB". Only the time of a
whole page is measured here. Its parts, such as the look-up in an index, are not told apart: they are 0.00.
"""

import base64
from typing import Final, NamedTuple

from quartet_emulators.cosmos.json_text import Json, encode
from quartet_emulators.cosmos.reading.conditions import named_in
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.sql.compile import CompiledQuery
from quartet_emulators.cosmos.storage.index_keys import Definition, Part

QUERY_METRICS: Final = "x-ms-documentdb-query-metrics"
INDEX_METRICS: Final = "x-ms-cosmos-index-utilization"
_NOT_MEASURED: Final = (
    "queryCompileTimeInMs",
    "queryLogicalPlanBuildTimeInMs",
    "queryPhysicalPlanBuildTimeInMs",
    "queryOptimizationTimeInMs",
    "VMExecutionTimeInMs",
    "indexLookupTimeInMs",
    "documentLoadTimeInMs",
    "systemFunctionExecuteTimeInMs",
    "userFunctionExecuteTimeInMs",
    "writeOutputTimeInMs",
)


class Work(NamedTuple):
    """What one page took.

    Attributes:
        seconds: its time.
        retrieved: items whose documents were read.
        retrieved_bytes: their size.
        rows: rows in the page.
        row_bytes: their size.
    """

    seconds: float
    retrieved: int
    retrieved_bytes: int
    rows: int
    row_bytes: int


def query_metrics(work: Work) -> str:
    """The value of the header with the metrics of a page."""
    ratio = min(1.0, work.rows / work.retrieved) if work.retrieved else 1.0
    entries = {
        "totalExecutionTimeInMs": f"{work.seconds * 1000:.2f}",
        **dict.fromkeys(_NOT_MEASURED, "0.00"),
        "retrievedDocumentCount": work.retrieved,
        "retrievedDocumentSize": work.retrieved_bytes,
        "outputDocumentCount": work.rows,
        "outputDocumentSize": work.row_bytes,
        "indexUtilizationRatio": f"{ratio:.2f}",
    }
    return ";".join(f"{name}={value}" for name, value in entries.items())


def index_metrics(query: CompiledQuery, container: Container, partition: str | None) -> str:
    """The value of the header that says which indexes a query uses, and which it could use."""
    named = named_in(query.query, ())
    paths = [*(term.path for term in named.equal), *(term.path for term in named.compared)]
    parts = [Part(path) for path in paths]
    parts += [Part(term.path, elements=True) for term in named.contains]
    if len(named.order) == 1:
        parts.append(named.order[0])
    if partition is not None:
        parts += [Part(tuple(path)) for path in container.partition_key.paths]
    used: list[Json] = []
    lacking: list[Json] = []
    for part in dict.fromkeys(parts):
        (used if container.indexing.covers(part) else lacking).append(_single(part))
    together: Definition = named.order if len(named.order) > 1 else tuple(dict.fromkeys(parts[: len(named.equal) + 1]))
    composites: list[Json] = [_composite(together)] if len(together) > 1 else []
    has_composite = container.indexing.covers_all(together) if composites else False
    return base64.b64encode(
        encode(
            {
                "UtilizedSingleIndexes": used,
                "PotentialSingleIndexes": lacking,
                "UtilizedCompositeIndexes": composites if has_composite else [],
                "PotentialCompositeIndexes": [] if has_composite else composites,
            }
        )
    ).decode()


def _single(part: Part) -> Json:
    names = (*part.path, "[]") if part.elements else part.path
    return {
        "FilterExpression": "",
        "IndexSpec": f"/{'/'.join(names)}/?",
        "FilterPreciseSet": True,
        "IndexPreciseSet": True,
        "IndexImpactScore": "High",
    }


def _composite(definition: Definition) -> Json:
    specs = [f"/{'/'.join(part.path)} {'DESC' if part.descending else 'ASC'}" for part in definition]
    return {"IndexSpecs": specs, "IndexPreciseSet": False, "IndexImpactScore": "High"}
