"""The console's metric: how many rules are broken. Unknown is no point, and off loads nothing."""

import asyncio
import subprocess
import sys
import urllib.request
from pathlib import Path

import structlog
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SynchronousMultiSpanProcessor, TracerProvider

from examples.trip.app import TRIP
from quartet.cli.lag.reading import Reader
from quartet.console.auditing.running import RunningAudit
from quartet.console.auditing.settled import Finished
from quartet.console.serving import BROKEN
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.process.telemetry.reporting import Reporting
from quartet.process.telemetry.sdk import Telemetry
from tests.cli.test_end_to_end import clean_environment
from tests.console.auditing import NOON, PACE, Stores
from tests.console.browser.real.console import Console
from tests.saga.shop import running_shop
from tests.telemetry.receiver import receiving


def points(reader: InMemoryMetricReader) -> list[object]:
    data = reader.get_metrics_data()
    found = data.resource_metrics[0].scope_metrics[0].metrics if data is not None else ()
    return [getattr(point, "value", None) for metric in found for point in metric.data.data_points]


def test_a_figure_is_read_at_each_export_and_is_left_out_where_it_is_not_known() -> None:
    reader, figures = InMemoryMetricReader(), iter([2, None, 0])
    queue = SynchronousMultiSpanProcessor()  # type: ignore[no-untyped-call]  # the SDK's has no types
    meters = MeterProvider([reader], shutdown_on_exit=False)
    reporting = Reporting(Telemetry(TracerProvider(shutdown_on_exit=False), meters, queue))
    reporting.gauge(BROKEN, "{finding}", "Rules that are broken now", lambda: next(figures))
    assert [points(reader) for _ in range(3)] == [[2], [], [0]]


async def test_the_figure_of_the_audit_is_not_known_while_it_cannot_look() -> None:
    now, stores = NOON, Stores(wrong={"t-1"})

    async def progress() -> Finished:
        return {Reader(name, "", "0"): 9 for name in TRIP.names}

    running = RunningAudit(TRIP, TRIP.hubs(), structlog.get_logger(), pace=PACE, every=0, now=lambda: now)
    assert running.figure() is None
    auditor = running.auditor(stores, progress)
    assert running.figure() == 0
    running.news(["t-1"])
    for _ in range(2):
        now += PACE.settle
        await auditor.step(now)
    assert running.figure() == 1
    stores.failure = OutageError("Cosmos DB is away")
    running.news(["t-2"])
    now += PACE.settle
    await auditor.step(now)
    assert running.figure() is None
    stores.failure = None
    now += PACE.again
    await auditor.step(now)
    assert running.figure() == 1
    running.close()


def test_a_console_that_reports_nowhere_does_not_load_the_sdk() -> None:
    """FastAPI loads the API of OpenTelemetry, which does nothing without it."""
    program = (
        "import sys; import quartet.console.serving; from quartet.process.telemetry.opening import reporting\n"
        "with reporting('console') as reports: reports.gauge('a', '1', 'b', lambda: 1)\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=stretched(60),
        check=False,
        env={name: value for name, value in clean_environment().items() if not name.startswith("OTEL_")},
    )
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")


async def test_a_console_reports_its_figure_and_nothing_of_what_people_ask(tmp_path: Path) -> None:
    """FastAPI makes a span with the address of each request, where a provider of spans is installed."""
    async with receiving() as receiver, running_shop(tmp_path / "shop", replicas=1) as shop:
        reported = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_METRIC_EXPORT_INTERVAL": "500"}
        console = Console(shop.environment, tmp_path, **reported)
        await console.start()
        try:
            asked = f"{console.address}/api/sagas?q=customer_id:c-77"
            with await asyncio.to_thread(urllib.request.urlopen, asked) as answer:
                assert answer.status == 200
            await receiver.until(lambda got: bool(got.last(BROKEN)))
        finally:
            await console.stop()
    seen = {(point.service, point.name, point.unit, point.value) for point in receiver.points}
    assert {one for one in seen if not one[1].startswith("otel.")} == {("console", BROKEN, "{finding}", 0)}
    assert receiver.spans == []
