"""A time limit for every call of a port, so that one that never answers holds up one saga and not the partition."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from quartet.engine.errors import TransientError

P = TypeVar("P")
R = TypeVar("R")


def with_time_limit(port: P, seconds: float) -> P:
    """The same port; a call that takes longer than `seconds` ends with `TransientError`, its outcome unknown.

    A port may know better: its attribute `call_seconds` counts in place of `seconds`. In a port that is a bundle
    of others, each of those has a limit of its own. Only what awaits can be interrupted: a port must not block.
    """
    return _Limited(port, seconds) if is_port(port) else port  # type: ignore[return-value]  # it acts as the port


class _Limited:
    def __init__(self, port: object, seconds: float) -> None:
        self._port = port
        self._seconds: float = getattr(port, "call_seconds", seconds)
        self._name = type(port).__name__

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the port has
        value = getattr(self._port, name)
        if not callable(value):
            return with_time_limit(value, self._seconds)
        return self._limited(name, value)

    def _limited(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def limited(*args: object, **kwargs: object) -> object:
            result = call(*args, **kwargs)
            return self._within(name, result) if inspect.isawaitable(result) else result

        return limited

    async def _within(self, name: str, answer: Awaitable[R]) -> R:
        try:
            async with asyncio.timeout(self._seconds) as limit:
                return await answer
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TransientError(
                f"{self._name}.{name} did not answer within {self._seconds:g} s: its outcome is not known"
            ) from error


def is_port(value: object) -> bool:
    """Whether it is no plain data: it has something to await, itself or in one of the ports that it bundles."""
    if any(inspect.iscoroutinefunction(getattr(type(value), name, None)) for name in dir(type(value))):
        return True
    bundled = fields(value) if is_dataclass(value) else ()
    return any(is_port(getattr(value, field.name)) for field in bundled)
