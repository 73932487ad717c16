"""Bytes to AMQP 1.0 values, with every length checked: the bytes are not trusted.

Source: AMQP 1.0, part 1 (types), section 1.6.
"""

import struct
from collections.abc import Callable
from uuid import UUID

from quartet_emulators.event_hubs.errors import DECODE_ERROR, AmqpError
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

MAX_DEPTH = 32
"""How deep values may be nested; no real message comes near it."""

MAX_EMPTY_ELEMENTS = 1024
"""How many elements an array may have whose elements take no bytes: its size says nothing."""

_UINT = struct.Struct(">I").unpack_from

_Decoder = Callable[[bytes, int, int], tuple[object, int]]


class DecodeError(AmqpError):
    """The bytes are not AMQP."""

    def __init__(self, description: str) -> None:
        super().__init__(DECODE_ERROR, description)


def decode(data: bytes, position: int = 0) -> tuple[object, int]:
    """Decode the value at ``position``; returns it with the position behind it.

    Raises:
        DecodeError: there is no complete, valid value.
    """
    try:
        return _value(data, position, 0)
    except (IndexError, struct.error) as error:
        raise DecodeError("a value ends before its length") from error
    except (UnicodeDecodeError, OverflowError, ValueError) as error:
        raise DecodeError(f"a value is not valid: {error}") from error


def skip(data: bytes, position: int) -> int:
    """The position behind the value at ``position``, whose inside is not looked at.

    Raises:
        DecodeError: the value is not complete.
    """
    try:
        code = data[position]
        while code == 0:
            position = skip(data, position + 1)
            code = data[position]
        width = code >> 4
        if width in _FIXED_WIDTHS:
            end = position + 1 + _FIXED_WIDTHS[width]
        elif width in _SHORT_LENGTHS:
            end = position + 2 + data[position + 1]
        elif width in _LONG_LENGTHS:
            end = position + 5 + _UINT(data, position + 1)[0]
        else:
            raise DecodeError(f"unknown constructor 0x{code:02x}")
    except (IndexError, struct.error, RecursionError) as error:
        raise DecodeError("a value ends before its length") from error
    if end > len(data):
        raise DecodeError("a value ends before its length")
    return end


_FIXED_WIDTHS = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_SHORT_LENGTHS = {0xA, 0xC, 0xE}
_LONG_LENGTHS = {0xB, 0xD, 0xF}


def _value(data: bytes, position: int, depth: int) -> tuple[object, int]:
    code = data[position]
    if code == 0:
        return _described(data, position + 1, depth)
    decoder = _DECODERS[code]
    if decoder is None:
        raise DecodeError(f"unknown constructor 0x{code:02x}")
    return decoder(data, position + 1, depth)


def _described(data: bytes, position: int, depth: int) -> tuple[object, int]:
    _check_depth(depth)
    descriptor, position = _value(data, position, depth + 1)
    value, position = _value(data, position, depth + 1)
    return Described(descriptor, value), position


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise DecodeError(f"values are nested deeper than {MAX_DEPTH}")


def _constant(value: object) -> _Decoder:
    return lambda _data, position, _depth: (value, position)


def _fixed(layout: str, kind: Callable[[int], object] | None = None) -> _Decoder:
    unpack, width = struct.Struct(layout).unpack_from, struct.calcsize(layout)

    def decoder(data: bytes, position: int, _depth: int) -> tuple[object, int]:
        (value,) = unpack(data, position)
        return (kind(value) if kind else value), position + width

    return decoder


def _bytes(width: int, kind: Callable[[bytes], object]) -> _Decoder:
    def decoder(data: bytes, position: int, _depth: int) -> tuple[object, int]:
        return kind(_take(data, position, width)), position + width

    return decoder


def _take(data: bytes, position: int, width: int) -> bytes:
    if position + width > len(data):
        raise IndexError
    return data[position : position + width]


def _variable(*, wide: bool, kind: Callable[[bytes], object]) -> _Decoder:
    def decoder(data: bytes, position: int, _depth: int) -> tuple[object, int]:
        width = _UINT(data, position)[0] if wide else data[position]
        start = position + (4 if wide else 1)
        return kind(_take(data, start, width)), start + width

    return decoder


