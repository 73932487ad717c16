"""Lists in pages, below a prefix, by a delimiter."""

import bisect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quartet_emulators.blob.listing import _after

from tests.emulators.blob.signed_client import Answer, SignedClient

PUT = {"x_ms_blob_type": "BlockBlob"}
# The same examples in every run, and no time limit on a busy machine.
STEADY = settings(derandomize=True, deadline=None, max_examples=300)
NAMES = ["a", "b/1", "b/2", "b/2/x", "b0", "c/1", "c1"]


@pytest.fixture
async def shelf(http: SignedClient) -> SignedClient:
    for name in reversed(NAMES):
        await http("PUT", f"shop/{name}", b"12", x_ms_meta_Name=name, **PUT)
    return http


def names(answer: Answer) -> list[str | None]:
    return [element.text for element in answer.xml.findall("Blobs/*/Name")]


async def all_pages(http: SignedClient, query: str) -> list[list[str | None]]:
    pages, marker = [], ""
    while True:
        answer = await http("GET", f"shop?restype=container&comp=list&{query}&marker={marker}")
        pages.append(names(answer))
        marker = answer.xml.findtext("NextMarker") or ""
        if not marker:
            return pages


async def test_a_list_is_in_the_order_of_names(shelf: SignedClient) -> None:
    assert await all_pages(shelf, "") == [NAMES]


async def test_a_list_has_pages(shelf: SignedClient) -> None:
    assert await all_pages(shelf, "maxresults=3") == [NAMES[:3], NAMES[3:6], NAMES[6:]]


async def test_a_prefix_narrows_a_list(shelf: SignedClient) -> None:
    assert await all_pages(shelf, "prefix=b%2F&maxresults=2") == [["b/1", "b/2"], ["b/2/x"]]
    assert await all_pages(shelf, "prefix=zoo") == [[]]


async def test_a_delimiter_folds_names_into_prefixes(shelf: SignedClient) -> None:
    assert await all_pages(shelf, "delimiter=%2F") == [["a", "b/", "b0", "c/", "c1"]]
    assert await all_pages(shelf, "delimiter=%2F&prefix=b%2F") == [["b/1", "b/2", "b/2/"]]
    assert await all_pages(shelf, "delimiter=%2F&maxresults=1") == [["a"], ["b/"], ["b0"], ["c/"], ["c1"]]


async def test_an_item_has_its_properties_and_on_request_its_metadata(shelf: SignedClient) -> None:
    head = await shelf("HEAD", "shop/a")
    plain = (await shelf("GET", "shop?restype=container&comp=list&prefix=a")).xml
    assert plain.findtext("Blobs/Blob/Properties/Etag") == head.headers["ETag"].strip('"')
    assert plain.findtext("Blobs/Blob/Properties/Content-Length") == "2"
    assert plain.find("Blobs/Blob/Metadata") is None
    full = (await shelf("GET", "shop?restype=container&comp=list&prefix=a&include=metadata,snapshots")).xml
    assert full.findtext("Blobs/Blob/Metadata/Name") == "a"


async def test_a_name_that_xml_cannot_hold_is_encoded(http: SignedClient) -> None:
    await http("PUT", "shop/bell%07", b"", **PUT)
    (name,) = (await http("GET", "shop?restype=container&comp=list")).xml.findall("Blobs/Blob/Name")
    assert (name.text, name.get("Encoded")) == ("bell%07", "true")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("maxresults=0", (400, "OutOfRangeQueryParameterValue")),
        ("maxresults=many", (400, "InvalidQueryParameterValue")),
        ("marker=%25%25", (400, "InvalidQueryParameterValue")),
        ("include=uncommittedblobs", (501, "NotImplemented")),
    ],
)
async def test_a_list_request_that_makes_no_sense_is_refused(
    http: SignedClient, query: str, error: tuple[int, str]
) -> None:
    assert (await http("GET", f"shop?restype=container&comp=list&{query}")).error == error


@STEADY
@given(st.lists(st.text(min_size=1)), st.text(min_size=1))
def test_what_comes_after_a_prefix_is_the_first_that_does_not_begin_with_it(others: list[str], prefix: str) -> None:
    """The jump over a folded prefix misses nothing and repeats nothing."""
    ordered = sorted([*others, prefix, prefix + "x"])
    after = _after(prefix)
    rest = ordered[bisect.bisect_left(ordered, after) :] if after is not None else []
    assert rest == [name for name in ordered if name > prefix and not name.startswith(prefix)]
