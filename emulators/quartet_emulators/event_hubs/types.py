"""The AMQP 1.0 types that Python has no type for.

A decoded value keeps its AMQP type, so that it can be sent back as it came (a message id that is a
``ulong`` must come back as one). Plain Python values mean the nearest AMQP type:
``None`` null, ``bool`` boolean, ``int`` long, ``float`` double, ``str`` string, ``bytes`` binary,
``uuid.UUID`` uuid, ``list`` list, ``dict`` map.

Source: AMQP 1.0, part 1 (types), section 1.6.
"""

from dataclasses import dataclass


class UByte(int):
    """An unsigned integer of 8 bits."""


class UShort(int):
    """An unsigned integer of 16 bits."""


class UInt(int):
    """An unsigned integer of 32 bits."""


class ULong(int):
    """An unsigned integer of 64 bits."""


class Byte(int):
    """A signed integer of 8 bits."""


class Short(int):
    """A signed integer of 16 bits."""


class Int(int):
    """A signed integer of 32 bits."""


class Timestamp(int):
    """Milliseconds since 1970-01-01T00:00Z."""


class Float(float):
    """An IEEE 754 binary32."""


class Char(str):
    """One Unicode character."""

    __slots__ = ()


class Symbol(str):
    """A name from a constrained domain, in ASCII."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Decimal:
    """An IEEE 754 decimal of 32, 64 or 128 bits, kept as the bytes it came in."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """A value with a descriptor that says what it means."""

    descriptor: object
    value: object


@dataclass(frozen=True, slots=True)
class Array:
    """Values of one type, encoded with one constructor."""

    items: list[object]
