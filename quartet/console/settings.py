"""The settings of the console. The settings of the deployment come besides, see `quartet.azure.settings`."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from quartet.azure.environment import EnvironmentSettings, load
from quartet.local.stack import CONSOLE_PORT

_YEAR: Final = 31_536_000


class ConsoleSettings(EnvironmentSettings):
    """How the page is served, and what it may do."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="CONSOLE_")

    port: int = Field(default=CONSOLE_PORT, ge=0, le=65535)
    """0 takes any free one."""

    host: str = Field(default="127.0.0.1", min_length=1, max_length=253)
    """The address to listen on."""

    actions: Literal["off", "on"] = "off"
    """Whether the page may redrive and discard dead letters."""

    store: Literal["sqlite", "cosmos"] = "sqlite"
    """Where the projection is kept."""

    data: Path = Path(".quartet")
    """The directory of the projection's file, for `sqlite`."""

    stuck_after: float = Field(default=60, gt=0, le=_YEAR, allow_inf_nan=False)
    """After how many seconds without news an open saga counts as stuck."""

    audit_every: float = Field(default=600, ge=0, le=_YEAR, allow_inf_nan=False)
    """Seconds between two looks of the audit at everything that is stored; 0: none. Sagas that have news are judged."""

    keep_days: float = Field(default=30, ge=0, le=36_500, allow_inf_nan=False)
    """For how many days without an event a saga that ended is kept; 0: without a limit."""

    identity: Literal["none", "container-apps"] = "none"
    """Who lets people in. `container-apps`: the platform has signed them in, and says so in a header."""


def load_console_settings() -> ConsoleSettings:
    """The console's settings in the environment. Raises as `load` does."""
    return load(ConsoleSettings)
