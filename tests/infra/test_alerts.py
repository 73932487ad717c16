"""An alert queries the fields that the services log, and the runbook says what to do then."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import REFUSED, WRONG_AUTHOR
from shared.events import REGISTRY
from tests.infra.bicep import INFRA, parsed, resource, resources
from tests.runtime.fakes import Bench, messages, order_created, reserved

ROOT = INFRA.parent
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
QUERIES = {path.stem: path.read_text() for path in sorted((INFRA / "queries").glob("*.kql"))}
# The others ask the platform's own tables.
OF_SERVICES = {name: text for name, text in QUERIES.items() if "ContainerAppConsoleLogs" in text}
each_query = pytest.mark.parametrize("query", [pytest.param(text, id=name) for name, text in OF_SERVICES.items()])
# The words of the platform: the metrics that a namespace exports, without dimensions, and its provider; events of KEDA.
# https://learn.microsoft.com/azure/event-hubs/monitor-event-hubs-reference
# https://keda.sh/docs/latest/reference/events
OF_PLATFORM = {
    "unreceived": {"MICROSOFT.EVENTHUB", "IncomingMessages", "OutgoingMessages"},
    "scaler": {"KEDAScalerFailed", "ScaledObjectCheckFailed"},
}
# Arguments of the other log calls of the runtime; `exception` is what structlog makes of a traceback.
OTHER_FIELDS = {"hub", "doing", "error", "partition", "exception", "rule", "subject"}
RULES = parsed("modules/alerts.bicep")["variables"]["rules"]["value"]


def _literals(*folders: str) -> set[str]:
    """Every string in the code of these folders."""
    return {
        node.value
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


async def _fields() -> set[str]:
    """The names of all fields in the lines that a service writes about events, good and bad ones."""
    with structlog.testing.capture_logs() as lines:
        bench = Bench()
        engine = bench.engine(log=structlog.get_logger(service="desk"))
        await engine.process("3", messages(order_created("o-1"), reserved("o-1")))
        await engine.process("3", messages(order_created("o-1", "other", customer_id="eve"), start=9))
    return {name for line in lines for name in line}


@each_query
async def test_a_query_knows_the_fields_that_services_write(query: str) -> None:
    asked = set(re.findall(r"\bline\.(\w+)", query))
    assert asked
    assert asked <= await _fields() | {"service"} | OTHER_FIELDS


def test_the_other_fields_are_written_somewhere() -> None:
    keywords = {
        keyword.arg
        for file in (ROOT / "quartet").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    }
    assert OTHER_FIELDS - {"exception"} <= keywords


@pytest.mark.parametrize("name", ["forged-events", "dead-letters", "lag", "needs-attention"])
def test_a_forged_event_is_one_for_which_it_was_refused(name: str) -> None:
    assert set(re.findall(r'startswith_cs "(\w+)"', QUERIES[name])) == REFUSED


async def test_the_line_about_a_forged_event_begins_with_the_reason() -> None:
    forged = replace(reserved("o-1"), source="/services/payment")
    with structlog.testing.capture_logs() as lines:
        await Bench().engine(log=structlog.get_logger()).process("3", messages(forged))
    (line,) = [line for line in lines if line.get("outcome") == "dead letter"]
    assert line["detail"].startswith(f"{WRONG_AUTHOR}: ")


@each_query
def test_a_query_looks_for_words_that_services_say(query: str) -> None:
    known = _literals("quartet", "shared", "services") | set(REGISTRY) | {" "}
    code = "\n".join(line for line in query.splitlines() if not line.startswith("//"))
    assert [word for word in re.findall(r'"([^"]*)"', code) if word not in known] == []


def test_a_query_of_the_platform_uses_its_words() -> None:
    assert set(OF_PLATFORM) == set(QUERIES) - set(OF_SERVICES)
    for name, words in OF_PLATFORM.items():
        assert set(re.findall(r'"([^"]*)"', QUERIES[name])) == words


@pytest.mark.parametrize("name", ["silence", *OF_PLATFORM])
def test_a_query_for_what_is_missing_does_not_need_the_table(name: str) -> None:
    """Nothing was ever written to it if nothing ever ran."""
    assert re.search(r"union isfuzzy=true \w+, \(datatable\(.+\) \[\]\)", QUERIES[name])


def test_a_silent_service_is_found_without_a_row_of_it() -> None:
    """The alert counts rows: the services must come from the query, and those that are heard are taken away."""
    (rule,) = (rule for rule in RULES if rule["name"] == "silence")
    rows = QUERIES["silence"].rpartition(";")[2]
    assert rows.split() == [
        *("print", "services", "=", "parse_json('SERVICES')"),
        *("|", "mv-expand", "services"),
        *("|", "project", "service", "=", "tostring(services.name)"),
        *("|", "join", "kind=leftanti", "alive", "on", "service"),
    ]
    assert rule["dimensions"] == ["service"]


def test_three_heartbeats_are_missing_before_a_service_counts_as_silent() -> None:
    """Logs are late by minutes: one line must always be there, also with the longest interval."""
    minutes = re.search(r"ago\((\d+)m\)", QUERIES["silence"])
    assert minutes is not None
    longest = Settings.model_json_schema()["properties"]["heartbeat_seconds"]["maximum"]
    assert int(minutes[1]) * 60 >= 3 * longest
    (rule,) = (rule for rule in RULES if rule["name"] == "silence")
    assert rule["window"] == f"PT{minutes[1]}M"


@pytest.mark.parametrize(
    ("table", "module"),
    [
        ("ContainerAppConsoleLogs", "apps-environment"),
        ("ContainerAppSystemLogs", "apps-environment"),
        ("AzureMetrics", "event-hubs"),
    ],
)
def test_what_is_queried_reaches_the_workspace(table: str, module: str) -> None:
    """By a diagnostic setting: its logs go to the table of the same name, without the suffix _CL of the other way."""
    assert any(re.search(rf"\b{table}\b", query) for query in QUERIES.values())
    sent = resource(f"modules/{module}.bicep", "diagnostics").properties
    kinds = [*sent["logs"], *sent.get("metrics", [])]
    name = "AllMetrics" if table == "AzureMetrics" else table
    assert name in {one.get("category") for one in kinds if one["enabled"] is True}
    assert not any("_CL" in query for query in QUERIES.values())


def test_every_query_is_an_alert() -> None:
    used = {Path(str(name)).stem for name in re.findall(r"queries/([\w-]+)\.kql", str(RULES))}
    assert used == set(QUERIES) == {rule["name"] for rule in RULES}


def test_placeholders_are_filled() -> None:
    replaced = {rule["name"] for rule in RULES if rule["query"]["function"]["type"] == "replace"}
    asking = {name for name, query in QUERIES.items() if re.search(r"\b(SERVICES|OPEN_LIMIT)\b", query)}
    assert replaced == asking


def test_every_alert_has_a_chapter_in_the_runbook() -> None:
    chapters = set(re.findall(r"^## .*?`([\w-]+)`", RUNBOOK, re.MULTILINE))
    metric = {
        chapter
        for one in resources("modules/alerts.bicep", "service.bicep")
        if one.type == "Microsoft.Insights/metricAlerts"
        for chapter in re.findall(r"runbook\.md, ([\w-]+)\.", one.properties["description"])
    }
    assert {rule["name"] for rule in RULES} | metric <= chapters
    assert len(metric) == 4
