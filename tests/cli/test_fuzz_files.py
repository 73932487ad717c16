"""Whatever is in a file: it is read, or one line says what is wrong with it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.operations.samples import CATALOGUE, sample
from tests.cli.fuzzing import bounded, shell

ORDER: dict[str, Any] = json.loads(sample("one-at-a-time.jsonl").read_text(encoding="utf-8").splitlines()[0])
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "/shop",
    "type": "OrderCreated.v1",
    "subject": ORDER["order_id"],
    "time": "2026-03-01T12:00:00Z",
    "datacontenttype": "application/json",
    "data": ORDER,
}
PRODUCT: dict[str, Any] = json.loads(sample(CATALOGUE).read_text(encoding="utf-8"))[0]

TEXT = st.text(st.characters(categories=None), max_size=20)
VALUE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([10**4000, -(10**400), 1e308, float("nan"), float("inf"), 2.0, -0.0]),
        TEXT,
        st.sampled_from(["2026-03-01T24:00:00Z", "1e999999999", "NaN", "1" * 5000, "OrderCreated.v1"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed(draw: st.DrawFn, value: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON
    """A valid document of which some values are others, at any depth."""
    document = json.loads(json.dumps(value))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], (dict, list)) and draw(st.booleans()):
                place = place[key]
                continue
            place[key] = draw(VALUE)
            break
    return document


DOCUMENT = st.one_of(VALUE, changed(ORDER), changed(EVENT), changed(PRODUCT), st.lists(changed(PRODUCT), max_size=3))
CONTENT = st.one_of(
    st.binary(max_size=60),
    DOCUMENT.map(lambda value: dumped(value).encode("utf-8", "surrogatepass")),
    DOCUMENT.map(lambda value: dumped(value, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    DOCUMENT.map(lambda value: dumped(value).encode("utf-16")),
    st.lists(DOCUMENT, max_size=3).map(lambda values: "\n".join(map(dumped, values)).encode()),
    st.tuples(DOCUMENT, st.integers(0, 200)).map(lambda pair: dumped(pair[0]).encode()[: pair[1]]),
)


def dumped(value: object, *, ensure_ascii: bool = True) -> str:
    """JSON as Python writes it, with integers of any length."""
    return json.dumps(value, ensure_ascii=ensure_ascii)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is sent: the settings are wrong, and they are looked at after the file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUCKETS", "0")
    return tmp_path


@given(content=CONTENT, flags=st.sampled_from([[], ["--raw"], ["--json"], ["--wait"]]), stdin=st.booleans())
@example(content=b"[" * 100_000, flags=[], stdin=False)
@example(content=b'{"a":' * 100_000, flags=["--raw"], stdin=False)
@example(content=b"1" * 5_000, flags=["--raw"], stdin=False)
@example(content=b'{"order_id": ' + b"1" * 5_000 + b"}", flags=["--raw"], stdin=True)
@example(content=b"\xff", flags=[], stdin=True)
@bounded(150)
def test_no_file_of_orders_ends_in_a_bug(directory: Path, content: bytes, flags: list[str], stdin: bool) -> None:
    path = directory / "orders.json"
    path.write_bytes(content)
    shell(["publish", "-" if stdin else str(path), *flags], content)


@given(content=CONTENT)
@bounded(80)
def test_no_catalogue_ends_in_a_bug(directory: Path, content: bytes) -> None:
    path = directory / "catalogue.json"
    path.write_bytes(content)
    shell(["seed", str(path)])
    shell(["publish", "--count", "3", "--catalogue", str(path)])


@pytest.mark.parametrize(
    "words", [["seed", "FILE"], ["publish", "FILE"], ["publish", "--count", "1", "--catalogue", "FILE"]]
)
@pytest.mark.parametrize("kind", ["directory", "pipe", "loop", "long name", "below a file", "odd bytes", "unreadable"])
def test_a_path_that_is_not_a_file_is_reported(directory: Path, words: list[str], kind: str) -> None:
    path = directory / "place"
    match kind:
        case "directory":
            path.mkdir()
        case "loop":
            path.symlink_to(path)
        case "long name":
            path = directory / ("x" * 5_000)
        case "below a file":
            path.write_text("")
            path /= "child"
        case "odd bytes":
            path = directory / os.fsdecode(b"caf\xe9")
        case "pipe":
            path = Path("/dev/null")
        case _:
            path = Path("/proc/self/mem")
    ended = shell([str(path) if word == "FILE" else word for word in words])
    assert ended.status in {1, 2}
    assert len(ended.err.splitlines()) == 1