def _compound_header(data: bytes, position: int, *, wide: bool) -> tuple[int, int, int]:
    """Returns the count, the position of the first item and the position of the end."""
    if wide:
        size, count, start = _UINT(data, position)[0], _UINT(data, position + 4)[0], position + 8
        end = position + 4 + size
    else:
        size, count, start = data[position], data[position + 1], position + 2
        end = position + 1 + size
    if end > len(data) or start > end:
        raise IndexError
    return count, start, end


def _items(data: bytes, position: int, depth: int, *, wide: bool) -> tuple[list[object], int]:
    _check_depth(depth)
    count, position, end = _compound_header(data, position, wide=wide)
    if count > end - position:
        raise DecodeError("a list or map says more items than it has bytes")
    values: list[object] = []
    for _ in range(count):
        value, position = _value(data, position, depth + 1)
        values.append(value)
    if position != end:
        raise DecodeError("a list or map has another size than it says")
    return values, end


def _list(*, wide: bool) -> _Decoder:
    return lambda data, position, depth: _items(data, position, depth, wide=wide)


def _map(*, wide: bool) -> _Decoder:
    def decoder(data: bytes, position: int, depth: int) -> tuple[object, int]:
        parts, end = _items(data, position, depth, wide=wide)
        if len(parts) % 2:
            raise DecodeError("a map has a key without a value")
        try:
            return dict(zip(parts[::2], parts[1::2], strict=True)), end
        except TypeError as error:
            raise DecodeError("a map has a list or a map as key") from error

    return decoder


def _array(*, wide: bool) -> _Decoder:
    def decoder(data: bytes, position: int, depth: int) -> tuple[object, int]:
        _check_depth(depth)
        count, position, end = _compound_header(data, position, wide=wide)
        if count == 0:
            return Array([]), end  # with or without an element constructor: both are seen
        descriptor: object = None
        described = data[position] == 0
        if described:
            descriptor, position = _value(data, position + 1, depth + 1)
        code, position = data[position], position + 1
        element = _DECODERS[code]
        if element is None:
            raise DecodeError(f"unknown constructor 0x{code:02x}")
        limit = MAX_EMPTY_ELEMENTS if position == end else end - position
        if count > limit:
            raise DecodeError("an array says more elements than it has bytes")
        values: list[object] = []
        for _ in range(count):
            value, position = element(data, position, depth + 1)
            values.append(Described(descriptor, value) if described else value)
        if position != end:
            raise DecodeError("an array has another size than it says")
        return Array(values), end

    return decoder


def _utf8(data: bytes) -> str:
    return data.decode()


def _symbol(data: bytes) -> Symbol:
    return Symbol(data.decode("ascii"))


def _table(decoders: dict[int, _Decoder]) -> list[_Decoder | None]:
    return [decoders.get(code) for code in range(256)]


_DECODERS = _table(
    {
        0x40: _constant(None),
        0x41: _constant(True),
        0x42: _constant(False),
        0x43: _constant(UInt(0)),
        0x44: _constant(ULong(0)),
        0x45: lambda _data, position, _depth: ([], position),
        0x50: _fixed(">B", UByte),
        0x51: _fixed(">b", Byte),
        0x52: _fixed(">B", UInt),
        0x53: _fixed(">B", ULong),
        0x54: _fixed(">b", Int),
        0x55: _fixed(">b"),
        0x56: _fixed(">B", bool),
        0x60: _fixed(">H", UShort),
        0x61: _fixed(">h", Short),
        0x70: _fixed(">I", UInt),
        0x71: _fixed(">i", Int),
        0x72: _fixed(">f", Float),
        0x73: _fixed(">I", lambda value: Char(chr(value))),
        0x74: _bytes(4, Decimal),
        0x80: _fixed(">Q", ULong),
        0x81: _fixed(">q"),
        0x82: _fixed(">d"),
        0x83: _fixed(">q", Timestamp),
        0x84: _bytes(8, Decimal),
        0x94: _bytes(16, Decimal),
        0x98: _bytes(16, lambda data: UUID(bytes=data)),
        0xA0: _variable(wide=False, kind=bytes),
        0xA1: _variable(wide=False, kind=_utf8),
        0xA3: _variable(wide=False, kind=_symbol),
        0xB0: _variable(wide=True, kind=bytes),
        0xB1: _variable(wide=True, kind=_utf8),
        0xB3: _variable(wide=True, kind=_symbol),
        0xC0: _list(wide=False),
        0xC1: _map(wide=False),
        0xD0: _list(wide=True),
        0xD1: _map(wide=True),
        0xE0: _array(wide=False),
        0xF0: _array(wide=True),
    }
)
