"""AMQP messages as bytes: cut out what the broker has to change, and leave the rest unread.

A message is a row of sections: header, delivery annotations, message annotations, properties,
application properties, body, footer. The broker adds its own message annotations to each event and
passes everything behind them on as it came, so a body is never decoded.

Source: AMQP 1.0, part 3 (messaging), section 3.2; the batch format is Event Hubs' own: each data section of
the envelope is one encoded message.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache

from quartet_emulators.event_hubs.decoding import DecodeError, decode, skip
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.types import Symbol, Timestamp

BATCH_FORMAT = 0x80013700
"""The message format of a batch."""

HEADER, DELIVERY_ANNOTATIONS, MESSAGE_ANNOTATIONS, DATA, FOOTER = 0x70, 0x71, 0x72, 0x75, 0x78

PARTITION_KEY = Symbol("x-opt-partition-key")
_BROKERS_OWN = {
    "x-opt-sequence-number",
    "x-opt-offset",
    "x-opt-enqueued-time",
    "x-opt-publisher",
}
"""Annotations that only the broker may set: a received event that is sent on still has the old ones."""

_SECTION_START = b"\x00\x53"
_UINT = struct.Struct(">I").unpack_from
_STAMP = struct.Struct(">4sII24sq22sq15sB")
"""Map constructor, size, count, then key and value constructor of each broker annotation."""
_SEQUENCE_KEY = b"\xa3\x15x-opt-sequence-number\x81"
_TIME_KEY = b"\xa3\x13x-opt-enqueued-time\x83"
_OFFSET_KEY = b"\xa3\x0cx-opt-offset\xa1"
_STAMPED_VALUES = 6
_STAMP_BODY = _STAMP.size - 8  # what the map's size counts: from the count on


@dataclass(slots=True)
class Incoming:
    """One event as a client sent it, cut in three.

    Attributes:
        head: the header section, or nothing.
        annotations: the encoded keys and values of the message annotations that the event keeps.
        annotation_count: how many keys and values those are.
        rest: everything behind the annotations.
        partition_key: the partition key among the annotations.
    """

    head: bytes
    annotations: bytes
    annotation_count: int
    rest: bytes
    partition_key: str | None = None

    def stamped(self, sequence_number: int, offset: int, enqueued_at: int) -> bytes:
        """The message as consumers get it; ``enqueued_at`` in milliseconds since 1970."""
        text = b"%d" % offset
        stamp = _STAMP.pack(
            b"\x00\x53\x72\xd1",
            _STAMP_BODY + len(text) + len(self.annotations),
            _STAMPED_VALUES + self.annotation_count,
            _SEQUENCE_KEY,
            sequence_number,
            _TIME_KEY,
            enqueued_at,
            _OFFSET_KEY,
            len(text),
        )
        return b"".join((self.head, stamp, text, self.annotations, self.rest))


def cut(message: bytes) -> Incoming:
    """Cut one encoded message.

    Raises:
        DecodeError: it is not a row of sections in the order of the standard, or it has no body.
    """
    end, last, position = len(message), HEADER - 1, 0
    head, annotations, rest = b"", b"", 0
    body = False
    while position < end:
        if message[position : position + 2] != _SECTION_START or position + 3 > end:
            raise DecodeError("a message section does not begin with a small descriptor")
        code = message[position + 2]
        after = skip(message, position + 3)
        if code == DELIVERY_ANNOTATIONS and last >= DATA:
            pass  # the Azure SDK for Python encodes them last; Event Hubs passes them on from there
        elif code < last or code > FOOTER:
            raise DecodeError(f"message section 0x{code:02x} after 0x{last:02x}")
        else:
            last = code
        if code == HEADER:
            head, rest = message[:after], after
        elif code == DELIVERY_ANNOTATIONS and not body:
            rest = after
        elif code == MESSAGE_ANNOTATIONS:
            annotations, rest = message[position + 3 : after], after
        elif DATA <= code < FOOTER:
            body = True
        position = after
    if not body:
        raise DecodeError("a message has no body")
    if not annotations:
        return Incoming(head, b"", 0, message[rest:] if rest else message)
    kept, count, key = _kept_annotations(annotations)
    return Incoming(head, kept, count, message[rest:], key)


def cut_batch(envelope: bytes) -> list[Incoming]:
    """Cut a batch into its events; the envelope's partition key becomes that of all of them.

    Raises:
        DecodeError: the envelope, or a message in it, is not a message.
    """
    position, end = 0, len(envelope)
    key: str | None = None
    events: list[Incoming] = []
    while position < end:
        if envelope[position : position + 2] != _SECTION_START or position + 3 > end:
            raise DecodeError("a batch section does not begin with a small descriptor")
        code = envelope[position + 2]
        after = skip(envelope, position + 3)
        if code == DATA:
            events.append(cut(_binary(envelope, position + 3, after)))
        elif code == MESSAGE_ANNOTATIONS:
            _, _, key = _kept_annotations(envelope[position + 3 : after])
        elif code > DATA:
            raise DecodeError(f"a batch has a section 0x{code:02x}")
        position = after
    if key is not None:
        _give_key(events, key)
    return events


def with_partition_key(key: str) -> tuple[bytes, int]:
    """The encoded annotation of a partition key, and how many values it adds to the map."""
    return encode(PARTITION_KEY) + encode(key), 2


def _give_key(events: list[Incoming], key: str) -> None:
    pair, count = with_partition_key(key)
    for event in events:
        if event.partition_key is None:
            event.partition_key = key
            event.annotations += pair
            event.annotation_count += count


def _binary(data: bytes, position: int, end: int) -> bytes:
    code = data[position]
    if code == 0xA0:  # noqa: PLR2004 - vbin8
        return data[position + 2 : end]
    if code == 0xB0:  # noqa: PLR2004 - vbin32
        return data[position + 5 : end]
    raise DecodeError("a data section is not binary")


@lru_cache(maxsize=1024)
def _kept_annotations(encoded: bytes) -> tuple[bytes, int, str | None]:
    """The pairs of an annotations map without the broker's own, their number, and the partition key.

    Cached, because the events of one partition key all carry the same few bytes here.
    """
    pairs, _ = decode(encoded)
    if pairs is None:
        return b"", 0, None
    if not isinstance(pairs, dict):
        raise DecodeError("message annotations are not a map")
    kept = {name: value for name, value in pairs.items() if name not in _BROKERS_OWN}
    key = kept.get(PARTITION_KEY)
    encoded_pairs = b"".join(encode(name) + encode(value) for name, value in kept.items())
    if isinstance(key, bytes):
        key = key.decode(errors="replace")
    return encoded_pairs, 2 * len(kept), None if key is None else str(key)


def runtime_metrics(sequence_number: int, offset: str, enqueued_at: int, retrieved_at: int) -> bytes:
    """The delivery annotations that tell a consumer how far the partition's end is; times in milliseconds."""
    return b"\x00\x53\x71" + encode(
        {
            Symbol("last_enqueued_sequence_number"): sequence_number,
            Symbol("last_enqueued_offset"): offset,
            Symbol("last_enqueued_time_utc"): Timestamp(enqueued_at),
            Symbol("runtime_info_retrieval_time_utc"): Timestamp(retrieved_at),
        }
    )


def insert_delivery_annotations(message: bytes, section: bytes) -> bytes:
    """Put a delivery-annotations section where it belongs: behind the header, if there is one."""
    position = skip(message, 3) if message[2] == HEADER else 0
    return message[:position] + section + message[position:]
