"""Whatever the environment says: a command works with it, or one line says what is wrong."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartet.azure.settings import Settings
from services.shop import SHOP
from tests.cli.fuzzing import WORD, bounded, shell
from tests.cli.test_command_line import KEY

FINE: Final = {
    "EVENT_HUBS_CONNECTION_STRING": "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=v;"
    "UseDevelopmentEmulator=true;",
    "BLOB_CONNECTION_STRING": f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:1/a;",
    "COSMOS_CONNECTION_STRING": f"AccountEndpoint=http://127.0.0.1:1/;AccountKey={KEY};",
}
NAMES: Final = sorted(Settings.variables() | SHOP.variables | {"QUARTET_TIMEOUT_FACTOR"})
ODD: Final = [
    "",
    " ",
    "nan",
    "inf",
    "-1",
    "0",
    "1e999",
    "9" * 30,
    "simulated",
    "no.such:thing",
    "os:getcwd",
    "a:b:c",
    '"x"',
]
# Nothing of a host is made up: no name is asked for in the network.
PIECES: Final = st.sampled_from(
    [
        *(
            ";",
            "=",
            "Endpoint",
            "AccountEndpoint",
            "BlobEndpoint",
            "sb://",
            "http://",
            "https://",
            "127.0.0.1",
            ":1",
            "/",
        ),
        *(
            "SharedAccessKey",
            "SharedAccessKeyName",
            "AccountKey",
            KEY,
            "v",
            "AccountName",
            "a",
            "[",
            "]",
            "[::1]",
            ":",
            "@",
        ),
        *(":99999", ":x", "?", "#", "%", "%zz", "EntityPath", "UseDevelopmentEmulator=true", "\r", "\t", '"', "'", "é"),
    ]
)


@st.composite
def connection_strings(draw: st.DrawFn, fine: str) -> str:
    """A good one with pieces left out, put in or doubled."""
    pieces = re.findall(r"[^;=/:]+|[;=/:]", fine)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(pieces)))
        change = draw(st.sampled_from(["drop", "insert", "double"]))
        if change == "drop":
            del pieces[at : at + 1]
        elif change == "insert":
            pieces.insert(at, draw(PIECES))
        else:
            pieces[at:at] = pieces[at : at + 3]
    return "".join(pieces)


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    changed = {
        name: draw(st.one_of(st.just(value), connection_strings(value), st.sampled_from(ODD)))
        for name, value in FINE.items()
    }
    others = [name for name in NAMES if name not in FINE and not name.endswith(("NAMESPACE", "URL", "ENDPOINT"))]
    more = draw(st.dictionaries(st.sampled_from(others), st.one_of(st.sampled_from(ODD), WORD), max_size=2))
    return changed | more


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """These settings, and no others."""
    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            patch.delenv(name, raising=False)
        for name, value in values.items():
            patch.setenv(name, value)
        yield


def speaks_of_a_foreign_host(values: dict[str, str]) -> bool:
    """Whether a change has made a host name of what was none."""
    hosts = [host for value in values.values() for host in re.findall(r"//+([^/:;?#@]*)", value)]
    return any(host not in {"127.0.0.1", "", "[", "[::1]"} for host in hosts)


# These ask Cosmos DB first, whose refusal costs no repeats.
COMMANDS: Final = [
    ["status", "ord-1"],
    ["status", "--stuck"],
    ["audit"],
    ["dead-letters", "list"],
    ["doctor", "--json"],
]


@given(values=environments(), words=st.sampled_from(COMMANDS))
@bounded(60)
def test_no_setting_ends_in_a_bug(values: dict[str, str], words: list[str]) -> None:
    if not speaks_of_a_foreign_host(values):
        with environment(values):
            shell(words)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FINE])
@pytest.mark.parametrize("value", ["\x1b[2J", "é\udcff", "nan", " "])
def test_no_odd_value_of_any_setting_ends_in_a_bug(name: str, value: str) -> None:
    with environment(FINE | {name: value}):
        assert shell(["dead-letters", "list"]).status in {1, 2}
        assert os.environ[name] == value


@pytest.mark.parametrize("key", ["x", KEY[:-3], "é", "a b"])
def test_a_key_of_the_database_that_is_none_is_a_wrong_setting(key: str) -> None:
    with environment(FINE | {"COSMOS_CONNECTION_STRING": f"AccountEndpoint=http://127.0.0.1:1/;AccountKey={key};"}):
        ended = shell(["audit"])
    assert (ended.status, "COSMOS_CONNECTION_STRING" in ended.err) == (2, True)
