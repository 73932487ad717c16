"""Settings from the environment. An error in them is one line for a person."""

from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from quartet.engine.errors import ConfigurationError

if TYPE_CHECKING:
    from quartet.azure.settings import Settings

S = TypeVar("S", bound="EnvironmentSettings")

_QUOTES = ("'", '"')


class EnvironmentSettings(BaseSettings):
    """Each field is the environment variable of the same name in capitals.

    A participant that has settings of its own derives a class from this one, and names it in its `Service`. With
    `model_config = SettingsConfigDict(env_prefix="LOYALTY_")` its variables begin with that.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    def doubt(self, deployment: "Settings") -> tuple[str, str] | None:
        """A setting that the service runs with and that a person should check, and what to do; None if all is well.

        `quartet doctor` asks, with the settings that every service has.
        """
        del deployment
        return None

    @classmethod
    def variables(cls) -> frozenset[str]:
        """The names of its environment variables."""
        return frozenset(map(cls.variable, cls.model_fields))

    @classmethod
    def variable(cls, field: str) -> str:
        """The name of a field's environment variable."""
        return f"{cls.model_config.get('env_prefix', '')}{field}".upper()

    @field_validator("*", mode="before")
    @classmethod
    def _as_it_was_meant(cls, value: object) -> object:
        """Refuse what files of settings leave behind when they are not read by a shell."""
        if not isinstance(value, str):
            return value
        if value.endswith("\r"):
            raise ValueError("ends with a carriage return: save the file of settings with line ends of Unix (LF)")
        if value[:1] in _QUOTES and value[-1:] in _QUOTES:
            raise ValueError(
                f"has quotes ({value[0]}) around the value: remove them, or let a shell read the file of settings"
            )
        if value != value.strip() or not value.isprintable():
            raise ValueError("has white space at an end, or a character that cannot be printed")
        return value


def load(kind: type[S]) -> S:
    """These settings, from the environment.

    Raises:
        ConfigurationError: names every variable that is missing or wrong, on one line.
    """
    try:
        return kind()
    except ValidationError as error:
        problems = [
            f"{kind.variable('.'.join(str(part) for part in problem['loc'])) if problem['loc'] else 'settings'}: "
            f"{problem['msg'].removeprefix('Value error, ').replace('String should match pattern', 'must match')}"
            for problem in error.errors()
        ]
        raise ConfigurationError(
            "; ".join(problems) + ". A running local stack keeps its settings in .quartet/.env: set -a; . .quartet/.env"
        ) from error
