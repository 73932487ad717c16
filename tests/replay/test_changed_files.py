"""A recording that was edited or damaged: an error or a finding, and never a traceback."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from quartet.replay.file import recordings_in
from quartet.replay.recording import RecordingError
from quartet.replay.verdict import Verdict
from quartet.replay.verifying import verify
from services.shop import SHOP

FILE = Path(__file__).parents[2] / "samples" / "recordings" / "failing.jsonl"
TEXT = FILE.read_text()
LINES = [json.loads(line) for line in TEXT.splitlines()]
FIRST = LINES[: LINES[0]["lines"] + 1]

Place: TypeAlias = tuple[Any, Any]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.text(max_size=5)
    | st.sampled_from(["payment", "decided", "$"]),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.sampled_from(["$", "of", "type", "x"]), some),
    max_leaves=5,
)


def places(value: Any) -> Iterator[Place]:  # noqa: ANN401 -- JSON
    """Every container in it, with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


COUNT = sum(1 for _ in places(FIRST))


@settings(max_examples=400)
@given(st.integers(0, COUNT - 1), st.none() | JSON.map(lambda value: [value]))
def test_one_changed_value_is_an_error_or_a_verdict(number: int, instead: list[Any] | None) -> None:
    lines = copy.deepcopy(FIRST)
    container, key = list(places(lines))[number]
    if instead is None:
        del container[key]
    else:
        container[key] = instead[0]
    try:
        recordings = list(recordings_in("\n".join(map(json.dumps, lines)), "changed"))
    except RecordingError as error:
        line = str(error)
    else:
        line = "changed"
        assert isinstance(verify(SHOP, recordings), Verdict)
    assert line.startswith("changed")


@given(st.integers(1, len(TEXT) - 2))
def test_a_file_that_is_cut_off_anywhere_is_noticed(end: int) -> None:
    """At the end of a saga, too, the next one would be missing: but that is a whole file, of fewer sagas."""
    try:
        recordings = list(recordings_in(TEXT[:end], "cut"))
    except RecordingError:
        return
    ends = {sum(len(line) + 1 for line in TEXT.splitlines()[:number]) for number in range(len(LINES) + 1)}
    assert {end, end + 1} & ends
    assert verify(SHOP, recordings).is_good()
