"""The reports of a process that has telemetry on."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from opentelemetry.metrics import CallbackOptions, Observation

from quartet.engine.declaration.participant import Participant
from quartet.engine.engine import Engine
from quartet.process.hub_listener import HubListener
from quartet.process.telemetry.gauges import Gauges
from quartet.process.telemetry.instruments import Instruments
from quartet.process.telemetry.observer import EngineObserver
from quartet.process.telemetry.sdk import Telemetry

_BATCH = "x-ms-cosmos-is-batch-request"
_QUERY = "x-ms-documentdb-isquery"


class Reporting:
    """See `Reports`."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._instruments = Instruments(telemetry.meters)

    def observer(
        self, participant: Participant[Any, Any], ports: object, *, heard: str = "", said: str = ""
    ) -> EngineObserver:
        """See `Reports.observer`."""
        return EngineObserver(participant, ports, self._telemetry, self._instruments, heard=heard, said=said)

    def watch(self, engines: Sequence[Engine[Any]], listeners: Sequence[HubListener], main_hub: str) -> None:
        """See `Reports.watch`."""
        Gauges(self._instruments.meter, engines, listeners, main_hub)

    def gauge(self, name: str, unit: str, description: str, read: Callable[[], float | None]) -> None:
        """See `Reports.gauge`."""

        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            figure = read()
            return () if figure is None else (Observation(figure),)

        self._instruments.meter.create_observable_gauge(name, [observe], unit, description)

    def on_cosmos_response(self, response: Any) -> None:  # noqa: ANN401 -- the SDK's
        """See `Reports.on_cosmos_response`."""
        answer, asked = response.http_response, response.http_request
        attributes = {
            "db.system.name": "azure.cosmosdb",
            "db.operation.name": _operation(asked),
            "db.response.status_code": str(answer.status_code),
        }
        self._instruments.cosmos_requests.add(1, attributes)
        try:
            charge = float(answer.headers.get("x-ms-request-charge", 0))
        except (TypeError, ValueError):
            return
        if charge > 0:
            self._instruments.cosmos_charge.add(charge, attributes)


def _operation(request: Any) -> str:  # noqa: ANN401 -- the SDK's
    """What a request does, in one word of few."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get(_BATCH, "").lower() == "true":
        return "execute_batch"
    if headers.get(_QUERY, "").lower() == "true":
        return "query_items"
    return str(request.method).lower()
