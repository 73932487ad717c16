"""Errors as one line for the person who can fix them. The only place that does this."""

import errno
import signal
from dataclasses import dataclass
from typing import Final

import typer
from azure.core.exceptions import HttpResponseError
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from quartet.engine.errors import ConfigurationError, OutageError
from quartet.local.supervisor import ProcessExitedError
from quartet.printable import printable
from quartet.terminal.user_error import UserError

FAILED = 1
MISUSED = 2
INTERRUPTED = 128 + signal.SIGINT
BUG = 70
"""Exit status of a failure that is ours: EX_SOFTWARE of sysexits.h."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_PROVISIONED: Final = (
    "a database or container of the services is missing in Cosmos DB: start the services, which create them"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """How a command ends that could not do its work.

    Attributes:
        line: what to say; empty if there is nothing to say.
        status: the exit status.
    """

    line: str
    status: int


def describe(error: BaseException) -> Failure | None:
    """How to end because of `error`; None if it is a bug of ours, which needs a traceback."""
    failure: Failure | None = None
    match error:
        case BaseExceptionGroup():
            failure = _describe_group(error)
        case UserError() | OutageError():
            failure = Failure(one_line(error), FAILED)
        case ProcessExitedError():
            failure = Failure(f"{one_line(error)}. Its last lines say why", FAILED)
        case CosmosResourceNotFoundError():
            failure = Failure(_NOT_PROVISIONED, FAILED)
        case ConfigurationError():
            failure = Failure(one_line(error), MISUSED)
        case HttpResponseError():
            what = (str(error).splitlines() or [type(error).__name__])[0][:300]
            failure = Failure(
                one_line(f"a server refuses what it was asked: status {error.status_code}: {what}"), FAILED
            )
        case typer.TyperException():
            failure = _describe_misuse(error)
        case OSError() if error.errno in _FULL:
            failure = Failure(f"what there is to say cannot be written: {error.strerror}", FAILED)
        case typer.Abort() | KeyboardInterrupt():
            failure = Failure("", INTERRUPTED)
    return failure


def _describe_group(group: BaseExceptionGroup[BaseException]) -> Failure | None:
    """The first failure that a person can act on; a bug among them stays a bug."""
    failures = [describe(error) for error in group.exceptions]
    return None if None in failures else failures[0]


def _describe_misuse(error: typer.TyperException) -> Failure:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "quartet"
    return Failure(one_line(f"{error.format_message().rstrip('.')}. See: {command} --help"), error.exit_code)


def one_line(error: BaseException | str) -> str:
    """What to say of an error: printable, on one line."""
    return printable(" ".join(str(error).split()))
