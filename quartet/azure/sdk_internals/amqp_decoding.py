"""Decoding of AMQP messages that the SDK cannot decode.

The SDK knows no char, decimal32 or decimal64, has an error in decimal128, takes no lists as keys of maps, makes room
for as many elements as a list claims to have, and ends at Python's recursion limit. It raises inside its receiver,
which starts again at the same message: the partition would be stalled forever, in every consumer. So where it
raises, the message is decoded section by section and value by value, and what cannot be decoded stays bytes.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from azure.eventhub._pyamqp import _decode
from azure.eventhub._pyamqp.aio import _receiver_async
from azure.eventhub._pyamqp.message import Message, Properties

from quartet.azure.event_hubs.amqp_values import Undecoded

Decoder = Callable[[memoryview], tuple[memoryview, object]]

_ANNOTATIONS, _PROPERTIES, _APPLICATION_PROPERTIES, _DATA, _SEQUENCE, _VALUE = 0x72, 0x73, 0x74, 0x75, 0x76, 0x77
_MAPS: Final = {_ANNOTATIONS: "message_annotations", _APPLICATION_PROPERTIES: "application_properties"}
_CHAR: Final = 0x73
_COUNTED: Final = (0xD0, 0xF0)
# By the high half of a constructor: how many bytes a value has, or how many bytes hold its size (AMQP 1.0, 1.2.1).
_FIXED: Final = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_SIZED: Final = {0xA: ">B", 0xC: ">B", 0xE: ">B", 0xB: ">I", 0xD: ">I", 0xF: ">I"}
# Size and count of a list or a map.
_LISTS: Final = {0xC0: ">BB", 0xD0: ">II"}
_PAIRS: Final = {0xC1: ">BB", 0xD1: ">II"}
_DEEPEST: Final = 32


def install() -> None:
    """Let the SDK's receivers decode like this. Calling it again changes nothing."""
    vars(_receiver_async)["decode_payload"] = decode
    decoders = _decode._DECODE_BY_CONSTRUCTOR
    for code in _COUNTED:
        if not isinstance(decoders[code], _Counted):
            decoders[code] = _Counted(decoders[code])


def decode(payload: memoryview) -> Message:
    """What the SDK makes of an encoded message; if that fails, what can be made of it."""
    try:
        message = _decode.decode_payload(payload)
    except Exception:  # noqa: BLE001 -- whatever it raises, the message must get through
        message = decode_tolerantly(payload)
    # The SDK looks for the sequence number in there without looking first. A hub always writes a map.
    if message.message_annotations and not isinstance(message.message_annotations, dict):
        return message._replace(message_annotations=None)
    return message


class _Counted:
    """The SDK's decoder of a list or array, which makes room for as many elements as the bytes claim to have.

    Ten bytes can claim four billion. No list has more elements than bytes; an array of elements without bytes could,
    and has no use.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def __call__(self, buffer: memoryview) -> tuple[memoryview, object]:
        (count,) = struct.unpack_from(">I", buffer, 4)
        if count > len(buffer):
            raise ValueError(f"{count} elements in {len(buffer)} bytes")
        return self._decoder(buffer)


def decode_tolerantly(payload: memoryview) -> Message:
    """The message with everything that can be decoded. What cannot be is `Undecoded`, never missing.

    Header, delivery annotations and footer are left out: nothing here reads them.
    """
    found: dict[str, Any] = {}
    position = 0
    while position < len(payload):
        end = _end_of(payload, position)
        if end is None or bytes(payload[position : position + 2]) != b"\x00\x53":
            found.setdefault("value", Undecoded(payload[position:]))
            break
        _add_section(found, payload[position + 2], payload[position + 3 : end])
        position = end
    return Message(**found)


def _add_section(found: dict[str, Any], code: int, encoded: memoryview) -> None:
    value = _value(encoded)
    if code in _MAPS:
        found[_MAPS[code]] = value
    elif code == _PROPERTIES:
        fields: list[Any] = value if isinstance(value, list) else []
        found["properties"] = Properties(*fields[: len(Properties._fields)])
    elif code == _DATA:
        found.setdefault("data", []).append(value)
    elif code == _SEQUENCE:
        found.setdefault("sequence", []).append(value)
    elif code == _VALUE:
        found["value"] = value


def _value(encoded: memoryview, depth: int = 0) -> object:
    """The value, with `Undecoded` for it or for as little in it as possible."""
    code = encoded[0]
    try:
        if code == _CHAR:
            return bytes(encoded[1:]).decode("utf-32-be").encode()
        rest, value = _decode._DECODE_BY_CONSTRUCTOR[code](encoded[1:])
        if len(rest) == 0:
            return value
    except Exception:  # noqa: BLE001 -- as in `decode`
        elements = _elements(encoded) if depth < _DEEPEST else None
        if elements is not None:
            values = [_value(one, depth + 1) for one in elements]
            return values if code in _LISTS else _map(elements, values)
    return Undecoded(encoded)


def _map(encoded: list[memoryview], values: list[object]) -> dict[object, object]:
    """The map. A key that Python cannot have, or that another type has as well (a char and a string), stays encoded."""
    found: dict[object, object] = {}
    for one, key, value in zip(encoded[::2], values[::2], values[1::2], strict=True):
        found[Undecoded(one) if isinstance(key, list | dict) or key in found else key] = value
    return found


def _elements(encoded: memoryview) -> list[memoryview] | None:
    """The encoded values in a list or map; None if it is neither, or not whole."""
    layout = _LISTS.get(encoded[0]) or _PAIRS.get(encoded[0])
    if layout is None or len(encoded) <= struct.calcsize(layout):
        return None
    elements: list[memoryview] = []
    _, count = struct.unpack_from(layout, encoded, 1)
    position = 1 + struct.calcsize(layout)
    while position < len(encoded):
        end = _end_of(encoded, position)
        if end is None:
            return None
        elements.append(encoded[position:end])
        position = end
    is_odd = encoded[0] in _PAIRS and count % 2
    return None if is_odd or count != len(elements) else elements


def _end_of(data: memoryview, position: int) -> int | None:
    """Where the value at this position ends; None if it is not whole. It is not decoded, and not descended into."""
    remaining = 1
    while remaining:
        if position >= len(data):
            return None
        code, remaining = data[position], remaining - 1
        if code == 0:  # described: a descriptor and a value follow
            position, remaining = position + 1, remaining + 2
            continue
        size = _size(data, position, code >> 4)
        if size is None:
            return None
        position += size
    return position if position <= len(data) else None


def _size(data: memoryview, position: int, kind: int) -> int | None:
    if kind in _FIXED:
        return 1 + _FIXED[kind]
    layout = _SIZED.get(kind)
    if layout is None or position + 1 + struct.calcsize(layout) > len(data):
        return None
    (size,) = struct.unpack_from(layout, data, position + 1)
    return 1 + struct.calcsize(layout) + int(size)
