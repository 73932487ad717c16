"""Opening a port, checking that it can work, and closing it, even if the adapter fails."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from inspect import isawaitable

from quartet.process.named_ports import Adapter
from quartet.process.service_context import ServiceContext


async def open_port(stack: AsyncExitStack, adapter: Adapter, context: ServiceContext) -> object:
    """Make the port; `stack` closes it if it is an asynchronous context manager.

    Raises:
        ConfigurationError: the adapter refuses, fails, or makes something else.
        OutageError: its server is away. Try again.
    """
    with adapter.failures():
        made = adapter.make(context)
        if isawaitable(made):
            made = await made
        if not isinstance(made, AbstractAsyncContextManager):
            adapter.check_methods(made)
            return made
        port: object = await made.__aenter__()
    # From here on it is open, so it must be closed, even if it has the wrong type.
    stack.push_async_callback(_close, made, adapter, context)
    adapter.check_methods(port)
    return port


async def check_port(adapter: Adapter, port: object) -> None:
    """Ask the port, by its method `check` if it has one, whether it can work. Raises as `open_port` does."""
    check = getattr(port, "check", None)
    if check is not None:
        with adapter.failures():
            await check()


async def _close(made: AbstractAsyncContextManager[object], adapter: Adapter, context: ServiceContext) -> None:
    """Close it, with a time limit. A failure here must not hide why the service ends, or keep it from ending."""
    try:
        async with asyncio.timeout(context.settings.shutdown_seconds):
            await made.__aexit__(None, None, None)
    except Exception as error:  # noqa: BLE001 -- an adapter may raise anything
        context.log.warning("port did not close", port=adapter.label, error=f"{type(error).__name__}: {error}")
