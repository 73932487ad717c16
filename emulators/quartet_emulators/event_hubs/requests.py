"""Messages to and from management nodes, which are decoded whole."""

from dataclasses import dataclass

from quartet_emulators.event_hubs.decoding import DecodeError, decode
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.types import Described

_PROPERTIES, _APPLICATION_PROPERTIES, _DATA, _VALUE = 0x73, 0x74, 0x75, 0x77


@dataclass(frozen=True, slots=True)
class Request:
    """A message to a management node, decoded.

    Attributes:
        message_id: in the type that the client chose; the answer carries it back.
        reply_to: the address where the client listens, if it said so.
        properties: the application properties.
        body: the value of the body.
    """

    message_id: object
    reply_to: str | None
    properties: dict[object, object]
    body: object


def read_request(message: bytes) -> Request:
    """Decode a request.

    Raises:
        DecodeError: it is not a valid message.
    """
    sections: dict[int, object] = {}
    position = 0
    while position < len(message):
        section, position = decode(message, position)
        if not isinstance(section, Described) or not isinstance(section.descriptor, int):
            raise DecodeError("a message section has no descriptor")
        sections[int(section.descriptor)] = section.value
    properties, application = sections.get(_PROPERTIES), sections.get(_APPLICATION_PROPERTIES)
    fields = [*properties, *[None] * 5] if isinstance(properties, list) else [None] * 5
    return Request(
        message_id=fields[0],
        reply_to=fields[4] if isinstance(fields[4], str) else None,
        properties=application if isinstance(application, dict) else {},
        body=sections.get(_VALUE, sections.get(_DATA)),
    )


def write_response(correlation_id: object, properties: dict[str, object], body: object) -> bytes:
    """Encode the answer to a request; it has all 13 properties, as the Azure SDK for Python requires."""
    fields = [None, None, None, None, None, correlation_id, *[None] * 7]
    return b"".join(
        (
            b"\x00\x53\x73" + encode(fields),
            b"\x00\x53\x74" + encode(properties),
            b"\x00\x53\x77" + encode(body),
        )
    )
