"""Whatever a client with the right key sends, it gets an answer of the protocol."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(
    [
        *[
            "id",
            "pk",
            "b1",
            "ttl",
            "query",
            "parameters",
            "name",
            "value",
            "@a",
            "operations",
            "condition",
            "op",
            "path",
        ],
        *["set", "incr", "/n", "/a/0", "resourceBody", "operationType", "Create", "Patch", "partitionKey", "paths"],
        *[
            "kind",
            "version",
            "indexingPolicy",
            "defaultTtl",
            "content",
            "SELECT VALUE c FROM c",
            "from c where c.n > 1",
        ],
    ]
)
LIKELY = st.recursive(
    WORDS | st.integers(-2, 5) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)
SEGMENTS = st.sampled_from(["dbs", "shop", "colls", "orders", "docs", "seed", "pkranges", "offers", "x", "é", ".."])
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *[
                "x_ms_documentdb_isquery",
                "x_ms_cosmos_is_batch_request",
                "x_ms_cosmos_batch_atomic",
                "a_im",
                "if_match",
            ],
            *["x_ms_documentdb_is_upsert", "x_ms_max_item_count", "x_ms_continuation", "if_none_match", "prefer"],
            *["x_ms_documentdb_partitionkey", "x_ms_start_epk", "x_ms_end_epk", "if_modified_since"],
            *["x_ms_documentdb_partitionkeyrangeid"],
            *["x_ms_cosmos_is_query_plan_request", "x_ms_offer_throughput", "x_ms_cosmos_offer_autopilot_settings"],
        ]
    ),
    st.sampled_from(
        ["true", "True", "*", '["b1"]', "[1]", "[{}]", "5", "-1", "", '{"maxThroughput":5000}', "05C1", "é"]
    )
    | st.text(max_size=6),
    max_size=5,
)


@pytest.fixture(scope="module")
def victim() -> Iterator[Direct]:
    with tempfile.TemporaryDirectory() as directory:
        direct = Direct(Path(directory), Clock())
        yield direct
        direct.close()


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "BREW"]),
    st.lists(SEGMENTS, max_size=7) | st.just(["dbs", "shop", "colls", "orders", "docs"]),
    JSON | LIKELY | st.binary(max_size=30),
    HEADERS,
)
def test_every_request_gets_an_answer_of_the_protocol(
    victim: Direct, method: str, segments: list[str], body: Json, headers: dict[str, str]
) -> None:
    if segments in (["dbs", "shop"], ["dbs", "shop", "colls", "orders"]) and method == "DELETE":
        return
    answer = victim(method, "/".join(segments), body, **headers)
    assert answer.status in {200, 201, 204, 207, 304, 400, 404, 405, 409, 410, 412, 413}
    assert answer.body == b"" or answer.body[:1] in b"{["


@settings(max_examples=300, deadline=None)
@given(JSON | LIKELY)
def test_a_stored_item_can_always_be_read_back(victim: Direct, content: Json) -> None:
    item = {"id": "seed", "pk": "b1", "content": content}
    written = victim.items("POST", item, x_ms_documentdb_is_upsert="true")
    read = victim.items("GET", item="seed")
    assert (written.status in {200, 201} and read.body == written.body) or written.status == 400


QUERY_WORDS = st.sampled_from(
    [
        *[
            "SELECT",
            "VALUE",
            "*",
            "c",
            ".",
            "n",
            "FROM",
            "WHERE",
            "AND",
            "OR",
            "NOT",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
        ],
        *["=", "<", "+", "-", "||", "??", "?", "IN", "BETWEEN", "LIKE", "'x'", "1", "0.5", "true", "null", "undefined"],
        *[
            "GROUP BY",
            "ORDER BY",
            "DESC",
            "OFFSET",
            "LIMIT",
            "TOP",
            "DISTINCT",
            "JOIN",
            "EXISTS",
            "ARRAY",
            "COUNT",
            "AS",
        ],
        *["SUM", "ABS", "CONTAINS", "@p", "udf", "id"],
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(QUERY_WORDS, max_size=14).map(" ".join) | st.text(max_size=30))
def test_every_query_text_gets_an_answer(victim: Direct, tail: str) -> None:
    for text in (tail, f"SELECT VALUE {tail} FROM c", f"SELECT * FROM c WHERE {tail}"):
        assert victim.query(text).status in {200, 400}
