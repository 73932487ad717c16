"""Whether anyone receives the alerts of a deployment."""

from collections.abc import Mapping
from typing import Final

from quartet.cli.doctor.check import Verdict, broken, doubtful, fine

VARIABLE: Final = "QUARTET_ALERT_RECEIVERS"
"""How many there are. The infrastructure puts it out; a deployment without alerts has no such variable."""


async def check_receivers(environment: Mapping[str, str]) -> Verdict:
    """Whether there is at least one."""
    count = environment[VARIABLE]
    if not count.isdecimal():
        return broken(f"{VARIABLE} is {count!r}, not a number", "read the outputs of the deployment again")
    if int(count) == 0:
        return doubtful(
            "no one receives the alerts", "azd env set QUARTET_ALERT_EMAILS you@example.org && azd provision"
        )
    return fine(f"{count} receive the alerts by email")
