"""The settings of a deployment about its orchestrator."""

import re
from typing import Final

from pydantic import Field, field_validator

from quartet import ConfigurationError
from services.order.settings import OrderSettings

_FORM: Final = "Endpoint=https://NAME.REGION.durabletask.io;TaskHub=NAME;Authentication=ManagedIdentity"
_ANONYMOUS: Final = "none"


class OrchestratorSettings(OrderSettings):
    """The orchestrator's own settings: those of the order service, and where its Durable Task Scheduler is."""

    durable_task_scheduler_connection_string: str
    """As the portal shows it. There is no secret in it."""

    activity_threads: int = Field(default=64, ge=1, le=1000)
    """How many steps run at the same time in one process. A step that waits for a server holds a thread."""

    @field_validator("durable_task_scheduler_connection_string")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        scheduler_of(value)
        return value

    @property
    def scheduler(self) -> "Scheduler":
        """Where the scheduler is."""
        return scheduler_of(self.durable_task_scheduler_connection_string)


class Scheduler:
    """Where a Durable Task Scheduler is, in the words of the SDK.

    Attributes:
        host_address: host and port.
        secure_channel: whether it speaks TLS.
        taskhub: the task hub.
        with_identity: whether a token is sent along.
        client_id: of the managed identity, if it is not the default one.
    """

    def __init__(self, parts: dict[str, str]) -> None:
        scheme, _, self.host_address = parts["endpoint"].rstrip("/").partition("://")
        self.secure_channel = scheme == "https"
        self.taskhub = parts["taskhub"]
        self.with_identity = parts.get("authentication", "").lower() != _ANONYMOUS
        self.client_id = parts.get("clientid")


def scheduler_of(connection_string: str) -> Scheduler:
    """What a connection string says.

    Raises:
        ValueError: something is missing in it.
    """
    pairs = (part.partition("=") for part in connection_string.split(";") if part)
    parts = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if not re.fullmatch(r"https?://[^/]+/?", parts.get("endpoint", "")) or not parts.get("taskhub"):
        raise ValueError(f"must look like {_FORM}")
    return Scheduler(parts)


def check_layout(layout: str) -> None:
    """Refuse hubs of which the orchestrator could not say the order service's events.

    Raises:
        ConfigurationError: each author has a hub of its own.
    """
    if layout == "authors":
        raise ConfigurationError(
            "HUB_LAYOUT is authors: the orchestrator speaks for all services, set it to one or inbound"
        )
