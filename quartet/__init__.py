"""Choreography-based sagas on Azure: the public names. Names that are not listed here may change.

The names are imported when they are first used, so that a domain that needs a decision alone loads no SDK.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from quartet.azure.environment import EnvironmentSettings
    from quartet.choreography import Choreography
    from quartet.engine.declaration.book import Book
    from quartet.engine.declaration.invariant import Evidence
    from quartet.engine.declaration.ledger import Effect, Ledger
    from quartet.engine.declaration.outcome import Decided, Ignored, Outcome, Rejected
    from quartet.engine.declaration.participant import ContainerSpec, Participant
    from quartet.engine.declaration.reaction import on
    from quartet.engine.declaration.retry_policy import RetryPolicy
    from quartet.engine.errors import ConfigurationError, OutageError, TransientError
    from quartet.engine.records.codec import StateSchema
    from quartet.events import Event, EventData, Part, Registry, SagaId, new_event
    from quartet.process.named_ports import PortByName
    from quartet.process.service import Service
    from quartet.process.service_context import ServiceContext

__all__ = [
    "Book",
    "Choreography",
    "ConfigurationError",
    "ContainerSpec",
    "Decided",
    "Effect",
    "EnvironmentSettings",
    "Event",
    "EventData",
    "Evidence",
    "Ignored",
    "Ledger",
    "OutageError",
    "Outcome",
    "Part",
    "Participant",
    "PortByName",
    "Registry",
    "Rejected",
    "RetryPolicy",
    "SagaId",
    "Service",
    "ServiceContext",
    "StateSchema",
    "TransientError",
    "new_event",
    "on",
]

_HOMES: Final = {
    "azure.environment": ("EnvironmentSettings",),
    "choreography": ("Choreography",),
    "engine.declaration.book": ("Book",),
    "engine.declaration.invariant": ("Evidence",),
    "engine.declaration.ledger": ("Effect", "Ledger"),
    "engine.declaration.outcome": ("Decided", "Ignored", "Outcome", "Rejected"),
    "engine.declaration.participant": ("ContainerSpec", "Participant"),
    "engine.declaration.reaction": ("on",),
    "engine.declaration.retry_policy": ("RetryPolicy",),
    "engine.errors": ("ConfigurationError", "OutageError", "TransientError"),
    "engine.records.codec": ("StateSchema",),
    "events": ("Event", "EventData", "Part", "Registry", "SagaId", "new_event"),
    "process.named_ports": ("PortByName",),
    "process.service": ("Service",),
    "process.service_context": ("ServiceContext",),
}
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- whatever has this name
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
