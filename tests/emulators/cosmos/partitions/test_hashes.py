import json

from azure.cosmos import PartitionKey
from hypothesis import given
from hypothesis import strategies as st
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.hashes import effective_key
from quartet_emulators.cosmos.partitions.keys import text_of_value

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
