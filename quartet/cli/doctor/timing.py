"""Settings that do not fit each other, as far as that can be told without asking anybody."""

from typing import Final

from quartet.azure.settings import Settings
from quartet.cli.doctor.check import Verdict, doubtful, fine

_RETENTION_SECONDS: Final = 24 * 3600
"""The shortest time that a hub keeps events in every tier by default; what it really is, only the management tells."""


async def check_timing(settings: Settings) -> Verdict:
    """Whether an order's deadline leaves time for a failover, and falls within the time that events are kept."""
    deadline, takeover = settings.order_deadline_seconds, settings.ownership_expires_seconds
    if deadline > _RETENTION_SECONDS:
        return doubtful(
            f"ORDER_DEADLINE_SECONDS is {deadline / 3600:.0f} h",
            "an order must end while the hub still has its events: give the hub a longer retention than that",
        )
    if deadline < 2 * takeover:
        return doubtful(
            f"ORDER_DEADLINE_SECONDS is {deadline:g}, and a replica that dies is replaced after {takeover:g} s",
            "raise it, or lower OWNERSHIP_EXPIRES_SECONDS: one crash should not make orders time out",
        )
    if settings.deadline_scan_seconds > deadline:
        return doubtful(
            f"deadlines of {deadline:g} s are looked at every {settings.deadline_scan_seconds:g} s only",
            "lower DEADLINE_SCAN_SECONDS",
        )
    return fine(f"a deadline of {deadline:g} s, a takeover within {takeover:g} s")
