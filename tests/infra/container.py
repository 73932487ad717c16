"""The container app of a service as data: service.bicep with values for its parameters."""

from typing import Any, Final

from services.operations.participants import PARTICIPANTS
from services.orchestrator.app import ORCHESTRATED as TWIN
from tests.cloud.ingestion import INSTRUMENTATION_KEY
from tests.infra.bicep import read_json, resource
from tests.infra.deployed import CHOREOGRAPHED, ORCHESTRATED, Style
from tests.infra.scope import Scope

TIERS: Final = read_json("tiers.json")
NAMES: Final = [*(participant.name for participant in PARTICIPANTS), *TWIN.names]
"""All services of both styles."""
STYLES: Final[dict[str, Style]] = {name: ORCHESTRATED if name in TWIN.names else CHOREOGRAPHED for name in NAMES}
"""The style in which each service runs."""
APP: Final = resource("service.bicep", "app").properties
(CONTAINER,) = APP["template"]["containers"]
_SCHEDULER: Final = "Endpoint=https://dts-x.westeurope.durabletask.io;TaskHub=sagas"


def deployed(service: str, style: Style, **more: Any) -> Scope:  # noqa: ANN401 -- values of the language
    """The names in service.bicep."""
    values = {
        "service": service,
        "sagaStyle": style,
        "scheduler": _SCHEDULER if style == ORCHESTRATED else "none",
        "hubLayout": "inbound",
        "scaleRule": "lag",
        "eventHubsNamespace": "evhns-x.servicebus.windows.net",
        "blobAccountUrl": "https://stx.blob.core.windows.net/",
        "blobContainer": "checkpoints",
        "identity": {"id": "its identity", "properties": {"clientId": "a-client-id"}},
        "eventsPerReplica": 5000,
        "size": TIERS["dev"],
    }
    variables = (
        *("layouts", "layout", "hubsOf", "healthPort", "isOrchestrator", "orchestratorRuns", "runs", "minReplicas"),
        *("lagRules", "cpuRules", "parts", "activityThreads", "workItems", "sagaRules", "waitingRules"),
        *("program", "waiting", "probes"),
        *("scalesByLag", "scalesByCpu", "otherRules", "chosenRules", "settings", "orchestratorSettings"),
    )
    return Scope.of("service.bicep", values | more, variables)


def environment(tier: str, service: str = "order") -> dict[str, str]:
    """The environment of the container."""
    more = {
        "size": TIERS[tier],
        "eventHubName": "saga-events",
        "inboundHubName": "orders",
        "cosmosEndpoint": "https://cosmos-x.documents.azure.com:443/",
        "buckets": 256,
        "orderDeadlineSeconds": 900,
        "paymentGateway": "shop.gateway:open_gateway",
        "carrier": "simulated",
        "insights": f"InstrumentationKey={INSTRUMENTATION_KEY};IngestionEndpoint=https://westeurope-5.in.example.org/",
    }
    given = deployed(service, STYLES[service], **more).value(CONTAINER["env"])
    return {one["name"]: one["value"] for one in given}
