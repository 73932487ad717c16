import base64
import json

import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.cosmos.wire.authorisation import WELL_KNOWN_KEY

from tests.emulators.cosmos.direct import Direct, signed

WRONG_KEY = base64.b64encode(b"not the key of the emulator, but as long as one").decode()


def emulator_token(key: str, **claims: object) -> str:
    """As clients make it for Microsoft's emulator: with the key in the place of a signature."""
    header = {"typ": "JWT", "alg": "RS256", "kid": "CosmosEmulatorPrimaryMaster"}
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), key.encode()]
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f"type=aad&ver=1.0&sig={token}"


def test_a_token_that_a_client_has_made_for_microsofts_emulator_opens_this_one(direct: Direct) -> None:
    good = emulator_token(WELL_KNOWN_KEY, aud="https://localhost.localhost", exp=9_999_999_999)
    assert direct.unsigned("GET", "dbs/shop", authorization=good).status == 200
    assert direct.unsigned("DELETE", "dbs/shop", authorization=good).status == 403  # no identity may do that
    late = direct.unsigned("GET", "dbs/shop", authorization=emulator_token(WELL_KNOWN_KEY, exp=1))
    assert (late.status, late.headers["x-ms-substatus"]) == (403, "5300")
    for wrong in (emulator_token(WRONG_KEY, exp=9_999_999_999), emulator_token(WELL_KNOWN_KEY, exp="soon")):
        assert direct.unsigned("GET", "dbs/shop", authorization=wrong).status == 401


async def test_another_key_is_refused_with_words(emulator: CosmosEmulator) -> None:
    transport = AioHttpTransport(use_env_settings=False)
    client = CosmosClient(f"http://127.0.0.1:{emulator.port}/", WRONG_KEY, transport=transport)
    with pytest.raises(CosmosHttpResponseError, match="wrong key") as error:
        await client.__aenter__()
    assert error.value.status_code == 401
    await client.close()


@pytest.mark.parametrize(
    "token", ["", "nonsense", "type=master", "type=master&ver=1.0&sig=", "type=aad&ver=1.0&sig=ey"]
)
def test_a_missing_or_malformed_token_is_401(direct: Direct, token: str) -> None:
    answer = direct("GET", "dbs/shop")
    assert answer.status == 200
    refused = direct.unsigned("GET", "dbs/shop", authorization=token)
    assert refused.status == 401
    assert b'"code":"Unauthorized"' in refused.body


@pytest.mark.parametrize(("method", "path"), [("DELETE", "dbs/shop"), ("GET", "dbs/shop/colls"), ("GET", "dbs/depot")])
def test_a_signature_is_good_for_its_own_request_only(direct: Direct, method: str, path: str) -> None:
    """Signed was `GET dbs/shop`."""
    assert direct.unsigned(method, path, **signed("GET", ["dbs", "shop"])).status == 401


def test_a_signature_is_good_for_its_own_date_only(direct: Direct) -> None:
    """Also after the server has accepted it once, and seen the other date."""
    good = signed("GET", ["dbs", "shop"])
    later = {**good, "x-ms-date": good["x-ms-date"].replace("08:00:00", "08:00:01")}
    plain = {"date": good["x-ms-date"], "authorization": good["authorization"]}
    statuses = [direct.unsigned("GET", "dbs/shop", **headers).status for headers in (good, later, plain, good, later)]
    assert statuses == [200, 401, 401, 200, 401]


def test_a_token_is_accepted_however_it_is_quoted(direct: Direct) -> None:
    headers = signed("GET", ["dbs", "shop"])
    plain = headers["authorization"].replace("%3D", "=").replace("%26", "&").replace("%2B", "+").replace("%2F", "/")
    assert direct.unsigned("GET", "dbs/shop", **headers).status == 200
    assert direct.unsigned("GET", "dbs/shop", **{**headers, "authorization": plain}).status == 200
