"""Isolation by halving: from a batch that fails permanently, find the item at fault, and let the others through."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from quartet.engine.errors import Kind, classify

T = TypeVar("T")


async def isolate(
    items: Sequence[T],
    attempt: Callable[[Sequence[T]], Awaitable[None]],
    isolated: Callable[[T, Exception], Awaitable[None]],
) -> None:
    """Run `attempt` on all items together; where it fails permanently, on halves, down to the items at fault.

    `attempt` must be safe to repeat, since what fails may have been done in part. The order of the items is kept. An
    item that fails alone goes to `isolated` with its error. One bad item among n costs about 2 log2(n) attempts.

    Raises:
        Exception: any error of `attempt` that is not permanent, and any error of `isolated`.
    """
    if not items:
        return
    try:
        await attempt(items)
    except Exception as error:
        if classify(error) is not Kind.PERMANENT:
            raise
        if len(items) == 1:
            await isolated(items[0], error)
            return
        middle = len(items) // 2
        await isolate(items[:middle], attempt, isolated)
        await isolate(items[middle:], attempt, isolated)
