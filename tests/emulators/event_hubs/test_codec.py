"""AMQP values: what is written can be read, and what strangers write cannot do harm."""

import math
from contextlib import suppress
from uuid import UUID

import pytest
from azure.eventhub._pyamqp._decode import decode_payload
from hypothesis import given
from hypothesis import strategies as st
from quartet_emulators.event_hubs.decoding import DecodeError, decode, skip
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.frames import read_frame, write_frame
from quartet_emulators.event_hubs.performatives import PERFORMATIVES, Attach, Begin, Flow, Performative, Transfer
from quartet_emulators.event_hubs.types import (
    Array,
    Byte,
    Char,
    Decimal,
    Described,
    Float,
    Int,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)


def _whole(kind: type[int], bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.integers(low, high).map(kind)


ASCII = st.text(st.characters(max_codepoint=127))
PRIMITIVES: list[st.SearchStrategy[object]] = [
    st.booleans(),
    _whole(UByte, 8, signed=False),
    _whole(UShort, 16, signed=False),
    _whole(UInt, 32, signed=False),
    _whole(ULong, 64, signed=False),
    _whole(Byte, 8, signed=True),
    _whole(Short, 16, signed=True),
    _whole(Int, 32, signed=True),
    _whole(int, 64, signed=True),
    _whole(Timestamp, 64, signed=True),
    st.floats(width=32, allow_nan=False).map(Float),
    st.floats(allow_nan=False),
    st.characters().map(Char),
    st.uuids(),
    st.binary(min_size=16, max_size=16).map(Decimal),
    st.binary(max_size=300),
    st.text(max_size=300),
    ASCII.map(Symbol),
]
SIMPLE = st.one_of(st.none(), *PRIMITIVES)
ARRAYS = st.one_of(*(st.lists(kind, max_size=5).map(Array) for kind in PRIMITIVES))
VALUES = st.recursive(
    SIMPLE | ARRAYS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.text(max_size=5) | st.uuids(), inner, max_size=5),
        st.builds(Described, SIMPLE, inner),
    ),
    max_leaves=20,
)


def types_of(value: object) -> object:
    """The types in a value, because 1 == UInt(1) == True."""
    if isinstance(value, list):
        return [types_of(item) for item in value]
    if isinstance(value, dict):
        return {key: types_of(item) for key, item in value.items()}
    if isinstance(value, Array):
        return Array([types_of(item) for item in value.items])
    if isinstance(value, Described):
        return Described(types_of(value.descriptor), types_of(value.value))
    return type(value)


@given(VALUES)
def test_written_values_can_be_read(value: object) -> None:
    data = encode(value)
    read, end = decode(data)
    assert (read, end) == (value, len(data))
    assert types_of(read) == types_of(value)
    assert skip(data, 0) == len(data)


@given(VALUES, st.integers(min_value=1))
def test_a_value_that_is_cut_off_is_an_error(value: object, missing: int) -> None:
    data = encode(value)
    with pytest.raises(DecodeError):
        decode(data[: max(0, len(data) - missing)])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_an_error(data: bytes) -> None:
    for read in (decode, skip):
        with suppress(DecodeError):  # and nothing else
            read(data, 0)


@given(st.sampled_from(sorted(PERFORMATIVES)), st.lists(VALUES, max_size=15))
def test_any_list_is_a_frame_or_an_error(code: int, values: list[object]) -> None:
    frame = write_frame(0, b"\x00\x53" + bytes([code]) + encode(values))
    try:
        _, _, performative, _ = read_frame(frame)
    except DecodeError:
        return
    assert isinstance(performative, Performative)
    assert decode(performative.encode())[1] > 0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xc0\x03\xff\x40\x40", "more items"),
        (b"\xd0\x00\x00\x00\x05\xff\xff\xff\xff\x40", "more items"),
        (b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40", "more elements"),
        (b"\xc1\x04\x03\x40\x40\x40", "without a value"),
        (b"\xc1\x04\x02\x45\x40\x40"[:5] + b"", "another size|ends before"),
        (b"\xc1\x03\x02\x45\x40", "as key"),
        (b"\x3f", "unknown constructor"),
        (b"\xa1\x01\xff", "not valid"),
        (b"\x00" * 5000, "nested deeper"),
        (b"\xc0\x02\x01" * 40 + b"\x40", "nested deeper|another size|ends before"),
    ],
)
def test_bytes_that_would_do_harm_are_errors(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode(data)


@pytest.mark.parametrize(
    "value", [UInt(2**32), ULong(-1), 2**63, Symbol("café"), object(), Array([1, "a"]), Decimal(b"abc"), math]
)
def test_a_value_without_an_amqp_form_cannot_be_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"AMQP type|one primitive type|a decimal has"):
        encode(value)


@pytest.mark.parametrize(
    ("performative", "count"),
    [
        (Begin(next_outgoing_id=0, incoming_window=1, outgoing_window=1), 8),
        (Attach(name="a", handle=0, role=True), 14),
        (Transfer(handle=0), 11),
        (Flow(incoming_window=1, next_outgoing_id=0, outgoing_window=1), 11),
    ],
)
def test_every_field_is_written_because_the_sdk_counts_them(performative: Performative, count: int) -> None:
    body, _ = decode(performative.encode())
    assert isinstance(body, Described)
    assert isinstance(body.value, list)
    assert len(body.value) == count


def test_the_sdk_reads_what_we_write() -> None:
    value = {"a": [1, UInt(300), None], "b": UUID(int=1), "c": Timestamp(5), "d": "x" * 300}
    message = decode_payload(memoryview(b"\x00\x53\x77" + encode(value)))
    expected = {b"a": [1, 300, None], b"b": UUID(int=1), b"c": 5, b"d": b"x" * 300}
    assert message.value == expected
