"""Bearer tokens: a good one opens what its audience says, until it expires; and only where they are accepted."""

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quartet_emulators.blob.authorisation import authorise
from quartet_emulators.blob.errors import BlobError
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.wire.authorisation import check
from quartet_emulators.event_hubs.authorisation import Grant, check_token
from quartet_emulators.event_hubs.errors import AmqpError
from quartet_emulators.security import OPEN, read_security
from quartet_emulators.tokens import TokenCheck, TokenExpiredError, TokenRefusedError

TOKENS = TokenCheck("a key of sixteen bytes or more")
NOW = 1000.0
HUBS, COSMOS, BLOB = "https://eventhubs.azure.net/", "https://cosmos.azure.com", "https://storage.azure.com"


def token(audience: object, expires_at: object = NOW + 60, tokens: TokenCheck = TOKENS) -> str:
    return tokens.sign({"aud": audience, "exp": expires_at})


FORGED = token(COSMOS, tokens=TokenCheck("another key of sixteen bytes"))
UNSIGNED = "eyJhbGciOiAibm9uZSJ9." + token(COSMOS).split(".")[1] + "."


def test_a_good_token_says_until_when() -> None:
    assert TOKENS.expiry(token(COSMOS, 1060), (COSMOS,), NOW) == 1060
    assert TOKENS.expiry(token(HUBS), (HUBS.rstrip("/"),), NOW) == 1060


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (token(BLOB), "audience 'https://storage.azure.com' is wrong"),
        (token(None), "audience None is wrong"),
        (token(COSMOS, "soon"), "no expiry"),
        (token(COSMOS, None), "no expiry"),
        (FORGED, "signature"),
        (UNSIGNED, "HS256"),
        ("", "not a JSON Web Token"),
        ("a.b.c", "not a JSON Web Token"),
        ("a.b", "not a JSON Web Token"),
    ],
)
def test_any_other_is_refused(text: str, words: str) -> None:
    with pytest.raises(TokenRefusedError, match=words):
        TOKENS.expiry(text, (COSMOS,), NOW)


def test_a_token_expires_on_the_second() -> None:
    assert TOKENS.expiry(token(COSMOS, NOW + 0.1), (COSMOS,), NOW)
    with pytest.raises(TokenExpiredError):
        TOKENS.expiry(token(COSMOS, NOW), (COSMOS,), NOW)


@given(st.text())
def test_nonsense_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(TokenRefusedError):
        TOKENS.expiry(text, (COSMOS,), NOW)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        TokenCheck("short")


def cosmos(method: str, path: str, text: str, tokens: TokenCheck | None = TOKENS) -> None:
    headers = {"authorization": f"type=aad&ver=1.0&sig={text}", "host": "account.example:443"}
    check(method, path.split("/"), headers, tokens, NOW)


def test_cosmos_lets_an_identity_work_with_items_and_read_the_rest() -> None:
    for audience in (COSMOS, "https://account.example"):
        cosmos("POST", "dbs/a/colls/b/docs", token(audience))
        cosmos("GET", "dbs/a/colls/b", token(audience))


@pytest.mark.parametrize(
    ("method", "path", "text", "status", "substatus"),
    [
        ("GET", "dbs/a/colls/b", token(COSMOS, NOW), 403, 5300),
        ("POST", "dbs", token(COSMOS), 403, 5300),
        ("POST", "dbs/a/colls", token(COSMOS), 403, 5300),
        ("DELETE", "dbs/a/colls/b", token(COSMOS), 403, 5300),
        ("GET", "dbs/a/colls/b", FORGED, 401, 0),
        ("GET", "dbs/a/colls/b", token("https://other.example"), 401, 0),
    ],
)
def test_cosmos_refuses_what_the_real_one_refuses(
    method: str, path: str, text: str, status: int, substatus: int
) -> None:
    with pytest.raises(CosmosError) as refused:
        cosmos(method, path, text)
    assert (refused.value.status, refused.value.substatus) == (status, substatus)


def blob(text: str, tokens: TokenCheck | None = TOKENS, version: str = "2019-07-07") -> None:
    headers = {"Authorization": f"Bearer {text}", "x-ms-version": version}
    authorise("GET", "/devstoreaccount1/checkpoints", {}, headers, NOW, tokens=tokens)


def test_blob_storage_says_where_to_get_a_better_token() -> None:
    blob(token(BLOB))
    for bad in (token(BLOB, NOW), token(COSMOS), FORGED):
        with pytest.raises(BlobError, match="InvalidAuthenticationInfo") as refused:
            blob(bad)
        assert "resource_id=https://storage.azure.com" in refused.value.headers["WWW-Authenticate"]
    with pytest.raises(BlobError, match="2017-11-09"):
        blob(token(BLOB), version="2015-02-21")


def test_event_hubs_opens_the_namespace_until_the_token_expires() -> None:
    assert check_token("jwt", token(HUBS), NOW, TOKENS) == Grant("", NOW + 60)
    with pytest.raises(AmqpError, match="ExpiredToken"):
        check_token("jwt", token(HUBS, NOW), NOW, TOKENS)
    with pytest.raises(AmqpError, match=r"InvalidToken.*audience"):
        check_token("jwt", token(COSMOS), NOW, TOKENS)


def test_by_default_no_emulator_accepts_a_token() -> None:
    with pytest.raises(AmqpError, match="not accepted"):
        check_token("jwt", token(HUBS), NOW)
    with pytest.raises(CosmosError, match="no Entra tokens"):
        cosmos("GET", "dbs", token(COSMOS), tokens=None)
    with pytest.raises(BlobError, match="'Bearer' is not supported"):
        blob(token(BLOB), tokens=None)


def test_tokens_need_tls_and_tls_needs_both_files(tmp_path: Path) -> None:
    assert read_security(None, None, None) is OPEN
    with pytest.raises(ValueError, match="over TLS only"):
        read_security(None, None, "a key of sixteen bytes or more")
    with pytest.raises(ValueError, match="belong together"):
        read_security(tmp_path, None, None)
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(ssl.SSLError):
        read_security(empty, empty, None)
