"""Whatever a client sends is answered with an error of the service, never with a bug."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quartet_emulators.blob.admission import Admission
from quartet_emulators.blob.blobs import stored_headers
from quartet_emulators.blob.call import Call, metadata_of, parse_query, parse_target
from quartet_emulators.blob.conditions import check_read, check_write
from quartet_emulators.blob.errors import BlobError
from quartet_emulators.blob.records import Container
from quartet_emulators.blob.routing import OPERATIONS, find_operation
from quartet_emulators.blob.signatures import authorise_signature
from quartet_emulators.blob.store import BlobStore
from quartet_emulators.security import OPEN

from tests.emulators.blob.signed_client import SignedClient

# The same examples in every run, and no time limit on a busy machine.
STEADY = settings(derandomize=True, deadline=None, max_examples=300)
# Header values as aiohttp hands them over: bytes that are not UTF-8 become surrogates.
VALUES = st.binary(max_size=30).map(lambda value: value.decode("utf-8", "surrogateescape"))
CONDITIONS = st.dictionaries(
    st.sampled_from(["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"]), VALUES
)

MIXED = "multipart/mixed; boundary=b"
HEADERS = [
    *("x-ms-blob-type", "Range", "x-ms-range", "Content-MD5", "x-ms-meta-a", "If-Match", "Content-Type"),
    *("x-ms-lease-action", "x-ms-lease-duration", "x-ms-lease-break-period", "x-ms-lease-id", "x-ms-proposed-lease-id"),
    *("x-ms-tags", "x-ms-if-tags", "x-ms-copy-source", "x-ms-source-range", "x-ms-source-if-tags"),
]
ID = "00000000-0000-0000-0000-000000000001"
WORDS = ["BlockBlob", "acquire", "break", "change", "15", ID, "a=1", "a='1'", "http://h/a/shop/tea", "http://[", MIXED]
BODIES = [
    b"<BlockList><Latest>x</Latest></BlockList>",
    b"<Tags><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tags>",
    b"<SignedIdentifiers><SignedIdentifier><Id>a</Id></SignedIdentifier></SignedIdentifiers>",
    b"--b\r\n\r\nDELETE /shop/tea\r\n\r\n--b--",
    b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n\xff\r\n--c--\r\n--b--",
]


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
    st.dictionaries(st.sampled_from(["sv", "sr", "ss", "srt", "se", "st", "sp", "si", "sig"]), st.text(max_size=9)),
    st.sampled_from(["2021-08-06", "2019-01-01", "x"]),
    st.sampled_from(["b", "c", "x"]),
)
def test_no_signature_that_is_made_up_opens_anything(
    store: BlobStore, query: dict[str, str], version: str, kind: str
) -> None:
    asked = {"sig": "", "sv": version, "sr": kind} | query
    with pytest.raises(BlobError):
        authorise_signature("get", parse_target("/a/shop/tea"), asked, 1.0, store, is_tls=False)


@STEADY
@given(
    key=st.sampled_from(sorted(OPERATIONS)),
    query=st.dictionaries(
        st.sampled_from(
            [*("prefix", "marker", "maxresults", "delimiter", "include", "blockid", "blocklisttype"), "where"]
        ),
        st.one_of(st.text(max_size=8), st.just("a='1'")),
    ),
    headers=st.dictionaries(
        st.sampled_from(HEADERS),
        st.one_of(VALUES, st.sampled_from(WORDS), st.from_regex(r"bytes=[0-9]{0,3}-[0-9]{0,3}")),
    ),
    body=st.one_of(st.binary(max_size=20), st.sampled_from(BODIES)),
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
        now = 1_800_000_000.5
        admission = Admission(store, OPEN, now)
        response = operation.run(Call(store, method, target, asked, headers, body, now, "http://h/a", admission))
        assert 200 <= response.status < 300


async def test_bytes_that_are_not_text_do_not_break_the_answer(http: SignedClient) -> None:
    answer = await http("GET", "shop/tea", x_ms_client_request_id="grün", x_ms_version="grün")
    assert answer.error[0] in {403, 404}
    assert answer.headers["x-ms-version"] == "2019-07-07"
    assert "x-ms-client-request-id" not in answer.headers
