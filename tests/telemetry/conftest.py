"""One stack for all tests that look at what has arrived."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.saga.shop import running_shop
from tests.telemetry.receiver import receiving
from tests.telemetry.traced import Export, run_all


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def export(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Export]:
    """A stack that has ended, so that all is exported."""
    async with receiving() as receiver:
        # Metrics often: a figure that is read while the stack runs must arrive, too.
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_METRIC_EXPORT_INTERVAL": "500"}
        directory = tmp_path_factory.mktemp("traced")
        async with running_shop(directory, replicas=1, WATCHDOG_SECONDS="4", **settings) as shop:
            published = await run_all(shop)
            await receiver.until(lambda got: len(got.last("quartet.partition.lag")) >= 16)
        lines = [(who, json.loads(line)) for who, line in shop.logs.lines if line.startswith("{")]
        yield Export(receiver, lines, published)
