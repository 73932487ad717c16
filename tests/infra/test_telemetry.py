"""Services report to Application Insights with their identities, and the workbook reads what they report."""

import ast
import json
import re
from typing import Any, Final

import pytest

from quartet.engine.telemetry.span import Span, SpanId
from quartet.events import first_traceparent
from quartet.process.telemetry.azure_monitor import OF_ITS_OWN
from quartet.process.telemetry.opening import is_on, open_telemetry
from quartet.process.telemetry.sdk import readable
from tests.infra.bicep import INFRA, assignments, parsed, read_json, resource
from tests.infra.container import NAMES, TIERS, environment
from tests.infra.scope import Scope

WORKBOOK: Final[dict[str, Any]] = read_json("workbook.json")
QUERIES: Final = {one["name"]: one["content"]["query"] for one in WORKBOOK["items"] if one["type"] == 3}
each_query = pytest.mark.parametrize("name", QUERIES)
# What a workspace keeps of the exporter's items: https://learn.microsoft.com/azure/azure-monitor/reference/tables/apprequests
# (and appdependencies, appmetrics).
COLUMNS: Final = {
    "AppRequests": {
        "TimeGenerated",
        "Name",
        "DurationMs",
        "OperationId",
        "ParentId",
        "ItemCount",
        "Properties",
        "_ItemId",
    },
    "AppDependencies": {"TimeGenerated", "Name", "OperationId", "Id"},
    "AppMetrics": {"TimeGenerated", "Name", "Sum", "Max", "ItemCount", "Properties"},
}


def literals() -> set[str]:
    """Every string in the code of the library."""
    return {
        node.value
        for path in (INFRA.parent / "quartet").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def words(query: str) -> set[str]:
    return set(re.findall(r'"([^"{}]*)"', query))


def without_texts(query: str) -> str:
    return re.sub(r'"[^"]*"', "", re.sub(r"'[^']*'", "", query))


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("service", NAMES)
def test_a_service_reports(tier: str, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OF_ITS_OWN:
        monkeypatch.setenv(name, "true")
    given = environment(tier, service)
    assert is_on(given)
    for name in ("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_METRIC_EXPORT_INTERVAL"):
        monkeypatch.setenv(name, given[name])
    telemetry = open_telemetry(service, given)
    assert telemetry is not None
    contexts = (first_traceparent(f"saga-{number}", "an event").split("-") for number in range(1000))
    every = [SpanId(trace, span) for _, trace, span, _ in contexts]
    kept = sum(telemetry.samples(place) for place in every) / len(every)
    assert kept == pytest.approx(float(read_json("tiers.json")[tier]["traceRatio"]), abs=0.05)
    assert int(given["OTEL_METRIC_EXPORT_INTERVAL"]) == read_json("tiers.json")[tier]["metricSeconds"] * 1000


def test_it_can_be_switched_off() -> None:
    output = parsed("main.bicep")["outputs"]["APPLICATIONINSIGHTS_CONNECTION_STRING"]["value"]
    assert Scope({"telemetry": False}).value(output) == ""
    for service in NAMES:
        given = assignments(f"services/{service}.bicepparam")
        assert given["insights"] == "readEnvironmentVariable('APPLICATIONINSIGHTS_CONNECTION_STRING', '')"
    assert not is_on({"APPLICATIONINSIGHTS_CONNECTION_STRING": ""})


def test_a_right_is_given_where_a_service_reports() -> None:
    modules = parsed("main.bicep")["modules"]
    reports = {
        "access": modules["access"]["config"]["config"]["params"]["reports"],
        "orchestratorAccess": modules["orchestratorAccess"]["config"]["params"]["reports"],
    }
    for telemetry, orchestrated in ((True, True), (True, False), (False, True)):
        scope = Scope({"telemetry": telemetry, "isOrchestrated": orchestrated})
        assert scope.value(reports["access"]) is telemetry
        assert scope.value(reports["orchestratorAccess"]) is (telemetry and orchestrated)
    assert parsed("modules/service-access.bicep")["resources"]["mayReport"]["config"]["condition"] == "reports"


def test_the_workbook_is_deployed_for_this_workspace_and_this_component() -> None:
    made = resource("modules/monitoring.bicep", "workbook")
    (file,) = re.findall(r"load_text_content.*?'([^']*workbook.json)'", str(made.properties["serializedData"]))
    assert (INFRA / "modules" / file).resolve() == INFRA / "workbook.json"
    places = set(re.findall(r"[A-Z]+_ID\b", json.dumps(WORKBOOK)))
    assert places == {"WORKSPACE_ID", "COMPONENT_ID"}
    assert all(place in str(made.properties["serializedData"]) for place in places)


def test_the_workbook_shows_what_operators_ask_for() -> None:
    assert QUERIES.keys() >= {
        *("sagas-by-end", "failures-by-reason", "step-latency", "dead-letters", "lag", "age", "request-units", "sagas"),
    }


@each_query
def test_a_query_reads_columns_that_there_are(name: str) -> None:
    query = QUERIES[name]
    tables = re.findall(r"\bApp[A-Z]\w+", without_texts(query))
    assert tables
    assert {*tables} <= COLUMNS.keys()
    known = {column for table in tables for column in COLUMNS[table]}
    code = re.sub(r"\{[^}]*\}", "", without_texts(query))
    used = set(re.findall(r"\b(_?[A-Z][A-Za-z]+)\b", code)) - {*tables}
    named = set(re.findall(r"\b(\w+) =[^=]", query))
    assert used <= known | named


@each_query
def test_a_query_asks_for_names_that_the_library_gives(name: str) -> None:
    asked = {word for word in words(QUERIES[name]) if word.startswith("quartet.")}
    assert asked
    assert asked <= literals()


@each_query
def test_a_query_is_balanced(name: str) -> None:
    query = without_texts(QUERIES[name])
    for opening, closing in ("()", "[]", "{}"):
        assert query.count(opening) == query.count(closing)
    assert '"' not in query
    assert "'" not in query


def test_the_exporter_keeps_the_attributes_of_spans_that_the_workbook_reads() -> None:
    """It drops those of the semantic conventions, such as `messaging.message.conversation_id`."""
    from azure.monitor.opentelemetry.exporter.export.trace._exporter import _convert_span_to_envelope
    from opentelemetry.sdk.resources import Resource

    asked = {
        attribute
        for query in QUERIES.values()
        if "AppRequests" in query
        for attribute in re.findall(r'Properties\["([^"]+)"\]', query)
    }
    attributes = {**dict.fromkeys(asked, "x"), "messaging.message.id": "x"}
    span = readable(Span("process A.v1", "consumer", SpanId("ab" * 16, "cd" * 8), None, 1, 2, attributes), Resource({}))
    assert _convert_span_to_envelope(span).data.base_data.properties.keys() == asked
