"""What a process reports, as its parts see it: nothing, unless telemetry is on. It imports nothing of OpenTelemetry."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from quartet.azure.cosmos.client import OnResponse
from quartet.engine.declaration.participant import Participant
from quartet.engine.engine import Engine
from quartet.engine.telemetry.port import UNOBSERVED, Observer
from quartet.process.hub_listener import HubListener


class Reports(Protocol):
    """Where the engines of a process, its clients and its listeners report to."""

    @property
    def on_cosmos_response(self) -> OnResponse | None:
        """For the clients of Cosmos DB: counts requests and request units."""

    def observer(
        self, participant: Participant[Any, Any], ports: object, *, heard: str = "", said: str = ""
    ) -> Observer:
        """For an engine. `heard`, `said`: the names of the hubs; empty if the participant is called by another one."""

    def watch(self, engines: Sequence[Engine[Any]], listeners: Sequence[HubListener], main_hub: str) -> None:
        """Report the figures of these, whenever metrics are exported."""

    def gauge(self, name: str, unit: str, description: str, read: Callable[[], float | None]) -> None:
        """Report a figure, whenever metrics are exported; None: it is not known now, and nothing is reported.

        A thread of the SDK calls `read`.
        """


class _Silent:
    on_cosmos_response = None

    def observer(
        self,
        participant: Participant[Any, Any],  # noqa: ARG002 -- the same arguments as of all reports
        ports: object,  # noqa: ARG002 -- as above
        *,
        heard: str = "",  # noqa: ARG002 -- as above
        said: str = "",  # noqa: ARG002 -- as above
    ) -> Observer:
        return UNOBSERVED

    def watch(self, engines: Sequence[Engine[Any]], listeners: Sequence[HubListener], main_hub: str) -> None:
        pass

    def gauge(self, name: str, unit: str, description: str, read: Callable[[], float | None]) -> None:
        pass


SILENT: Final[Reports] = _Silent()
"""Reports nothing."""
