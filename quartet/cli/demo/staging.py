"""Work on a local stack of its own: it runs until it ends, a process dies, or a signal interrupts it."""

from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import typer

from quartet.cli.failures import INTERRUPTED
from quartet.local.output import Sink
from quartet.local.stack import LocalStack, StackOptions
from quartet.terminal.console import is_coloured, results
from quartet.terminal.interruption import first_of, stop_signals
from quartet.terminal.user_error import UserError

T = TypeVar("T")


class StoppedError(UserError):
    """A process of the stack has died, so all of it was stopped."""


async def staged(
    options: StackOptions,
    sink: Sink,
    play: Callable[[LocalStack], Coroutine[Any, Any, T]],
    *,
    what: str = "the demonstration",
) -> T:
    """What `play` returns, given a stack that does not run yet. The stack is stopped at the end.

    Args:
        options: how the stack is to run.
        sink: takes every line that a process says.
        play: the work.
        what: what people call the work.

    Raises:
        StoppedError: a process has died.
        typer.Exit: a signal has interrupted it.
    """
    starting = LocalStack(options, sink, is_coloured=is_coloured(results()))
    async with stop_signals() as stopping, starting as stack:

        async def interrupted() -> NoReturn:
            await stopping.wait()
            raise typer.Exit(INTERRUPTED)

        async def died() -> NoReturn:
            gone = await stack.wait_for_exit()
            raise StoppedError(f"{gone}: {what} was stopped. Its last lines say why")

        return await first_of(interrupted(), died(), play(stack))
