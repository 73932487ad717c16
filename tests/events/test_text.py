"""What CloudEvents allows in a String, and what is JSON in UTF-8, whatever the quick ways there say."""

import json
import sys
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import from_json

from quartet.events.json_text import read_json
from quartet.events.text import is_cloudevents_string

BOM = b"\xef\xbb\xbf"


def is_forbidden(character: str) -> bool:
    """By the specification: a control character, half of a surrogate pair, or a noncharacter."""
    place = ord(character)
    is_noncharacter = 0xFDD0 <= place <= 0xFDEF or place & 0xFFFE == 0xFFFE
    return unicodedata.category(character) in {"Cc", "Cs"} or is_noncharacter


def test_each_character_is_allowed_unless_the_specification_forbids_it() -> None:
    characters = map(chr, range(sys.maxunicode + 1))
    assert [one for one in characters if is_cloudevents_string(f"a{one}b") is is_forbidden(one)] == []


def read_slowly(body: bytes) -> object:
    """What `read_json` promises, in the order in which it says it."""
    rest = body.removeprefix(BOM)
    encoding = json.detect_encoding(rest)
    if not encoding.startswith("utf-8"):
        return f"is {encoding.upper()}, must be UTF-8"
    return "is empty" if not rest.strip() else parsed(rest)


def parsed(body: bytes) -> object:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        return str(error)


def read(body: bytes) -> object:
    try:
        return read_json(body)
    except ValueError as error:
        return str(error)


_heads = st.sampled_from([b'{"', b"{", b"[", b"{\0", b'{"\0', BOM, BOM + BOM, b"\xff\xfe", b"\0{", b"", b" "])
_rests = st.sampled_from([b"", b'a":1}', b'{"a":1}', b'a":NaN}', b'a":1,"a":2}', b"\0"]) | st.binary(max_size=8)
_encoded = st.builds(
    str.encode,
    st.sampled_from(['{"a": 1}', '{"', "{", "", '{"a": "東"}']),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]),
)


@given(st.builds(bytes.__add__, _heads, _rests) | _encoded)
@example(b'{"')
@example(b'{"\0\0')
def test_an_object_is_read_as_any_other_body_is(body: bytes) -> None:
    assert read(body) == read_slowly(body)
