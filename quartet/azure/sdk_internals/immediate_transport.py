"""The transport class that `receiving` gives to a client; see there. It is imported only when it is used."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from azure.eventhub._pyamqp.aio import ReceiveClientAsync
from azure.eventhub._pyamqp.constants import ConnectionState, LinkState
from azure.eventhub.aio._transport._pyamqp_transport_async import PyamqpTransportAsync

from quartet.azure.sdk_internals.rounds import Rounds

# How long a read waits for a frame. It holds the lock that a write needs; and between two reads the SDK sends its
# heartbeat and looks for the other side's.
_READ_SECONDS: Final = 1.0
# How long a pass lasts on a link that is idle. Between two passes the SDK renews its token, and naps.
_PASS_SECONDS: Final = 20.0

# The longest that a batch waits for another partition's. Measured: with twice as much a saga takes no less CPU.
_ROUND_SECONDS: Final = 0.02

_OPENED: Final = ConnectionState.OPENED
_ATTACHED: Final = LinkState.ATTACHED
_receive_task: Final[Callable[[Any, int], Coroutine[Any, Any, None]]] = PyamqpTransportAsync._receive_task

SHAPES: Final[tuple[tuple[Callable[..., Any], tuple[str, ...]], ...]] = (
    (PyamqpTransportAsync.message_received_async, ("consumer", "message")),
    (PyamqpTransportAsync.receive_messages_async, ("consumer", "batch", "max_batch_size", "max_wait_time")),
    (_receive_task, ("consumer", "max_batch_size")),
    (ReceiveClientAsync._client_run_async, ("self", "kwargs")),
)
"""What is replaced, or called in another way than the SDK calls it, and the parameters that it must have."""


class ImmediateReceiveClient(ReceiveClientAsync):
    """A link to one partition, which is read until there is something."""

    async def _client_run_async(self, *, batch: int = 1, **kwargs: Any) -> bool:
        """Take in `batch` messages. Returns earlier when the link has been idle for long, or is no longer open."""
        link: Any = self._link
        connection: Any = self._connection
        began = time.monotonic()
        half = self._link_credit // 2
        try:
            while batch > 0:
                if link.current_link_credit <= half:
                    await link.flow(link_credit=self._link_credit)
                before = link.current_link_credit
                await connection.listen(wait=_READ_SECONDS, batch=min(batch, before - half), **kwargs)
                # Whatever has happened to it, the SDK finds out at the beginning of its next pass.
                if self._shutdown or connection.state is not _OPENED or link.state is not _ATTACHED:
                    break
                batch -= before - link.current_link_credit
                if time.monotonic() - began >= _PASS_SECONDS:
                    break
        except ValueError:  # a frame that is none: the SDK's own method gives up the link in the same way
            self._shutdown = True
        return not self._shutdown


class ImmediateTransport(PyamqpTransportAsync):
    """The SDK's transport, with a callback task that is woken. One for each client: its partitions share `rounds`."""

    def __init__(self) -> None:
        self.rounds = Rounds(_ROUND_SECONDS)

    @staticmethod
    def create_receive_client(**options: Any) -> ReceiveClientAsync:
        """As the SDK makes it, but an `ImmediateReceiveClient`."""
        client: ReceiveClientAsync = PyamqpTransportAsync.create_receive_client(**options)
        client.__class__ = ImmediateReceiveClient
        return client

    @staticmethod
    async def message_received_async(consumer: Any, message: object) -> None:
        """Keep a message for the callback task, and wake it."""
        consumer._message_buffer.append(message)
        consumer._arrived.set()

    async def receive_messages_async(  # type: ignore[override]  # the SDK calls it on what it has, and that is an object here
        self,
        consumer: Any,
        batch: bool,
        max_batch_size: int,
        max_wait_time: float | None,
    ) -> None:
        """Read, and call the consumer back, until one of the two ends or this is cancelled."""
        consumer._arrived = asyncio.Event()
        consumer._callback_task_run = True
        tasks = (
            asyncio.create_task(self._call_back(consumer, batch=batch, most=max_batch_size, wait=max_wait_time)),
            asyncio.create_task(_receive_task(consumer, max_batch_size)),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            consumer._callback_task_run = False
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _call_back(self, consumer: Any, *, batch: bool, most: int, wait: float | None) -> None:
        """Hand on what has arrived; nothing, after `wait` seconds without a message."""
        buffer, arrived = consumer._message_buffer, consumer._arrived
        while True:
            if not buffer:
                arrived.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await arrived.wait()
            if not buffer:
                await consumer._on_event_received([] if batch else None)
                continue
            await self.rounds.turn()
            with self.rounds.under_way():
                events = [consumer._next_message_in_buffer() for _ in range(min(most, len(buffer)))]
                await consumer._on_event_received(events if batch else events[0])
