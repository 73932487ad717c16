import json

import pytest
from azure.cosmos import PartitionKey
from hypothesis import given
from hypothesis import strategies as st
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partition_keys import text_of_value
from quartet_emulators.cosmos.ranges import effective_key

from tests.emulators.cosmos.direct import Direct

VALUES = (
    st.none()
    | st.booleans()
    | st.text(max_size=40)
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)  # no -0.0: it is the key 0 here
)


def of_the_sdk(values: list[Json], paths: Json) -> str:
    return str(PartitionKey(paths)._get_effective_partition_key_string(values))  # noqa: SLF001 - the client's hash is the reference


@given(VALUES)
def test_the_hash_of_a_key_is_the_clients(value: Json) -> None:
    assert effective_key(text_of_value(value), "Hash") == of_the_sdk([value], "/pk")


@given(st.lists(VALUES, min_size=2, max_size=3))
def test_the_hash_of_a_hierarchical_key_is_the_clients(values: list[Json]) -> None:
    text = json.dumps(values)
    assert effective_key(text, "MultiHash") == of_the_sdk(values, ["/a", "/b", "/c"])


@pytest.mark.parametrize("header", ["x_ms_start_epk", "x_ms_end_epk"])
def test_half_a_range_is_400(direct: Direct, header: str) -> None:
    assert direct.query("SELECT * FROM c", **{header: "05C1"}).status == 400


def test_ranges_of_the_first_version_of_keys_are_not_supported(direct: Direct) -> None:
    direct("POST", "dbs/shop/colls", {"id": "old", "partitionKey": {"paths": ["/pk"], "version": 1}})
    headers = {"x_ms_start_epk": "05C1", "x_ms_end_epk": "05C2"}
    assert direct("GET", "dbs/shop/colls/old/docs", **headers).status == 400
    assert direct("GET", "dbs/shop/colls/old/docs", x_ms_start_epk="", x_ms_end_epk="FF").status == 200
