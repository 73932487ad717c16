"""Whatever a client sends is answered with an error of the service, never with a bug."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quartet_emulators.blob.blobs import stored_headers
from quartet_emulators.blob.call import Call, metadata_of, parse_query, parse_target
from quartet_emulators.blob.conditions import check_read, check_write
from quartet_emulators.blob.errors import BlobError
from quartet_emulators.blob.records import Container
from quartet_emulators.blob.routing import OPERATIONS, find_operation
from quartet_emulators.blob.store import BlobStore

from tests.emulators.blob.signed_client import SignedClient

# The same examples in every run, and no time limit on a busy machine.
STEADY = settings(derandomize=True, deadline=None, max_examples=300)
# Header values as aiohttp hands them over: bytes that are not UTF-8 become surrogates.
VALUES = st.binary(max_size=30).map(lambda value: value.decode("utf-8", "surrogateescape"))
CONDITIONS = st.dictionaries(
    st.sampled_from(["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"]), VALUES
)


@STEADY
@given(st.one_of(VALUES, VALUES.map(lambda text: "/a/" + text), st.from_regex(r"/a/b/(%[0-9a-f]{2}){1,9}")))
def test_any_path_is_a_target_or_refused(path: str) -> None:
    with contextlib.suppress(BlobError):
        target = parse_target(path)
        (target.container + target.blob).encode()  # can be stored


@STEADY
@given(st.one_of(VALUES, st.from_regex(r"([a-z]=(%[0-9a-f]{2}){0,3}&?){0,4}")))
def test_any_query_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BlobError):
        for values in parse_query(text).values():
            assert values


@STEADY
@given(CONDITIONS)
def test_any_condition_holds_or_is_refused(headers: Mapping[str, str]) -> None:
    for check in (check_read, check_write):
        with contextlib.suppress(BlobError):
            check(headers, "0x8D", 1_800_000_000.5)


@STEADY
@given(VALUES, VALUES)
def test_what_is_kept_of_a_request_can_be_sent_back(name: str, value: str) -> None:
    with contextlib.suppress(BlobError):
        kept = metadata_of({"x-ms-meta-" + name: value}) | stored_headers({"Content-Type": value}, plain=True)
        assert all(text.isascii() for pair in kept.items() for text in pair)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlobStore]:
    store = BlobStore(Path(tmp_path_factory.mktemp("hostile")) / "blob.sqlite3")
    store.save_container(Container("shop", "0x8D", 0, {}))
    yield store
    store.close()


@STEADY
@given(
    key=st.sampled_from(sorted(OPERATIONS)),
    query=st.dictionaries(
        st.sampled_from(["prefix", "marker", "maxresults", "delimiter", "include", "blockid", "blocklisttype"]),
        st.text(max_size=8),
    ),
    headers=st.dictionaries(
        st.sampled_from(["x-ms-blob-type", "Range", "x-ms-range", "Content-MD5", "x-ms-meta-a", "If-Match"]),
        st.one_of(VALUES, st.just("BlockBlob"), st.from_regex(r"bytes=[0-9]{0,3}-[0-9]{0,3}")),
    ),
    body=st.one_of(st.binary(max_size=20), st.just(b"<BlockList><Latest>x</Latest></BlockList>")),
)
def test_any_request_is_done_or_refused(
    store: BlobStore, key: tuple[str, str, str, str], query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    level, method, restype, comp = key
    path = {"account": "/a", "container": "/a/shop", "blob": "/a/shop/tea"}[level]
    asked = query | {name: value for name, value in (("restype", restype), ("comp", comp)) if value}
    if method == "DELETE" and level == "container":
        return  # it would only make every later request a 404
    with contextlib.suppress(BlobError):
        target = parse_target(path)
        operation = find_operation(method, target, asked, headers)
        response = operation.run(Call(store, method, target, asked, headers, body, 1_800_000_000.5, "http://h/a"))
        assert 200 <= response.status < 300


async def test_bytes_that_are_not_text_do_not_break_the_answer(http: SignedClient) -> None:
    answer = await http("GET", "shop/tea", x_ms_client_request_id="grün", x_ms_version="grün")
    assert answer.error[0] in {403, 404}
    assert answer.headers["x-ms-version"] == "2019-07-07"
    assert "x-ms-client-request-id" not in answer.headers
