"""Adapters of a deployment, right and wrong ones, for tests that name them: `tests.runtime.adapters:NAME`.

What happens to a port is written into the file that PORT_DIARY names.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from quartet.engine.errors import ConfigurationError, OutageError

not_callable = "a string"


class Port:
    """Has the methods of `Gateway`; they are not called here."""

    async def charge(self, *_: object) -> None: ...

    async def void(self, *_: object) -> None: ...

    async def refund(self, *_: object) -> None: ...


class Refused(Port):
    async def check(self) -> None:
        raise ConfigurationError("the provider refuses the key:\nset PROVIDER_KEY")


class Away(Port):
    async def check(self) -> None:
        write("asked")
        raise OutageError("the provider is away")


class AwayOnce(Port):
    def __init__(self) -> None:
        self._asked = 0

    async def check(self) -> None:
        self._asked += 1
        if self._asked == 1:
            raise OutageError("the provider is away")


class OpenedPort(Port):
    """A port that is its own context manager."""

    async def __aenter__(self) -> Self:
        write("opened")
        return self

    async def __aexit__(self, *_: object) -> None:
        write("closed")


def write(what: str) -> None:
    with Path(os.environ["PORT_DIARY"]).open("a") as diary:
        diary.write(f"{what}\n")


def plain(_: object) -> Port:
    return Port()


def managed(_: object) -> OpenedPort:
    return OpenedPort()


class Nested:
    """A factory may stand anywhere in its module."""

    make = staticmethod(plain)


async def awaited(_: object) -> Port:
    return Port()


def refused(_: object) -> Port:
    return Refused()


def away_once(_: object) -> Port:
    return AwayOnce()


@asynccontextmanager
async def opened_and_refused(_: object) -> AsyncIterator[Port]:
    async with OpenedPort():
        yield Refused()


@asynccontextmanager
async def opened_and_away(_: object) -> AsyncIterator[Port]:
    async with OpenedPort():
        yield Away()


@asynccontextmanager
async def never_opens(_: object) -> AsyncIterator[Port]:
    raise ConnectionRefusedError("no listener")
    yield Port()


@asynccontextmanager
async def fails_to_close(_: object) -> AsyncIterator[Port]:
    yield Port()
    raise RuntimeError("will not close")


@asynccontextmanager
async def opened_but_no_port(_: object) -> AsyncIterator[object]:
    async with OpenedPort():
        yield object()


def raises(_: object) -> Port:
    raise ValueError("no such\naccount")


def no_port(_: object) -> Any:  # noqa: ANN401 -- what a careless author returns
    return None


def half_a_port(_: object) -> Any:  # noqa: ANN401 -- what a careless author returns
    class Half:
        async def charge(self) -> None: ...

    return Half()


def takes_nothing() -> Port:
    return Port()
