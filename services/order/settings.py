"""The settings of a deployment about orders."""

from datetime import timedelta
from typing import Final

from pydantic import Field

from quartet.adapters import EnvironmentSettings, Settings

_YEAR: Final = 31_536_000
_RETENTION_SECONDS: Final = 24 * 3600
"""The shortest time that a hub keeps events in every tier by default; only the management API knows the real one."""


class OrderSettings(EnvironmentSettings):
    """The order service's own settings."""

    order_deadline_seconds: float = Field(default=900, gt=0, le=_YEAR, allow_inf_nan=False)
    """How long an order may take before the order service asks for its cancellation."""

    deadline_scan_seconds: float = Field(default=5, gt=0, le=_YEAR, allow_inf_nan=False)
    """How often the order service looks for orders past their deadline."""

    @property
    def order_deadline(self) -> timedelta:
        """How long an order may take, unless it names its own deadline."""
        return timedelta(seconds=self.order_deadline_seconds)

    def doubt(self, deployment: Settings) -> tuple[str, str] | None:
        """Whether the deadline leaves time for a failover, and falls within the time that events are kept."""
        deadline, takeover = self.order_deadline_seconds, deployment.ownership_expires_seconds
        if deadline > _RETENTION_SECONDS:
            return (
                f"ORDER_DEADLINE_SECONDS is {deadline / 3600:.0f} h",
                "an order must end while the hub still has its events: give the hub a longer retention than that",
            )
        if deadline < 2 * takeover:
            return (
                f"ORDER_DEADLINE_SECONDS is {deadline:g}, and a replica that dies is replaced after {takeover:g} s",
                "raise it, or lower OWNERSHIP_EXPIRES_SECONDS: one crash should not make orders time out",
            )
        if self.deadline_scan_seconds > deadline:
            return (
                f"deadlines of {deadline:g} s are looked at every {self.deadline_scan_seconds:g} s only",
                "lower DEADLINE_SCAN_SECONDS",
            )
        return None
