"""The steps of a process towards the outside. Faults occur before and after them."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, TypeVar

R = TypeVar("R")

LOAD = "load state"
COMMIT = "commit state"
PUBLISH = "publish answers"
KEEP = "keep dead letters"
CHECKPOINT = "store checkpoint"
CALL = "call "


class Steps(Protocol):
    """Takes the steps of one process."""

    async def take(self, what: str, action: Callable[[], Awaitable[R]]) -> R:
        """Do `action`, or fail before it, or behind it."""
        ...


class Undisturbed:
    """Everything works."""

    async def take(self, what: str, action: Callable[[], Awaitable[R]]) -> R:  # noqa: ARG002 -- see `Steps`
        """Do it."""
        return await action()


def watched(port: Any, steps: Steps) -> Any:  # noqa: ANN401 -- whatever the application calls a port
    """The same port, with every call as a step. In a bundle of ports, each of them."""
    return _Watched(port, steps) if _is_port(port) else port


class _Watched:
    def __init__(self, port: object, steps: Steps) -> None:
        self._port = port
        self._steps = steps

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the port has
        value = getattr(self._port, name)
        if not inspect.iscoroutinefunction(value):
            return watched(value, self._steps)

        async def call(*args: object, **kwargs: object) -> object:
            return await self._call(name, lambda: value(*args, **kwargs))

        return call

    # A coroutine function: the engine recognises a port by it, and adds a time limit.
    async def _call(self, name: str, action: Callable[[], Awaitable[R]]) -> R:
        return await self._steps.take(f"{CALL}{type(self._port).__name__}.{name}", action)


def _is_port(value: object) -> bool:
    if any(inspect.iscoroutinefunction(getattr(type(value), name, None)) for name in dir(type(value))):
        return True
    bundled = fields(value) if is_dataclass(value) and not isinstance(value, type) else ()
    return any(_is_port(getattr(value, field.name)) for field in bundled)
