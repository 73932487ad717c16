"""What Azure Monitor says about the minutes of a load."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tests.evidence.runner import EvidenceError, Runner

# By metric, the aggregation that adds it up.
_COSMOS: Final = {"TotalRequestUnits": "total", "TotalRequests": "count"}
_HUB: Final = {"IncomingMessages": "total", "ThrottledRequests": "total"}


def use(runner: Runner, group: str, load: Mapping[str, Any]) -> dict[str, float]:
    """Request units, requests and messages of a load, together and for one saga.

    Raises:
        EvidenceError: a metric has no values.
    """
    account = _id(runner, "az", "cosmosdb", "list", "--resource-group", group)
    namespace = _id(runner, "az", "eventhubs", "namespace", "list", "--resource-group", group)
    found = {**_sums(runner, account, _COSMOS, load), **_sums(runner, namespace, _HUB, load)}
    if not found["TotalRequests"]:
        raise EvidenceError("Azure Monitor knows no request to Cosmos DB in the minutes of the load")
    sagas = load["sagas"]
    return {
        **found,
        "request units of a saga": round(found["TotalRequestUnits"] / sagas, 1),
        "requests of a saga": round(found["TotalRequests"] / sagas, 2),
        "messages of a saga": round(found["IncomingMessages"] / sagas, 2),
    }


def _sums(runner: Runner, resource: str, metrics: Mapping[str, str], load: Mapping[str, Any]) -> dict[str, float]:
    began = datetime.fromisoformat(load["began"]).replace(second=0, microsecond=0)
    ended = datetime.fromisoformat(load["ended"]).replace(second=0, microsecond=0) + timedelta(minutes=1)
    answer = runner.run_json(
        *("az", "monitor", "metrics", "list", "--resource", resource, "--metrics", *metrics),
        *("--aggregation", "Total", "Count", "--interval", "PT1M"),
        *("--start-time", began.isoformat(), "--end-time", ended.isoformat(), "--output", "json"),
    )
    found = {one["name"]["value"]: one["timeseries"] for one in answer["value"]}
    if missing := sorted(set(metrics) - set(found)):
        raise EvidenceError(f"Azure Monitor has no {', '.join(missing)}")
    return {
        name: sum(point.get(aggregation) or 0 for series in found[name] for point in series["data"])
        for name, aggregation in metrics.items()
    }


def _id(runner: Runner, *argv: str) -> str:
    found = runner.run(*argv, "--query", "[0].id", "--output", "tsv").strip()
    if not found:
        raise EvidenceError(f"nothing found by {' '.join(argv)}")
    return found
