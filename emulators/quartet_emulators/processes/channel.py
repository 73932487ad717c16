"""Python objects over a socket that a parent and its child share, and that no other process has."""

import asyncio
import pickle
import socket
from typing import Any, Final, Self

_LENGTH_BYTES: Final = 8


class Channel:
    """One end, in an event loop; see `over`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Self:
        """The channel over one end of a socket pair, which it owns from now on."""
        return cls(*await asyncio.open_unix_connection(sock=end))

    async def send(self, value: object) -> None:
        """Send an object. What is sent at the same time does not mix.

        Raises:
            ConnectionError: the other end is gone.
        """
        data = pickle.dumps(value)
        self._writer.write(len(data).to_bytes(_LENGTH_BYTES) + data)
        await self._writer.drain()

    async def receive(self) -> Any:  # noqa: ANN401 -- whatever was sent
        """The next object.

        Raises:
            EOFError: there is nothing more to come.
        """
        try:
            length = int.from_bytes(await self._reader.readexactly(_LENGTH_BYTES))
            return pickle.loads(await self._reader.readexactly(length))  # noqa: S301 -- only our other end can write it
        except ConnectionError as error:  # it was killed
            raise EOFError from error

    def end(self) -> None:
        """Say that nothing more is to come."""
        if self._writer.can_write_eof() and not self._writer.is_closing():
            self._writer.write_eof()

    def close(self) -> None:
        """Close this end."""
        self._writer.close()
