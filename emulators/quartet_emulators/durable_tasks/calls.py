"""A call: who asks, about which task hub, and how it is refused."""

from dataclasses import dataclass

import grpc

from quartet_emulators.durable_tasks import records
from quartet_emulators.durable_tasks.hub import TaskHub
from quartet_emulators.durable_tasks.records import Instance
from quartet_emulators.durable_tasks.state import State
from quartet_emulators.durable_tasks.store import Unit


class RefusedError(Exception):
    """The call is refused with a status of gRPC and one line."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Call:
    """What comes with every request.

    Attributes:
        agent: what the client says that it is; empty if it says nothing.
        hub_name: the task hub that it names; `default` if it names none.
    """

    state: State
    agent: str
    hub_name: str

    @property
    def hub(self) -> TaskHub:
        """The task hub."""
        return self.state.hub(self.hub_name)


def existing(hub: TaskHub, unit: Unit, instance_id: str) -> Instance:
    """The instance with this id.

    Raises:
        RefusedError: there is none.
    """
    instance = records.by_id(unit, hub.key, instance_id)
    if instance is None:
        raise RefusedError(grpc.StatusCode.NOT_FOUND, f"Orchestration instance '{instance_id}' not found")
    return instance
