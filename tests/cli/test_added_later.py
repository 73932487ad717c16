"""A participant that is added to an application at work hears what comes in from its start, and nothing before."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.eventhub import EventData

from quartet.cli import application
from quartet.cli.lag.reading import open_lag_reader
from quartet.process.application import Application
from services.shop import SHOP
from tests.stack_fixture import Servers, running_stack

NOW = datetime.now(UTC)


def use(starts: datetime) -> None:
    """The shop, in which payment was added at this moment."""
    participants = tuple(replace(one, starts=starts) if one.name == "payment" else one for one in SHOP)
    application.use(Application("tests:SHOP", replace(SHOP, participants=participants, services=())))


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    async with running_stack(tmp_path) as running:
        yield running


async def waiting(servers: Servers) -> dict[str, int]:
    """How many events wait for each of two services in partition 0."""
    async with open_lag_reader(servers.settings) as reader:
        lags = await reader.lags(await reader.look(["payment", "shipping"]), datetime.now(UTC))
    return {lag.place.service: lag.place.waiting for lag in lags if lag.place.partition == "0"}


async def publish(servers: Servers, count: int) -> None:
    for number in range(count):
        batch = await servers.hub.create_batch(partition_id="0")
        batch.add(EventData(json.dumps({"number": number})))
        await servers.hub.send_batch(batch)


async def test_events_from_before_the_start_do_not_count_as_waiting(servers: Servers) -> None:
    use(NOW + timedelta(days=1))
    await publish(servers, 3)
    assert await waiting(servers) == {"payment": 0, "shipping": 3}


async def test_events_since_the_start_count_as_waiting(servers: Servers) -> None:
    use(NOW - timedelta(days=1))
    await publish(servers, 3)
    assert await waiting(servers) == {"payment": 3, "shipping": 3}


async def test_the_first_event_after_its_start_is_the_oldest_that_waits(servers: Servers) -> None:
    await publish(servers, 2)
    properties = await servers.hub.get_partition_properties("0")
    use(properties["last_enqueued_time_utc"])
    await publish_later(servers, properties["last_enqueued_time_utc"])
    assert await waiting(servers) == {"payment": 1, "shipping": 3}


async def publish_later(servers: Servers, than: datetime) -> None:
    """Publish one more, which the hub takes in at a later millisecond."""
    while datetime.now(UTC) <= than + timedelta(milliseconds=2):
        pass
    await publish(servers, 1)
