import pytest

from tests.emulators.cosmos.direct import Direct


@pytest.mark.parametrize("header", ["x_ms_start_epk", "x_ms_end_epk"])
def test_half_a_range_is_400(direct: Direct, header: str) -> None:
    assert direct.query("SELECT * FROM c", **{header: "05C1"}).status == 400


def test_ranges_of_the_first_version_of_keys_are_not_supported(direct: Direct) -> None:
    direct("POST", "dbs/shop/colls", {"id": "old", "partitionKey": {"paths": ["/pk"], "version": 1}})
    headers = {"x_ms_start_epk": "05C1", "x_ms_end_epk": "05C2"}
    assert direct("GET", "dbs/shop/colls/old/docs", **headers).status == 400
    assert direct("GET", "dbs/shop/colls/old/docs", x_ms_start_epk="", x_ms_end_epk="FF").status == 200
