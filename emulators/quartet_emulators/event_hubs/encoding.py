"""AMQP 1.0 values to bytes.

Source: AMQP 1.0, part 1 (types), section 1.6.
"""

import struct
from collections.abc import Callable, Iterable
from uuid import UUID

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

_UINT = struct.Struct(">I")
_SIGNED_BYTE = range(-128, 128)
_DECIMAL_CODES = {4: b"\x74", 8: b"\x84", 16: b"\x94"}


def encode(value: object) -> bytes:
    """Encode one value in its shortest form.

    Raises:
        ValueError: the value does not fit its type, or has no AMQP type.
    """
    encoder = _COMPACT.get(type(value)) or _WIDE.get(type(value))
    if encoder is None:
        raise ValueError(f"no AMQP type for {type(value).__name__}")
    try:
        return encoder(value)
    except (struct.error, UnicodeEncodeError) as error:
        raise ValueError(f"{value!r} does not fit its AMQP type: {error}") from error


def encode_list(encoded_items: list[bytes]) -> bytes:
    """Join items that are encoded already into a list that is never the empty-list constructor."""
    return _compound(b"\xc0", b"\xd0", encoded_items)


def _fixed(code: int, layout: str) -> Callable[[object], bytes]:
    pack = struct.Struct(layout).pack
    constructor = bytes([code])
    return lambda value: constructor + pack(value)


def _variable(narrow: bytes, wide: bytes, data: bytes) -> bytes:
    if len(data) < 256:  # noqa: PLR2004 - one byte of length
        return narrow + bytes([len(data)]) + data
    return wide + _UINT.pack(len(data)) + data


def _compound(narrow: bytes, wide: bytes, items: Iterable[bytes]) -> bytes:
    parts = list(items)
    body = b"".join(parts)
    if len(body) < 255 and len(parts) < 256:  # noqa: PLR2004 - one byte of size, one of count
        return narrow + bytes([len(body) + 1, len(parts)]) + body
    return wide + _UINT.pack(len(body) + 4) + _UINT.pack(len(parts)) + body


def _small_uint(value: object) -> bytes:
    if value == 0:
        return b"\x43"
    return _narrow(value, b"\x52") or _WIDE[UInt](value)


def _small_ulong(value: object) -> bytes:
    if value == 0:
        return b"\x44"
    return _narrow(value, b"\x53") or _WIDE[ULong](value)


def _narrow(value: object, constructor: bytes) -> bytes | None:
    return constructor + bytes([value]) if isinstance(value, int) and 0 <= value < 256 else None  # noqa: PLR2004


def _small_int(value: object) -> bytes:
    return b"\x54" + struct.pack(">b", value) if value in _SIGNED_BYTE else _WIDE[Int](value)


def _small_long(value: object) -> bytes:
    return b"\x55" + struct.pack(">b", value) if value in _SIGNED_BYTE else _WIDE[int](value)


def _map(value: object) -> bytes:
    assert isinstance(value, dict)  # noqa: S101 - the dispatch table guarantees it
    return _compound(b"\xc1", b"\xd1", (encode(part) for pair in value.items() for part in pair))


def _list(value: object) -> bytes:
    assert isinstance(value, list)  # noqa: S101 - the dispatch table guarantees it
    return _compound(b"\xc0", b"\xd0", (encode(item) for item in value)) if value else b"\x45"


def _described(value: object) -> bytes:
    assert isinstance(value, Described)  # noqa: S101 - the dispatch table guarantees it
    return b"\x00" + encode(value.descriptor) + encode(value.value)


def _decimal(value: object) -> bytes:
    assert isinstance(value, Decimal)  # noqa: S101 - the dispatch table guarantees it
    if len(value.data) not in _DECIMAL_CODES:
        raise ValueError("a decimal has 4, 8 or 16 bytes")
    return _DECIMAL_CODES[len(value.data)] + value.data


def _array(value: object) -> bytes:
    """All elements share the widest constructor of their type, which is always one byte."""
    assert isinstance(value, Array)  # noqa: S101 - the dispatch table guarantees it
    if not value.items:
        return b"\xe0\x02\x00\x40"
    kind = type(value.items[0])
    if kind not in _WIDE or any(type(item) is not kind for item in value.items):
        raise ValueError("the elements of an array have one primitive type")
    encoded = [_WIDE[kind](item) for item in value.items]
    if len({item[0] for item in encoded}) > 1:
        raise ValueError("the decimals of an array have one width")
    body = encoded[0][:1] + b"".join(item[1:] for item in encoded)
    return b"\xf0" + _UINT.pack(len(body) + 4) + _UINT.pack(len(value.items)) + body


def _wide_variable(code: bytes, to_bytes: Callable[[object], bytes]) -> Callable[[object], bytes]:
    def encoder(value: object) -> bytes:
        data = to_bytes(value)
        return code + _UINT.pack(len(data)) + data

    return encoder


def _utf8(value: object) -> bytes:
    return str(value).encode()


def _ascii(value: object) -> bytes:
    return str(value).encode("ascii")


def _raw(value: object) -> bytes:
    assert isinstance(value, bytes)  # noqa: S101 - the dispatch table guarantees it
    return value


_WIDE: dict[type, Callable[[object], bytes]] = {
    bool: lambda value: b"\x56\x01" if value else b"\x56\x00",
    UByte: _fixed(0x50, ">B"),
    UShort: _fixed(0x60, ">H"),
    UInt: _fixed(0x70, ">I"),
    ULong: _fixed(0x80, ">Q"),
    Byte: _fixed(0x51, ">b"),
    Short: _fixed(0x61, ">h"),
    Int: _fixed(0x71, ">i"),
    int: _fixed(0x81, ">q"),
    Timestamp: _fixed(0x83, ">q"),
    Float: _fixed(0x72, ">f"),
    float: _fixed(0x82, ">d"),
    Char: lambda value: b"\x73" + _UINT.pack(ord(str(value))),
    UUID: lambda value: b"\x98" + UUID(str(value)).bytes,
    Decimal: _decimal,
    bytes: _wide_variable(b"\xb0", _raw),
    str: _wide_variable(b"\xb1", _utf8),
    Symbol: _wide_variable(b"\xb3", _ascii),
}
_COMPACT: dict[type, Callable[[object], bytes]] = {
    type(None): lambda _: b"\x40",
    bool: lambda value: b"\x41" if value else b"\x42",
    UInt: _small_uint,
    ULong: _small_ulong,
    Int: _small_int,
    int: _small_long,
    bytes: lambda value: _variable(b"\xa0", b"\xb0", _raw(value)),
    str: lambda value: _variable(b"\xa1", b"\xb1", _utf8(value)),
    Symbol: lambda value: _variable(b"\xa3", b"\xb3", _ascii(value)),
    list: _list,
    dict: _map,
    Array: _array,
    Described: _described,
}
