"""Queries and feeds of items, page by page.

The server keeps nothing between two pages; see :mod:`quartet_emulators.cosmos.reading.continuation`.
"""

import logging
import sqlite3
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final, NamedTuple

from quartet_emulators.cosmos import charges
from quartet_emulators.cosmos.errors import CosmosError, bad_request
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import Json, decode
from quartet_emulators.cosmos.reading.access import candidates, names_partition, want_indexes
from quartet_emulators.cosmos.reading.condition_ranges import holding
from quartet_emulators.cosmos.reading.continuation import Token
from quartet_emulators.cosmos.reading.filling import Counted, Documents, Page, page_by_item, page_by_row, page_of_items
from quartet_emulators.cosmos.reading.index_access import SCAN_BELOW
from quartet_emulators.cosmos.reading.query_metrics import (
    INDEX_METRICS,
    QUERY_METRICS,
    Work,
    index_metrics,
    query_metrics,
)
from quartet_emulators.cosmos.reading.query_plan import refuse_to_merge
from quartet_emulators.cosmos.reading.ranges import key_range
from quartet_emulators.cosmos.reading.walking import names_range, range_by_range
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.sql.compile import CompiledQuery, compiled
from quartet_emulators.cosmos.sql.rewriting import merges_rows

_logger = logging.getLogger("quartet_emulators.cosmos")

ALL_PARTITIONS: Final = "x-ms-documentdb-query-enablecrosspartition"
"""The header with which a client says that a query is meant for all partitions."""

DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000


class Request(NamedTuple):
    """A query as a client sends it."""

    text: str
    parameters: dict[str, Json]


def read_request(body: bytes) -> Request:
    """The query and its parameters.

    Raises:
        CosmosError: 400, if the body is not ``{query, parameters?}``.
    """
    content = decode(body)
    if not isinstance(content, dict) or not isinstance(content.get("query"), str):
        raise bad_request("A query is an object: {query, parameters?}.")
    parameters = content.get("parameters") or []
    if not isinstance(parameters, list) or not all(_is_parameter(entry) for entry in parameters):
        raise bad_request("parameters is a list of {name, value}, with names that begin with '@'.")
    return Request(content["query"], {entry["name"]: entry["value"] for entry in parameters})


def query_page(container: Container, call: Call, partition: str | None, now: float) -> Answer:
    """One page of a query over one logical partition, or all of them.

    Raises:
        CosmosError: 400, if the query, a parameter or the continuation token is not acceptable.
    """
    began = time.perf_counter()
    request = read_request(call.body)
    query = compiled(request.text)
    if partition is None and not names_range(call):
        _check_whole(container, call, query, request.parameters)
        if len(container.partitions.all) > 1 and not merges_rows(query.query):
            names = holding(query.query, request.parameters, container)
            of_range = range_by_range(container, call, names, lambda one: query_page(container, one, None, now))
            if of_range is not None:
                return of_range
    wanted = key_range(container, call)
    token = Token(container, call.body, partition, None if query.is_row_per_document else wanted)
    after = token.read(call.headers.get("x-ms-continuation"))
    size = call.page_size(DEFAULT_PAGE, LARGEST_PAGE)
    skips = not query.is_row_per_document and isinstance(after, int)
    found = candidates(query, request.parameters, container, partition, now=now, after=0 if skips else after)
    items = found.items if wanted is None else ((at, item) for at, item in found.items if wanted.holds(item.partition))
    run = query.unsorted() if found.is_sorted else query
    try:
        if not run.is_row_per_document or (skips and after):
            is_count = not run.reads_documents and found.exact and wanted is None
            documents = Documents(items, reads=run.reads_documents)
            source = Counted(container.items.living(now, partition)) if is_count else documents
            skip = after if isinstance(after, int) else 0
            page = page_by_row(source, run.rows(source, request.parameters, now), skip, size)
        elif run.query.items is None:
            page = page_of_items(items, None if found.exact else run.matcher(request.parameters, now), size)
        else:
            source = Documents(items, reads=run.reads_documents)
            page = page_by_item(source, run.rows(source, request.parameters, now), size)
    except RecursionError:
        raise bad_request("The query is nested too deeply.") from None
    answer = _answer(container, page, token)
    if call.flag("x-ms-documentdb-populatequerymetrics"):
        retrieved = page.looked_at if page.read_bytes else 0
        row_bytes = sum(map(len, page.rows))
        work = Work(time.perf_counter() - began, retrieved, page.read_bytes, len(page.rows), row_bytes)
        answer.headers[QUERY_METRICS] = query_metrics(work)
    if call.flag("x-ms-cosmos-populateindexmetrics"):
        answer.headers[INDEX_METRICS] = index_metrics(query, container, partition)
    return answer


