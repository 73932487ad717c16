"""How AMQP 1.0 frames lie in the byte stream.

Source: AMQP 1.0, part 2 (transport), sections 2.2 and 2.3.
"""

import struct

from quartet_emulators.event_hubs.decoding import DecodeError, decode
from quartet_emulators.event_hubs.errors import FRAMING_ERROR, AmqpError
from quartet_emulators.event_hubs.performatives import PERFORMATIVES, Performative
from quartet_emulators.event_hubs.types import Described

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
HEADER_SIZE = 8
EMPTY_FRAME = b"\x00\x00\x00\x08\x02\x00\x00\x00"
AMQP_FRAME, SASL_FRAME = 0, 1

_HEADER = struct.Struct(">IBBH")
_DATA_OFFSET = 2
"""Where the body begins, in words of four bytes; no extended headers are written."""


def write_frame(channel: int, body: bytes, payload: bytes = b"", kind: int = AMQP_FRAME) -> bytes:
    """One whole frame."""
    return _HEADER.pack(HEADER_SIZE + len(body) + len(payload), _DATA_OFFSET, kind, channel) + body + payload


def read_size(data: bytes, position: int, max_frame_size: int) -> int:
    """The size of the frame that begins at ``position``.

    Raises:
        AmqpError: it is smaller than a header, or larger than was agreed.
    """
    size = int.from_bytes(data[position : position + 4], "big")
    if not HEADER_SIZE <= size <= max_frame_size:
        raise AmqpError(FRAMING_ERROR, f"a frame of {size} bytes; frames have {HEADER_SIZE} to {max_frame_size} bytes")
    return size


def read_frame(frame: bytes) -> tuple[int, int, Performative | None, bytes]:
    """The frame's kind, its channel, its performative (none if it is empty) and the payload behind that.

    Raises:
        AmqpError: it is not a valid frame, or the performative is unknown.
    """
    size, data_offset, kind, channel = _HEADER.unpack_from(frame)
    if data_offset < _DATA_OFFSET or data_offset * 4 > size or kind not in (AMQP_FRAME, SASL_FRAME):
        raise AmqpError(FRAMING_ERROR, f"a frame of kind {kind} with data offset {data_offset}")
    if data_offset * 4 == size:
        return kind, channel, None, b""
    body, position = decode(frame, data_offset * 4)
    if not isinstance(body, Described) or not isinstance(body.value, list):
        raise DecodeError("a frame body is not a described list")
    cls = PERFORMATIVES.get(body.descriptor) if isinstance(body.descriptor, int) else None
    if cls is None:
        raise DecodeError(f"unknown performative {body.descriptor!r}")
    return kind, channel, cls.from_values(body.value), frame[position:]
