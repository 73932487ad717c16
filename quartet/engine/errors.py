"""The kinds of errors and what follows from each. Errors are classified once, here, by type.

A handler never catches: it lets these pass, and the runtime knows what each means.
"""

from enum import Enum, auto
from typing import Final

from quartet.events import without_input


class TransientError(Exception):
    """It may work the next time: the runtime runs the handler again, with backoff and a bound.

    A port raises it for an outcome that it does not know (a timeout after the request was sent), too:
    an unknown outcome is looked up or repeated under the same idempotency key, never taken for a refusal.
    """


class ConfigurationError(Exception):
    """A person must change something before this can run. The message is one line that says what and how.

    At start, the process ends with it. From a port in use (its key was revoked, for example) it concerns every event:
    the service keeps the event, reports that it is not ready, and continues as soon as the port answers again.
    """


class RightsMissingError(ConfigurationError):
    """A server refuses an identity. Rights that were granted a moment ago take minutes to take effect in Azure.

    At start, a service waits for them as it waits for a server.
    """


class OutageError(Exception):
    """A server that the service cannot work without is away, or too busy.

    Nothing is wrong with the event: the runtime waits and repeats for as long as it takes.
    """


class Kind(Enum):
    """What an error means for the event in hand."""

    OUTAGE = auto()
    """Nothing is wrong with the event. Repeat for as long as it takes."""
    CONFIGURATION = auto()
    """Nothing is wrong with the event either. Repeat, and report that a person must act."""
    TRANSIENT = auto()
    """Repeat a limited number of times; the outcome of the call is not known."""
    PERMANENT = auto()
    """A repeat cannot change it. Find the item at fault, and isolate it."""


REFUSED: Final = frozenset({401, 403})
"""The statuses by which a server refuses the service's credential, and not what it was asked."""
PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""The statuses that say nothing about what was asked: a repeat may succeed."""


def classify(error: BaseException) -> Kind:
    """What an error means, from the engine, an SDK or a port.

    HTTP clients do not share a type for their errors, but most carry the status as `status_code` or `status`, in the
    error or in its `response`. A port may let those pass: 401 and 403 refuse the service's credential, not the event.
    """
    if isinstance(error, OutageError):
        return Kind.OUTAGE
    if isinstance(error, ConfigurationError):
        return Kind.CONFIGURATION
    status = _status(error)
    if status in REFUSED:
        return Kind.CONFIGURATION
    if status in PASSING or isinstance(error, TransientError | TimeoutError | OSError):
        return Kind.TRANSIENT
    return Kind.PERMANENT


def one_line(error: BaseException) -> str:
    """The error on one line of at most 500 characters, with its type. Values that pydantic quotes are left out."""
    text = " ".join(without_input(str(error)).split())
    return f"{type(error).__name__}: {text}"[:500] if text else type(error).__name__


def _status(error: BaseException) -> int | None:
    for place in (error, getattr(error, "response", None)):
        for name in ("status_code", "status"):
            status = getattr(place, name, None)
            if isinstance(status, int):
                return status
    return None
