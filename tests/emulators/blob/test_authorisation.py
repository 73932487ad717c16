"""Who is let in."""

import pytest

from tests.emulators.blob.conftest import Clock
from tests.emulators.blob.signed_client import ACCOUNT, SignedClient

PATH = f"/{ACCOUNT}/shop?restype=container"


async def test_a_signature_by_another_key_is_refused(http: SignedClient) -> None:
    http.key = "d3Jvbmcga2V5"
    assert (await http("GET", "shop?restype=container")).error == (403, "AuthenticationFailed")


async def test_a_changed_request_is_refused(http: SignedClient) -> None:
    signed = {"x-ms-date": "Fri, 15 Jan 2027 08:00:00 GMT", "x-ms-version": "2019-07-07"}
    signature = http.signature("GET", PATH, signed, 0)
    signed["Authorization"] = f"SharedKey {ACCOUNT}:{signature}"
    assert (await http.raw("GET", PATH, b"", signed)).status == 200
    assert (await http.raw("DELETE", PATH, b"", signed)).error == (403, "AuthenticationFailed")
    assert (await http.raw("GET", PATH + "&comp=list", b"", signed)).error == (403, "AuthenticationFailed")


@pytest.mark.parametrize("shift", [-901, 901])
async def test_an_old_or_future_date_is_refused(http: SignedClient, clock: Clock, shift: int) -> None:
    clock.now += shift
    assert (await http("GET", "shop?restype=container")).error == (403, "AuthenticationFailed")


async def test_a_date_within_a_quarter_of_an_hour_is_accepted(http: SignedClient, clock: Clock) -> None:
    clock.now += 890
    assert (await http("GET", "shop?restype=container")).status == 200


@pytest.mark.parametrize(
    ("authorization", "error"),
    [
        ("", (401, "NoAuthenticationInformation")),
        ("Bearer abc", (501, "NotImplemented")),
        ("SharedKeyLite devstoreaccount1:abc", (501, "NotImplemented")),
        ("SharedKey other:abc", (403, "AuthenticationFailed")),
        ("SharedKey devstoreaccount1:abc", (403, "AuthenticationFailed")),
        ("SharedKey", (403, "AuthenticationFailed")),
        ("SharedKey devstoreaccount1:grün", (403, "AuthenticationFailed")),
    ],
)
async def test_other_credentials_are_refused(http: SignedClient, authorization: str, error: tuple[int, str]) -> None:
    headers = {"x-ms-date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    if authorization:
        headers["Authorization"] = authorization
    assert (await http.raw("GET", PATH, b"", headers)).error == error


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 01 Jan 0001 00:00:00 -0000"])
async def test_a_request_without_a_date_is_refused(http: SignedClient, date: str) -> None:
    headers = {"Authorization": f"SharedKey {ACCOUNT}:abc", "x-ms-date": date}
    answer = await http.raw("GET", PATH, b"", headers)
    assert answer.error == (403, "AuthenticationFailed")
