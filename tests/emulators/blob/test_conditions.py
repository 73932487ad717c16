"""Conditional headers, by the table of "Specifying conditional headers for Blob service operations"."""

from email.utils import formatdate

import pytest

from tests.emulators.blob.conftest import Clock
from tests.emulators.blob.signed_client import SignedClient

PUT = {"x_ms_blob_type": "BlockBlob"}


@pytest.fixture
async def etag(http: SignedClient) -> str:
    """The ETag of `shop/tea` after a write."""
    return (await http("PUT", "shop/tea", b"green", **PUT)).headers["ETag"]


@pytest.mark.parametrize("quotes", [True, False])
async def test_if_match_lets_the_current_version_pass(http: SignedClient, etag: str, quotes: bool) -> None:
    condition = etag if quotes else etag.strip('"')
    answer = await http("PUT", "shop/tea?comp=metadata", If_Match=condition, x_ms_meta_by="alice")
    assert answer.status == 200
    assert answer.headers["ETag"] != etag


async def test_if_match_refuses_another_version(http: SignedClient, etag: str) -> None:
    await http("PUT", "shop/tea?comp=metadata", If_Match=etag)
    for method, path in [("PUT", "shop/tea?comp=metadata"), ("GET", "shop/tea"), ("DELETE", "shop/tea")]:
        answer = await http(method, path, If_Match=etag)
        assert answer.error == (412, "ConditionNotMet")
    assert (await http("PUT", "shop/tea", b"", If_Match=etag, **PUT)).error == (412, "ConditionNotMet")


async def test_if_match_of_several_versions_means_one_of_them(http: SignedClient, etag: str) -> None:
    assert (await http("GET", "shop/tea", If_Match=f'"0x0", {etag}')).status == 200


async def test_if_match_refuses_to_put_where_nothing_is(http: SignedClient, etag: str) -> None:
    assert (await http("PUT", "shop/new", b"", If_Match=etag, **PUT)).error == (412, "ConditionNotMet")
    assert (await http("PUT", "shop/new", b"", If_Match="*", **PUT)).error == (412, "ConditionNotMet")


async def test_if_match_on_metadata_of_a_missing_blob_is_not_found(http: SignedClient, etag: str) -> None:
    assert (await http("PUT", "shop/new?comp=metadata", If_Match=etag)).error == (404, "BlobNotFound")


@pytest.mark.usefixtures("etag")
async def test_if_none_match_star_puts_only_where_nothing_is(http: SignedClient) -> None:
    assert (await http("PUT", "shop/new", b"", If_None_Match="*", **PUT)).status == 201
    assert (await http("PUT", "shop/tea", b"", If_None_Match="*", **PUT)).error == (409, "BlobAlreadyExists")
    assert (await http("GET", "shop/tea")).body == b"green"


@pytest.mark.usefixtures("etag")
async def test_if_none_match_star_on_metadata_of_an_existing_blob_fails(http: SignedClient) -> None:
    answer = await http("PUT", "shop/tea?comp=metadata", If_None_Match="*")
    assert answer.error == (412, "ConditionNotMet")


async def test_if_none_match_spares_a_reader_what_it_has(http: SignedClient, etag: str) -> None:
    for method in ("GET", "HEAD"):
        answer = await http(method, "shop/tea", If_None_Match=etag)
        assert (answer.status, answer.body, answer.headers["x-ms-error-code"]) == (
            304,
            b"",
            "ConditionNotMet",
        )
    assert (await http("GET", "shop/tea", If_None_Match='"0x0"')).body == b"green"


@pytest.mark.usefixtures("etag")
async def test_modification_times_count_in_whole_seconds(http: SignedClient, clock: Clock) -> None:
    written, before = formatdate(clock.now, usegmt=True), formatdate(clock.now - 1, usegmt=True)
    assert (await http("GET", "shop/tea", If_Modified_Since=written)).status == 304
    assert (await http("GET", "shop/tea", If_Modified_Since=before)).status == 200
    assert (await http("GET", "shop/tea", If_Unmodified_Since=written)).status == 200
    assert (await http("GET", "shop/tea", If_Unmodified_Since=before)).error == (412, "ConditionNotMet")
    assert (await http("DELETE", "shop/tea", If_Modified_Since=written)).error == (412, "ConditionNotMet")
    assert (await http("DELETE", "shop/tea", If_Unmodified_Since=before)).error == (412, "ConditionNotMet")


async def test_either_of_if_none_match_and_if_modified_since_is_enough(
    http: SignedClient, etag: str, clock: Clock
) -> None:
    before = formatdate(clock.now - 1, usegmt=True)
    assert (await http("GET", "shop/tea", If_None_Match=etag, If_Modified_Since=before)).status == 200


@pytest.mark.usefixtures("etag")
async def test_a_date_that_is_none_is_refused(http: SignedClient) -> None:
    assert (await http("GET", "shop/tea", If_Modified_Since="yesterday")).error == (400, "InvalidHeaderValue")


async def test_a_re_created_blob_has_another_etag(http: SignedClient, etag: str) -> None:
    await http("DELETE", "shop/tea")
    await http("PUT", "shop/tea", b"green", **PUT)
    assert (await http("GET", "shop/tea", If_Match=etag)).error == (412, "ConditionNotMet")