def prepare_query(container: Container, call: Call) -> None:
    """Begin to keep the indexes that a query needs, if the disk allows; a query can do without.

    Raises:
        CosmosError: 400, as the query itself.
    """
    if container.count >= SCAN_BELOW:
        try:
            want_indexes(compiled(read_request(call.body).text), container)
        except sqlite3.Error as error:
            _logger.warning("a query remains a scan for now: %s", error)


def _check_whole(container: Container, call: Call, query: CompiledQuery, parameters: dict[str, Json]) -> None:
    """Refuse a query over all partitions that the service would refuse.

    Its client has to say that it means all, as it may cost a lot. A client whose condition names the partition key has
    chosen where to ask. And rows of several physical partitions are merged by clients. But a page that continues what
    was answered as a whole is answered, if there was a split in between.

    Raises:
        CosmosError: 400, to a client that has to merge with sub-status 1004.
    """
    if call.flag(ALL_PARTITIONS):
        if len(container.partitions.all) > 1 and not call.headers.get("x-ms-continuation"):
            refuse_to_merge(query, parameters, container)
        return
    if names_partition(query, container):
        return
    raise across_partitions()


def across_partitions() -> CosmosError:
    """The refusal of a query over all partitions whose client has not said that it means all."""
    return bad_request(
        "Cross partition query is required but disabled. Please set x-ms-documentdb-query-enablecrosspartition to "
        "true, specify x-ms-documentdb-partitionkey, or revise your query to avoid this exception."
    )


def feed_page(container: Container, call: Call, partition: str | None, now: float) -> Answer:
    """One page of all items (``read_all_items``).

    Raises:
        CosmosError: 400, if the continuation token is not acceptable.
    """
    if partition is None and len(container.partitions.all) > 1 and not names_range(call):
        of_range = range_by_range(container, call, None, lambda one: feed_page(container, one, None, now))
        if of_range is not None:
            return of_range
    wanted = key_range(container, call)
    token = Token(container, b"", partition, None)
    after = token.read(call.headers.get("x-ms-continuation"))
    size = call.page_size(DEFAULT_PAGE, LARGEST_PAGE)
    items = container.scan(now, partition, after if isinstance(after, int) else after[1])
    if wanted is not None:
        items = wanted.limit(items)
    return _answer(container, page_of_items(((item.number, item) for item in items), None, size), token)


def query_resources(resources: Iterable[dict[str, Json]], request: Request, now: float) -> list[Json]:
    """A query over databases, containers or offers; they are few, so it is one page."""
    return list(compiled(request.text).rows(resources, request.parameters, now))


def _answer(container: Container, page: Page, token: Token) -> Answer:
    joined = b",".join(page.rows)
    body = b'{"_rid":"%b","Documents":[%b],"_count":%d}' % (
        container.rid_text.encode(),
        joined,
        len(page.rows),
    )
    headers = {
        "x-ms-request-charge": str(charges.query(page.looked_at, len(joined))),
        "x-ms-item-count": str(len(page.rows)),
    }
    if page.position is not None:
        headers["x-ms-continuation"] = token.write(page.position)
    return Answer(HTTPStatus.OK, body, headers)


def _is_parameter(entry: Json) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and entry["name"].startswith("@")
        and "value" in entry
    )
