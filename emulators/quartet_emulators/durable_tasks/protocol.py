"""The messages of the Durable Task protocol, and how they lie on the wire.

This is the only module that imports what is private in the package `durabletask`: its compiled protocol definitions.
A second copy of the same definitions cannot be loaded into a process, and tests load the SDK beside the emulator.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import StringValue

__all__ = ["MICROSECONDS", "Method", "StringValue", "Timestamp", "methods", "pb"]

MICROSECONDS: Final = 1_000_000
"""In a second. All times in the store are whole microseconds since 1970."""

_SERVICE: Final = pb.DESCRIPTOR.services_by_name["TaskHubSidecarService"]
_SMALL: Final = 0x80  # a byte of a varint holds seven bits

COMPLETED: Final = pb.ORCHESTRATION_STATUS_COMPLETED
FAILED: Final = pb.ORCHESTRATION_STATUS_FAILED
TERMINATED: Final = pb.ORCHESTRATION_STATUS_TERMINATED
PENDING: Final = pb.ORCHESTRATION_STATUS_PENDING
RUNNING: Final = pb.ORCHESTRATION_STATUS_RUNNING
SUSPENDED: Final = pb.ORCHESTRATION_STATUS_SUSPENDED
CONTINUED_AS_NEW: Final = pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW
ENDED: Final = (COMPLETED, FAILED, TERMINATED, pb.ORCHESTRATION_STATUS_CANCELED)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the service: its name, its full path, what it takes, and whether it answers with a stream."""

    name: str
    path: str
    request: type[Message]
    streams: bool


def methods() -> list[Method]:
    """All methods of the service."""
    return [
        Method(
            method.name, f"/{_SERVICE.full_name}/{method.name}", GetMessageClass(method.input_type),
            bool(method.server_streaming),
        )
        for method in _SERVICE.methods
    ]  # fmt: skip


def text(value: str | None) -> StringValue | None:
    """An optional text as a field."""
    return None if value is None else StringValue(value=value)


def timestamp(microseconds: int) -> Timestamp:
    """A time as a field."""
    seconds, rest = divmod(microseconds, MICROSECONDS)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def microseconds(time: Timestamp) -> int:
    """A field as a time."""
    return time.seconds * MICROSECONDS + time.nanos // 1000


def field(message: type[Message], name: str, data: bytes) -> bytes:
    """A length-delimited field of a message, to be joined with others: so what is stored is never parsed to be sent."""
    return _tag(message, name) + _varint(len(data)) + data


def fields(message: type[Message], name: str, many: Iterable[bytes]) -> bytes:
    """A repeated field."""
    tag = _tag(message, name)
    return b"".join(part for data in many for part in (tag, _varint(len(data)), data))


def chunks(events: bytes, most: int) -> Iterator[pb.HistoryChunk]:
    """Stored history as chunks of about `most` bytes."""
    chunk, size = pb.HistoryChunk(), 0
    for event in pb.OrchestratorRequest.FromString(events).pastEvents:
        chunk.events.append(event)
        size += event.ByteSize()
        if size >= most:
            yield chunk
            chunk, size = pb.HistoryChunk(), 0
    if size:
        yield chunk


def past(events: Iterable[bytes]) -> bytes:
    """Events as they are stored: as the past events of a request."""
    return fields(pb.OrchestratorRequest, "pastEvents", events)


def _tag(message: type[Message], name: str) -> bytes:
    key = message, name
    if key not in _TAGS:
        _TAGS[key] = _varint(message.DESCRIPTOR.fields_by_name[name].number << 3 | 2)
    return _TAGS[key]


_TAGS: Final[dict[tuple[type[Message], str], bytes]] = {}


def _varint(number: int) -> bytes:
    if number < _SMALL:
        return bytes((number,))
    parts = bytearray()
    while number >= _SMALL:
        parts.append(number & 0x7F | _SMALL)
        number >>= 7
    parts.append(number)
    return bytes(parts)
