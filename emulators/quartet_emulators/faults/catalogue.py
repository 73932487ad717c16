"""Which faults there are: by server, with the operations that each can strike and the parameters that it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_ANY: Final = ("*",)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    Attributes:
        operations: globs of the operations that it can strike.
        parameters: names of the fields of a rule that it understands, besides those that all understand.
        lasts: the default of `seconds`.
    """

    operations: tuple[str, ...] = _ANY
    parameters: tuple[str, ...] = ()
    lasts: float = 0.0


_ATTACH: Final = ("attach_sender", "attach_receiver")
_LINKS: Final = ("send", "receive")

MATCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "event_hubs": ("operation", "agent", "hub", "group", "partition"),
    "cosmos": ("operation", "agent", "database", "container", "partition"),
    "blob": ("operation", "agent", "container", "path"),
    "durable_tasks": ("operation", "agent", "hub", "instance"),
}
"""By server: what a rule can match, each with a glob."""

KINDS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "event_hubs": {
        "lost_acknowledgement": Kind(("send",)),
        "drop_connection": Kind((*_ATTACH, *_LINKS)),
        "half_open": Kind((*_ATTACH, *_LINKS), ("seconds",), lasts=30.0),
        "detach": Kind(_LINKS),
        "steal": Kind(("receive",)),
        "server_busy": Kind((*_ATTACH, "send")),
        "refuse": Kind(_ATTACH),
        "slow": Kind(_LINKS, ("seconds",), lasts=1.0),
        "duplicate": Kind(("send",)),
        "redeliver": Kind(("receive",)),
        "rewind": Kind(("receive",), ("events",)),
    },
    "cosmos": {
        "throttle": Kind(parameters=("retry_after_ms",)),
        "retry_with": Kind(("create", "upsert", "replace", "patch", "delete", "batch")),
        "unavailable": Kind(parameters=("applied",)),
        "timeout": Kind(parameters=("applied",)),
        "precondition_failed": Kind(("upsert", "replace", "patch", "delete", "batch")),
        "rival_write": Kind(("upsert", "replace", "patch", "delete", "batch")),
        "repeat": Kind(("create", "upsert", "replace", "patch", "delete", "batch")),
        "lost_reply": Kind(),
        "drop_connection": Kind(),
        "slow": Kind(parameters=("seconds",), lasts=1.0),
    },
    "blob": {
        "unavailable": Kind(parameters=("applied",)),
        "timeout": Kind(parameters=("applied",)),
        "lost_ownership": Kind(("ownership",)),
        "stale": Kind(("list", "get", "get_metadata", "head"), ("versions",)),
        "lost_reply": Kind(),
        "drop_connection": Kind(),
        "slow": Kind(parameters=("seconds",), lasts=1.0),
    },
    "durable_tasks": {
        "unavailable": Kind(parameters=("applied",)),
        "lost_reply": Kind(),
        "drop_stream": Kind(("get_work_items", "work_*")),
        "slow": Kind(parameters=("seconds",), lasts=1.0),
    },
}
"""By server and name."""
