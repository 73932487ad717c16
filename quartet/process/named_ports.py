"""Ports that a deployment chooses by name: the simulated one, or an adapter of its own by its import path.

Nothing is the default. Otherwise a service with a forgotten variable would look healthy and act on nothing real.
"""

import importlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeAlias, TypeVar

from quartet.engine.errors import ConfigurationError, OutageError, TransientError
from quartet.process.service_context import ServiceContext

SIMULATED: Final = "simulated"
"""The name of every simulated port."""

P_co = TypeVar("P_co", covariant=True)

PortFactory: TypeAlias = Callable[
    [ServiceContext],
    P_co | AbstractAsyncContextManager[P_co] | Awaitable[P_co] | Awaitable[AbstractAsyncContextManager[P_co]],
]
"""Makes a port: returns it, or an asynchronous context manager of it, or an awaitable of either."""

_IMPORT_PATH: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class Adapter:
    """How a participant's port is made in this process.

    Attributes:
        make: the factory.
        names: the names that the deployment gave, by variable; empty if there was nothing to choose.
        needs: the methods that the port must have.
    """

    make: PortFactory[Any]
    names: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """The kind of port, for people: `VARIABLE=name`."""
        return " ".join(f"{variable}={name}" for variable, name in self.names.items()) or "the service's port"

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn every error of an adapter into a configuration error or an outage.

        Raises:
            OutageError: the adapter says that its server is away, or that it does not know.
            ConfigurationError: anything else, in one line.
        """
        try:
            yield
        except (OutageError, TransientError, ConnectionError, TimeoutError) as error:
            raise OutageError(_one_line(error) or type(error).__name__) from error
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.label}: {_one_line(error)}") from error
        except Exception as error:
            raise ConfigurationError(f"{self.label} failed: {type(error).__name__}: {_one_line(error)}") from error

    def check_methods(self, port: object) -> None:
        """Refuse an object that is not such a port.

        Raises:
            ConfigurationError: a method is missing.
        """
        if missing := sorted(name for name in self.needs if not callable(getattr(port, name, None))):
            raise ConfigurationError(f"{self.label} gives a {type(port).__name__} without {', '.join(missing)}")


@dataclass(frozen=True, slots=True)
class PortByName(Generic[P_co]):
    """A port that must be asked for by name.

    Attributes:
        variable: the environment variable with the name: `simulated`, or `package.module:factory`.
        what: what the port stands for, for people.
        protocol: the Protocol that an adapter must fulfil.
        simulated: makes the simulated one.
    """

    variable: str
    what: str
    protocol: type
    simulated: PortFactory[P_co]

    def name(self, environment: Mapping[str, str]) -> str:
        """The name in the environment. Imports nothing.

        Raises:
            ConfigurationError: there is none, or it cannot be one.
        """
        name = environment.get(self.variable)
        how = f"set it to {SIMULATED}, or to package.module:factory of your own {self.what}"
        if not name:
            raise ConfigurationError(
                f"{self.variable} is not set: {how}. A running local stack keeps its settings in .quartet/.env: "
                "set -a; . .quartet/.env"
            )
        if name != SIMULATED and not _IMPORT_PATH.fullmatch(name):
            raise ConfigurationError(f"{self.variable} is {name!r}: {how}")
        return name

    def adapter(self, name: str) -> Adapter:
        """How the port of this name is made.

        Raises:
            ConfigurationError: there is no such factory, or its module cannot be imported.
        """
        make = self.simulated if name == SIMULATED else _load(self.variable, name)
        return Adapter(make, {self.variable: name}, _methods(self.protocol))


def _load(variable: str, name: str) -> PortFactory[Any]:
    module_name, _, path = name.partition(":")
    found: Any = _import(variable, name, module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            raise ConfigurationError(f"{variable}={name}: {module_name} has no {path}")
        found = getattr(found, part)
    if not callable(found):
        raise ConfigurationError(f"{variable}={name}: it is a {type(found).__name__}, not a factory that can be called")
    factory: PortFactory[Any] = found
    return factory


def _import(variable: str, name: str, module_name: str) -> object:
    try:
        return importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and f"{module_name}.".startswith(f"{missing}."):
            raise ConfigurationError(
                f"{variable}={name}: there is no module {missing}. Is it installed, or its directory in PYTHONPATH?"
            ) from error
        raise ConfigurationError(
            f"{variable}={name}: {module_name} cannot be imported: {type(error).__name__}: {_one_line(error)}"
        ) from error


def _methods(protocol: type) -> frozenset[str]:
    return frozenset(
        name for name in dir(protocol) if not name.startswith("_") and callable(getattr(protocol, name, None))
    )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
