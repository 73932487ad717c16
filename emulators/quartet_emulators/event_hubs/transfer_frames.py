"""The frames of outgoing transfers, encoded by hand: they are most of what a broker sends."""

import struct

_UINT = struct.Struct(">I").pack
_HANDLE, _DELIVERY_ID = b"\x70", b"\x70"
_FORMAT_0 = b"\x43"
_TRUE, _FALSE = b"\x41", b"\x42"
_NULLS = b"\x40" * 5
_ONE_TAG = b"\xa0\x01\x00"
_TAG_SIZE = 2
_TAGS = 1 << 8 * _TAG_SIZE
_TAG = b"\xa0" + bytes([_TAG_SIZE])


class TransferFrames:
    """Encodes everything of a link's transfers but the message.

    Settled deliveries share one tag. Unsettled ones have the last 16 bits of their id: unique for as many as a client
    can work on, and no more than the Azure SDK for Python can remember, which keeps every tag it has not settled.

    Args:
        channel: the session's.
        handle: the link's.
        settled: whether the deliveries are settled when they are sent.

    Attributes:
        overhead: how many bytes a frame has besides its part of a message.
    """

    def __init__(self, channel: int, handle: int, *, settled: bool) -> None:
        end = _FORMAT_0 + (_TRUE if settled else _FALSE)
        tag_size = len(_ONE_TAG) if settled else len(_TAG) + _TAG_SIZE
        fields = 5 + 5 + tag_size + len(end) + 1 + len(_NULLS)  # handle, delivery-id, tag, format and settled, more
        header = b"\x02\x00" + channel.to_bytes(2, "big")
        body = b"\x00\x53\x14\xc0" + bytes([fields + 1, 11]) + _HANDLE + _UINT(handle)
        self._settled = settled
        self._before_id = header + body + _DELIVERY_ID
        self._between = b"" if settled else _TAG
        begin = _ONE_TAG + end if settled else end
        self._last, self._more = begin + _FALSE + _NULLS, begin + _TRUE + _NULLS
        self.overhead = 4 + len(header) + len(body) + len(_DELIVERY_ID) + 4 + tag_size + len(end) + 1 + len(_NULLS)
        tag = "" if settled else f"{len(_TAG)}sH"
        self._pack = struct.Struct(f">I{len(self._before_id)}sI{tag}{len(self._last)}s").pack

    def head(self, size: int, delivery_id: int, *, more: bool = False) -> bytes:
        """What comes before ``size`` bytes of a message; ``more`` says that others follow."""
        end = self._more if more else self._last
        if self._settled:
            return self._pack(size + self.overhead, self._before_id, delivery_id, end)
        tag = delivery_id % _TAGS
        return self._pack(size + self.overhead, self._before_id, delivery_id, self._between, tag, end)

    def parts(self, message: bytes, delivery_id: int, limit: int) -> list[bytes]:
        """The frames of a message with at most ``limit`` bytes of it in each; all but the last say ``more``."""
        pieces = [message[start : start + limit] for start in range(0, len(message), limit)]
        return [
            self.head(len(piece), delivery_id, more=index < len(pieces) - 1) + piece
            for index, piece in enumerate(pieces)
        ]
