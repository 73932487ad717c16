"""The application's audit at the end of a benchmark: figures of a wrong run mean nothing."""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Final

from quartet.engine.failures.timeouts import stretched
from quartet.process.application import Application
from quartet.terminal.user_error import UserError

_SECONDS: Final = 300
# Some ten times what an audit of many sagas takes on two busy cores: the limit is for an audit that hangs.
_SECONDS_PER_SAGA: Final = 0.05
_QUARTET: Final = ("-c", "from quartet.cli.main import main; main()")


def has_audit(application: Application) -> bool:
    """Whether `quartet audit` exists for it."""
    return bool(application.choreography.invariants) or "audit" in application.choreography.commands


def longest(sagas: int) -> float:
    """For how many seconds an audit may run.

    Args:
        sagas: about how many are stored.
    """
    return stretched(_SECONDS + _SECONDS_PER_SAGA * sagas)


async def audit(application: Application, environment: Mapping[str, str], seconds: float) -> None:
    """Run `quartet audit` for the application, in a process of its own, as a person would.

    Args:
        application: it may have an audit of its own.
        environment: all variables of that process.
        seconds: how long it may take.

    Raises:
        UserError: an invariant is broken, or the audit could not be done.
    """
    command = (*_QUARTET, "--app", application.path, "audit", "--json")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise UserError(f"not audited, so there are no figures: no answer in {seconds:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise UserError(f"wrong, so there are no figures: {'; '.join(broken(out)) or err.decode(errors='replace')}")


def broken(out: bytes) -> list[str]:
    """The invariants that are broken, each with the first thing that breaks it; empty if the output is no audit."""
    try:
        invariants = json.loads(out)["invariants"]
    except (ValueError, KeyError, TypeError):
        return []
    return [
        f"{one['rule']}: broken by {one['violations'][0]['subject']}: {one['violations'][0]['what']}"
        for one in invariants
        if not one["holds"]
    ]
