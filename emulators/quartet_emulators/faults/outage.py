"""An outage: a server drops its connections, its port refuses, and it restarts with the data on its disk."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Interruptible(Protocol):
    """A server that can stop and start again."""

    @property
    def host(self) -> str:
        """The address that it listens on."""

    @property
    def port(self) -> int:
        """The port that it listens on, also while it does not."""

    async def start(self) -> None:
        """Read the data from disk, and listen."""

    async def stop(self) -> None:
        """Stop listening, close the data."""

    def drop_connections(self) -> None:
        """Drop every connection without an answer."""


async def interrupt(server: Interruptible, seconds: float) -> None:
    """Stop for this time.

    Raises:
        OSError: the port was taken meanwhile.
    """
    server.drop_connections()
    await server.stop()
    with _held(server.host, server.port):
        await asyncio.sleep(seconds)
    await server.start()


@contextmanager
def _held(host: str, port: int) -> Iterator[None]:
    """Keep the port without listening: connections are refused, and no client's own socket gets the number."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, port))
        yield
