"""The metrics and log lines of a real stack, and what the page says of them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.saga.shop import SERVICES
from tests.telemetry.traced import REPEATS, Export

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = Path(__file__).parents[2] / "docs" / "telemetry.md"
OF_EVERY_METRIC = {"quartet.participant"}
OF_THE_HUB = {"messaging.destination.name", "messaging.destination.partition.id"}
BY_CONVENTION = {"messaging.system", "messaging.operation.name", "messaging.consumer.group.name"}
OF_COSMOS = {"db.system.name", "db.operation.name", "db.response.status_code"}


def rows(heading: str) -> Iterator[list[str]]:
    """The rows of the table below this heading of the page, or of the first one that begins with it."""
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index(heading) :].split("\n\n")[0]
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def names(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


async def test_a_log_line_has_the_ids_of_its_span(export: Export) -> None:
    spans = {(span.trace, span.span): span for span in export.receiver.spans}
    compared = 0
    for who, line in export.lines:
        if "sequence" not in line or line.get("saga") == "trace-unsampled" or "outcome" not in line:
            continue
        span = spans[str(line["trace_id"]), str(line["span_id"])]
        assert (span.service, span.saga, span.name) == (who, line["saga"], f"process {line['event']}")
        compared += 1
    assert compared > 50
    [retried] = [line for _, line in export.lines if line["event"] == "handler will be retried"]
    assert spans[str(retried["trace_id"]), str(retried["span_id"])].name == "handle charge_payment"


async def test_no_attribute_has_personal_data(export: Export) -> None:
    values = {str(value).lower() for span in export.receiver.spans for value in span.attributes.values()}
    values |= {str(value).lower() for point in export.receiver.points for value in point.attributes.values()}
    # As words: an id may have the letters of a name.
    assert [value for value in values if re.search(r"\b(ada|engine row|tok_|town)", value)] == []


async def test_the_metrics_have_the_right_values(export: Export) -> None:
    got = export.receiver
    total, kind, reason = got.total, "quartet__event__type", "quartet__reason"
    assert total("quartet.sagas.started", quartet__participant="order") == 7
    assert total("quartet.sagas.ended", **{kind: "OrderCompleted.v1"}) == 6
    assert total("quartet.sagas.ended", **{kind: "OrderCancelled.v1", reason: "address_not_served"}) == 1
    assert total("quartet.sagas.ended") == 7
    assert total("quartet.events.processed", quartet__outcome="repeated") == len(REPEATS)
    assert total("quartet.dead_letters", **{reason: "conflicting_order", kind: "OrderCreated.v1"}) == 1
    assert total("quartet.dead_letters") == 1
    assert total("quartet.retries", quartet__participant="payment") == 1
    assert total("quartet.conflicts") == 0
    assert len(got.last("quartet.partition.lag")) == len(got.last("quartet.partition.age")) == 16
    latency = got.last("quartet.step.duration", quartet__participant="shipping")
    assert sum(point.count for point in latency.values()) == 8  # seven payments, and one cancellation
    assert 0 < sum(point.value for point in latency.values()) < 60
    committed = got.last("quartet.batch.size", quartet__participant="shipping", quartet__operation="commit")
    assert sum(point.value for point in committed.values()) == 8  # all are records of different sagas, or in turn
    charged = total("quartet.cosmos.request_charge", db__operation__name="execute_batch")
    commits = [span for span in got.spans if span.name.startswith("commit ")]
    assert 0 < sum(span.attributes["azure.cosmosdb.operation.request_charge"] for span in commits) <= charged
    assert total("quartet.cosmos.requests", db__operation__name="execute_batch") >= 20


async def test_the_resource_says_which_service_it_is(export: Export) -> None:
    by_service = {span.service: span.resource for span in export.receiver.spans}
    assert set(by_service) == set(SERVICES)
    assert len({resource["service.instance.id"] for resource in by_service.values()}) == 4


async def test_the_page_has_every_attribute_of_every_span(export: Export) -> None:
    told = set[str]().union(*(names(row[0]) for row in rows("| attribute | on |")))
    assert {name for span in export.receiver.spans for name in span.attributes} <= told
    unseen = told - {name for span in export.receiver.spans for name in span.attributes}
    assert unseen == set()


async def test_the_page_has_every_kind_of_span(export: Export) -> None:
    kinds = {cell[0].strip("`").split()[0]: cell[1] for cell in rows("| span | kind |")}
    for span in export.receiver.spans:
        word = span.name.split()[0]
        assert span.kind == (kinds[word] if word in kinds else kinds["PORT.METHOD"]), span


async def test_the_page_has_every_metric_with_its_unit_and_its_attributes(export: Export) -> None:
    told = {row[0].strip("`"): (row[2].strip("`"), names(row[3])) for row in rows("| metric | kind |")}
    seen = {point.name: point.unit for point in export.receiver.points if not point.name.startswith("otel.")}
    # Nothing was lost to another writer, and no server was away.
    assert told.keys() - seen.keys() <= {"quartet.conflicts", "quartet.outage.duration"}
    for name, unit in seen.items():
        assert told[name][0] == unit
        allowed = told[name][1] | OF_EVERY_METRIC | OF_THE_HUB | BY_CONVENTION | OF_COSMOS
        used = {key for point in export.receiver.points if point.name == name for key in point.attributes}
        assert used <= allowed, name
