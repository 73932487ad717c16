"""Choreography-based sagas on Azure: what handlers, participants and an application are written with.

`quartet.events` has the types of fields, `quartet.adapters` what a port needs, `quartet.testing` the test kit. A name
that none of them lists may change. The names are imported when they are first used.
"""

from typing import TYPE_CHECKING, Final

from quartet.exports import exported

if TYPE_CHECKING:
    from quartet.choreography import Choreography
    from quartet.engine.declaration.invariant import Evidence, per_saga
    from quartet.engine.declaration.outcome import Decided, Ignored, Outcome, Rejected
    from quartet.engine.declaration.participant import ContainerSpec, Participant
    from quartet.engine.declaration.reaction import on
    from quartet.engine.declaration.retry_policy import RetryPolicy
    from quartet.engine.declaration.workload import Workload
    from quartet.engine.errors import ConfigurationError, OutageError, TransientError
    from quartet.engine.records.codec import StateSchema
    from quartet.events import Event, EventData, Part, Registry, SagaId, new_event, upcast
    from quartet.process.service import Service

__all__ = [
    "Choreography",
    "ConfigurationError",
    "ContainerSpec",
    "Decided",
    "Event",
    "EventData",
    "Evidence",
    "Ignored",
    "OutageError",
    "Outcome",
    "Part",
    "Participant",
    "Registry",
    "Rejected",
    "RetryPolicy",
    "SagaId",
    "Service",
    "StateSchema",
    "TransientError",
    "Workload",
    "new_event",
    "on",
    "per_saga",
    "upcast",
]

_HOMES: Final = {
    "choreography": ("Choreography",),
    "engine.declaration.invariant": ("Evidence", "per_saga"),
    "engine.declaration.outcome": ("Decided", "Ignored", "Outcome", "Rejected"),
    "engine.declaration.participant": ("ContainerSpec", "Participant"),
    "engine.declaration.reaction": ("on",),
    "engine.declaration.retry_policy": ("RetryPolicy",),
    "engine.declaration.workload": ("Workload",),
    "engine.errors": ("ConfigurationError", "OutageError", "TransientError"),
    "engine.records.codec": ("StateSchema",),
    "events": ("Event", "EventData", "Part", "Registry", "SagaId", "new_event", "upcast"),
    "process.service": ("Service",),
}

if not TYPE_CHECKING:  # mypy reads the imports above: a name that is not among them is an error
    __getattr__ = exported(__name__, _HOMES)
