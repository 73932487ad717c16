"""What a connection has to send: gathered over one turn of the loop, held back if the client is slow."""

import asyncio
import logging

WRITE_HIGH_WATER = 256 * 1024
"""Deliveries wait while more than this many bytes wait to be sent."""

WRITE_LIMIT = 16 * 1024 * 1024
"""A client that asks and asks but never reads its answers is cut off here."""

_LOGGER = logging.getLogger(__name__)


class Output:
    """The sending side of a transport.

    Attributes:
        last_write: the loop's time of the last write.
        paused: the transport's buffer is full.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        transport.set_write_buffer_limits(high=WRITE_HIGH_WATER)
        self.last_write = loop.time()
        self.paused = False
        self._transport = transport
        self._loop = loop
        self._chunks: list[bytes] = []
        self._size = 0
        self._scheduled: asyncio.Handle | None = None

    @property
    def size(self) -> int:
        """How many bytes wait, here and in the transport."""
        return self._size + self._transport.get_write_buffer_size()

    @property
    def writable(self) -> bool:
        """Whether there is room for deliveries; if not, the transport will say when there is."""
        if self._size >= WRITE_HIGH_WATER:
            self.flush()
        return not self.paused

    def write(self, chunks: list[bytes]) -> None:
        """Send encoded frames at the end of this turn of the loop, together with all others."""
        self._chunks += chunks
        self._size += sum(map(len, chunks))
        if self._scheduled is None:
            self._scheduled = self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send now what has been gathered."""
        self.discard_schedule()
        if not self._chunks or self._transport.is_closing():
            return
        self._transport.write(b"".join(self._chunks))
        self._chunks.clear()
        self._size = 0
        self.last_write = self._loop.time()
        if self._transport.get_write_buffer_size() > WRITE_LIMIT:
            _LOGGER.warning("%s does not read its answers: dropped", self._transport.get_extra_info("peername"))
            self._transport.abort()

    def discard_schedule(self) -> None:
        """Forget the planned flush."""
        if self._scheduled:
            self._scheduled.cancel()
            self._scheduled = None
