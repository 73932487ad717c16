"""Servers in memory, and a process that dies at a request of one's choice: before it is sent, or before its answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from azure.cosmos.aio import ContainerProxy

from quartet.engine.declaration.participant import Participant
from quartet.testing.cluster.clients.container import MemoryContainer
from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.servers.cosmos import MemoryCosmos

R = TypeVar("R")


class DiedError(BaseException):
    """The process is dead. Nothing catches it, as nothing catches SIGKILL."""


@dataclass(slots=True)
class Mortal:
    """One life of an operator's process, as the network sees it.

    Attributes:
        dies_at: the number of the request at which it dies, from 1; 0 if it lives.
        is_answered: whether the server gets and does that request.
        requests: how many were begun.
    """

    dies_at: int = 0
    is_answered: bool = False
    requests: int = 0
    is_dead: bool = False
    process: Process = field(default_factory=lambda: Process("operator-1"))
    trace: Any = field(default_factory=lambda: SimpleNamespace(keep=False))

    def step(self, apply: Callable[[], R]) -> R:
        """Make a request, unless this is the one at which the process dies."""
        if self.is_dead:
            raise DiedError
        self.requests += 1
        if self.requests != self.dies_at:
            return apply()
        self.is_dead = True
        if self.is_answered:
            apply()
        raise DiedError

    async def request(
        self, _process: object, _server: str, _what: str, apply: Callable[[], R], *_: object, **__: object
    ) -> R:
        """See `Network.request`."""
        return self.step(apply)

    def container(
        self, cosmos: MemoryCosmos, participant: Participant[Any, Any], name: str | None = None
    ) -> ContainerProxy:
        """A container, as this process reaches it."""
        known = name or participant.container
        container = MemoryContainer(cosmos, cast(Network, self), self.process, participant.database, known)
        return cast(ContainerProxy, container)
