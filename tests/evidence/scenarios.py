"""What the programs answer when all is well. The shop's answers have the form of the real commands."""

import json
from typing import Any, Final

from services.operations.samples import sample
from tests.evidence.azure_account import PROVIDERS
from tests.evidence.fakes import Rule

GROUP: Final = "rg-qev-test"
LOAD: Final[dict[str, Any]] = {
    "rate": 10.0,
    "began": "2026-11-01T12:00:30+00:00",
    "ended": "2026-11-01T12:02:10+00:00",
    "seconds": 100.0,
    "sagas": 1000,
    "failing": 50,
    "sagas_per_second": 10.0,
    "latency_ms": {"p50": 61.2, "p95": 99.0, "p99": 120.5, "p100": 300.0},
}
OUTPUTS: Final = {
    "azurE_CONTAINER_REGISTRY_ENDPOINT": "crx.azurecr.io",  # Azure CLI has changed the case of names before
    "EVENT_HUBS_NAMESPACE": "evhns-x.servicebus.windows.net",
    "COSMOS_ENDPOINT": "https://cosmos-x.documents.azure.com:443/",
    "BLOB_ACCOUNT_URL": "https://stx.blob.core.windows.net/",
    "BUCKETS": 256,
}


def outcomes() -> dict[str, dict[str, str]]:
    """How the sample orders end."""
    expected = json.loads(sample("expectations.json").read_text(encoding="utf-8"))
    lines = sample("orders.jsonl").read_text(encoding="utf-8").splitlines()
    ids = [json.loads(line)["order_id"] for line in lines]
    (contest,) = expected["contests"]
    won = contest["orders"][: contest["completed"]]
    ends = {one: {"status": "COMPLETED", "reason": ""} for one in won}
    ends |= {one: {"status": "CANCELLED", "reason": contest["reason"]} for one in contest["orders"] if one not in won}
    known = {one: expected["orders"][one] for one in ids if one in expected["orders"]}
    return ends | {one: {"status": end["status"], "reason": end["reason"]} for one, end in known.items()}


def shop() -> list[Rule]:
    """The command line, and the load."""
    invariant = {"number": 1, "rule": "stock adds up", "holds": True, "figures": {}, "violations": []}
    check = {"name": "Event Hubs: hub", "status": "ok", "detail": "32 partitions", "hint": None}
    return [
        Rule(("seed",), "28 products created"),
        Rule(("publish",), outcomes()),
        Rule(("tests.evidence.load",), LOAD),
        Rule(("audit",), {"holds": True, "invariants": [invariant]}),
        Rule(("doctor",), {"ok": True, "checks": [check]}),
        Rule(("dead-letters",), []),
    ]


def metric(name: str, aggregation: str, *values: float) -> dict[str, Any]:
    """The values of a metric, minute by minute."""
    data = [{"timeStamp": "2026-11-01T12:00:00Z", aggregation: value} for value in values] + [{"timeStamp": "later"}]
    return {"name": {"value": name}, "timeseries": [{"data": data}]}


def azure() -> list[Rule]:
    """A subscription."""
    cosmos = [metric("TotalRequestUnits", "total", 60_000, 60_000.0), metric("TotalRequests", "count", 900, 600)]
    hub = [metric("IncomingMessages", "total", 5000), metric("ThrottledRequests", "total", 0)]
    deployed = {"properties": {"outputs": {name: {"value": value} for name, value in OUTPUTS.items()}}}
    account = {"id": "5678-subscription", "name": "A subscription", "user": {"type": "user", "name": "me@example.org"}}
    return [
        Rule(("az version",), {"azure-cli": "2.75.0"}),
        Rule(("az account show",), account),
        *(Rule((f"az provider show --namespace Microsoft.{name}",), "Registered\n") for name in PROVIDERS),
        Rule(("az ad signed-in-user show",), "1234-operator\n"),
        Rule(("az group exists",), "false\n", times=1),
        Rule(("az deployment sub create",), deployed, writes={"group": "true\n"}),
        Rule(("az group exists",), prints="group"),
        Rule(("az acr build",)),
        Rule(("az deployment group create",)),
        Rule(("az containerapp show",), "ca-payment-qev-test--0000001\n"),
        Rule(("az containerapp",)),
        Rule(("az cosmosdb list",), "/subscriptions/s/cosmos\n"),
        Rule(("az eventhubs namespace list",), "/subscriptions/s/hub\n"),
        Rule(("az monitor metrics list", "/cosmos"), {"value": cosmos}),
        Rule(("az monitor metrics list", "/hub"), {"value": hub}),
        Rule(("az role definition list", f"/subscriptions/5678-subscription/resourceGroups/{GROUP}"), "role-1\n"),
        Rule(("az role definition delete",)),
        Rule(("az group delete",), writes={"group": "false\n"}),
        Rule(("az deployment sub cancel",), err="no deployment is active", status=1),
        Rule(("az deployment sub delete",)),
        *shop(),
    ]


def compose() -> list[Rule]:
    """A machine with Docker."""
    return [
        Rule(("docker compose version",), "2.29.7\n"),
        Rule(("docker compose ps",), ""),
        Rule(("docker compose config --images",), "quartet:local\nmcr.example/emulator:1\n"),
        Rule(("docker compose up",)),
        Rule(("docker compose restart",)),
        Rule(("docker compose kill",)),
        Rule(("docker compose down",)),
        *shop(),
    ]
