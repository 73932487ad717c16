"""The outcome of a request: its answer, on its way back, or the SDK's error if there is none."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import TypeVar

from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.eventhub.exceptions import ConnectionLostError

from quartet.testing.cluster.plan.faults import HUB

R = TypeVar("R")

_SLOWEST = 0.02


def delay(random: Random) -> float:
    """How many seconds a message takes in one direction."""
    return 0.0005 + random.random() * _SLOWEST


def succeed(reply: "asyncio.Future[R]", result: R) -> None:
    """Deliver an answer, unless no one waits for it."""
    if not reply.done():
        reply.set_result(result)


def fail(reply: "asyncio.Future[R]", error: Exception) -> None:
    """Deliver an error, unless no one waits for it."""
    if not reply.done():
        reply.set_exception(error)


def twice(apply: Callable[[], R]) -> Callable[[], R]:
    """What happens if the SDK sends a write again after a lost reply: it sees the second answer."""

    def applied() -> R:
        do_silently(apply)
        return apply()

    return applied


def after(disturb: Callable[[], None] | None, apply: Callable[[], R]) -> Callable[[], R]:
    """What happens if another writer comes first."""

    def applied() -> R:
        if disturb is not None:
            disturb()
        return apply()

    return applied


def do_silently(apply: Callable[[], object]) -> None:
    """Do it at the server, and lose the answer."""
    try:
        apply()
    except AzureError:
        return


def not_sent(server: str) -> Exception:
    """The SDK's error if a request has not left."""
    refused = "connection refused"
    return ConnectionLostError(refused) if server == HUB else ServiceRequestError(refused)


def lost(server: str) -> Exception:
    """The SDK's error if an answer has not come: the server may have done what was asked."""
    gone = "the connection was lost"
    return ConnectionLostError(gone) if server == HUB else ServiceResponseError(gone)
