"""The settings of a deployment, read once from the environment into one typed object."""

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from quartet.azure.environment import EnvironmentSettings, load
from quartet.engine.declaration.hubs import Layout

_YEAR = 31_536_000
_HUB_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"

DEAD_LETTER_DAYS: Final = 90
"""The default of the setting of this name: as long as any event hub keeps events at most."""
_MOST_DAYS = 24_855  # the largest time to live of Cosmos DB, 2,147,483,647 seconds


def _not_blank(value: str | None) -> str | None:
    return value or None


# An unset variable and an empty one mean the same: that is how compose files and shells pass "nothing".
Optional = Annotated[str | None, AfterValidator(_not_blank)]


class Settings(EnvironmentSettings):
    """What every service needs.

    Of each pair (connection string, or name of the account) exactly one is set. With a connection string, the key
    in it is used; with a name, `DefaultAzureCredential`, so that no secret is needed.
    """

    event_hubs_connection_string: Optional = None
    event_hubs_namespace: Optional = None
    event_hub_name: str = Field(default="saga-events", pattern=_HUB_NAME)

    hub_layout: Layout = "one"
    """How events are spread over hubs; the main one is `event_hub_name`. See docs/threat-model.md."""

    inbound_hub_name: str = Field(default="inbound", pattern=_HUB_NAME)
    """The hub for what comes from outside, unless all events are on one."""

    blob_connection_string: Optional = None
    blob_account_url: Optional = None
    blob_container: str = Field(default="checkpoints", pattern=r"^[a-z0-9](-?[a-z0-9]){2,62}$")

    cosmos_connection_string: Optional = None
    cosmos_endpoint: Optional = None

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    buckets: int = Field(default=16, ge=1, le=100_000)
    """How many logical partitions the sagas are spread over; fixed for the life of a deployment."""

    dead_letter_days: int = Field(default=DEAD_LETTER_DAYS, ge=1, le=_MOST_DAYS)
    """After how many days a dead letter expires that was redriven, and the content of one that was discarded."""

    health_port: int = Field(default=0, ge=0, le=65535)
    """The port that serves liveness and readiness; 0 serves them nowhere."""

    health_host: str = "127.0.0.1"

    load_balancing_seconds: float = Field(default=2, gt=0, le=_YEAR, allow_inf_nan=False)
    """How often the replicas of a service share out the partitions."""

    ownership_expires_seconds: float = Field(default=12, gt=0, le=_YEAR, allow_inf_nan=False)
    """After how long other replicas take over the partitions of a silent one."""

    checkpoint_seconds: float = Field(default=1, gt=0, le=_YEAR, allow_inf_nan=False)
    """The shortest interval between two checkpoints of a partition."""

    receive: Literal["immediate", "stock"] = "immediate"
    """How events are received: handed on as they arrive, or as the SDK does it, which looks every 50 ms."""

    watchdog_seconds: float = Field(default=60, gt=0, le=_YEAR, allow_inf_nan=False)
    """After how long a receiver restarts that gets nothing from a partition in which events are waiting."""

    standing_seconds: float = Field(default=60, gt=0, le=_YEAR, allow_inf_nan=False)
    """After how long an event that is being handled counts as stalled: the service is then not ready."""

    heartbeat_seconds: float = Field(default=300, ge=1, le=300, allow_inf_nan=False)
    """How often a service writes the line `alive`. An alert takes it for silent after 15 minutes without one."""

    handler_attempts: int | None = Field(default=None, ge=1, le=100)
    """How often a handler is tried whose port fails; without it, as the participant says."""

    port_seconds: float | None = Field(default=None, gt=0, le=_YEAR, allow_inf_nan=False)
    """After how long a call of a port counts as one of unknown outcome; without it, as the participant says."""

    recording: Literal["off", "on"] = "off"
    """Whether records also keep what the ports answered, so that `quartet verify-replay` can run the saga again."""

    startup_seconds: float = Field(default=120, gt=0, le=_YEAR, allow_inf_nan=False)
    """How long a service waits for its servers when it starts."""

    shutdown_seconds: float = Field(default=8, gt=0, le=_YEAR, allow_inf_nan=False)
    """How long a service may finish the work in progress after SIGTERM."""

    @model_validator(mode="after")
    def _one_of_each_pair(self) -> Self:
        for key, name in (
            ("event_hubs_connection_string", "event_hubs_namespace"),
            ("blob_connection_string", "blob_account_url"),
            ("cosmos_connection_string", "cosmos_endpoint"),
        ):
            if (getattr(self, key) is None) == (getattr(self, name) is None):
                how = "neither is" if getattr(self, key) is None else "both are"
                raise ValueError(f"set one of {key.upper()} and {name.upper()}: {how} set")
        for address in ("blob_account_url", "cosmos_endpoint"):
            if str(getattr(self, address)).startswith("http://"):
                raise ValueError(f"{address.upper()} must begin with https://: tokens are sent over TLS only")
        if self.ownership_expires_seconds < 2 * self.load_balancing_seconds:
            raise ValueError("OWNERSHIP_EXPIRES_SECONDS must be at least twice LOAD_BALANCING_SECONDS")
        return self


def load_settings() -> Settings:
    """The settings in the environment. Raises as `load` does."""
    return load(Settings)
