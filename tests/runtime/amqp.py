"""Encoded AMQP messages of every kind, valid and not, as strangers may send them."""

from collections.abc import Iterable, Mapping

from azure.eventhub import EventData
from hypothesis import strategies as st
from quartet_emulators.event_hubs.encoding import encode, encode_list
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

from quartet.azure.sdk_internals.amqp_decoding import decode, install

PLACE: Mapping[object, object] = {Symbol("x-opt-sequence-number"): 7, Symbol("x-opt-offset"): "4096"}
"""What the hub adds."""

_symbols = st.text(st.characters(max_codepoint=127), max_size=10).map(Symbol)
_integers = st.integers(-128, 127)
scalars: st.SearchStrategy[object] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.uuids(),
    st.integers(0, 2**64 - 1).map(ULong),
    st.integers(0, 255).map(UByte),
    st.integers(0, 65535).map(UShort),
    st.integers(0, 2**32 - 1).map(UInt),
    _integers.map(Byte),
    _integers.map(Short),
    _integers.map(Int),
    st.integers(-(2**63), 2**63 - 1).map(Timestamp),
    st.floats(width=32).map(Float),
    st.characters().map(Char),
    _symbols,
    st.sampled_from([4, 8, 16]).flatmap(lambda width: st.binary(min_size=width, max_size=width)).map(Decimal),
)
"""A value of any primitive type."""

values: st.SearchStrategy[object] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(scalars, inner, max_size=4),
        st.builds(Described, scalars | st.lists(scalars, max_size=2), inner),
        st.lists(st.integers(-9, 9), max_size=4).map(lambda items: Array([*items])),
        st.lists(_symbols, max_size=4).map(lambda items: Array([*items])),
    ),
    max_leaves=8,
)
"""A value of any type."""


def section(code: int, encoded: bytes) -> bytes:
    return b"\x00\x53" + bytes([code]) + encoded


def message(
    *bodies: tuple[int, bytes], properties: bytes = b"", content_type: bytes = b"", place: bool = True
) -> bytes:
    """An encoded message; what is empty is left out."""
    parts = [section(0x72, encode(dict(PLACE)))] if place else []
    if content_type:
        parts.append(section(0x73, encode_list([b"\x40"] * 6 + [content_type])))
    if properties:
        parts.append(section(0x74, properties))
    return b"".join([*parts, *(section(code, encoded) for code, encoded in bodies)])


def data(*sections: bytes) -> list[tuple[int, bytes]]:
    return [(0x75, encode(one)) for one in sections]


def value(of: object) -> tuple[int, bytes]:
    return 0x77, encode(of)


def sequence(*of: Iterable[object]) -> list[tuple[int, bytes]]:
    return [(0x76, encode(list(one))) for one in of]


def received(encoded: bytes) -> EventData:
    """The event that the SDK's receiver makes of the bytes."""
    install()
    return EventData._from_message(decode(memoryview(encoded)))  # noqa: SLF001 -- as its receiver does
