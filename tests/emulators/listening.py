"""Waiting for a server that was away."""

import asyncio

from quartet.engine.failures.timeouts import stretched


async def until_it_listens(port: int) -> None:
    """Wait until something listens at a port of this machine again.

    Raises:
        TimeoutError: it takes too long.
    """
    async with asyncio.timeout(stretched(10)):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)  # a pause between two looks
            else:
                writer.close()
                return
