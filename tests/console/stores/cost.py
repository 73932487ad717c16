"""What a saga costs the projection in Cosmos DB: requests and request units, as the emulator counts them.

The saga has five events with bodies of 1.2 KB, as an order of the shop has on the happy path.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from quartet_emulators.cosmos import CosmosEmulator

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.cosmos.console_database import BUCKETS, CONTAINERS, SAGAS
from quartet.azure.cosmos.provision import open_database
from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.console.projection.cosmos.store import CosmosProjection
from quartet.console.projection.facts import Fact, Place, Raw
from tests.console.stores.facts import MINUTE, NOW, batch, fact

AGENT: Final = "cost"
PLACES: Final = 4
_BODY: Final = 1_200


@dataclass(frozen=True, slots=True)
class Cost:
    """For each saga."""

    requests: float
    request_units: float


async def measure(sagas: int, *, together: bool) -> Cost:
    """Project sagas one event at a time, or all of them together: each place brings a batch of every step's events."""
    counters: Counter[tuple[str, str]] = Counter()
    charged: dict[tuple[str, str], float] = {}
    with tempfile.TemporaryDirectory() as folder:
        emulator = CosmosEmulator(Path(folder), counters=counters, charged=charged)
        await emulator.start()
        settings = Settings(
            cosmos_connection_string=emulator.connection_string,
            event_hubs_connection_string="not used",
            blob_connection_string="not used",
        )
        try:
            async with Credentials() as credentials, cosmos_client(settings, credentials, AGENT) as client:
                database = await open_database(client, "console", CONTAINERS, buckets=BUCKETS, may_create=True)
                projection = CosmosProjection(database.get_container_client(SAGAS.name), 1, now=lambda: NOW)
                # The first batch of a place creates its position, and the figures of the minute.
                for number in range(PLACES):
                    await _take(projection, number, [_event("first", 0, number)])
                before, spent = _sum(counters), sum(charged.values())
                await (_together if together else _alone)(projection, sagas)
                return Cost((_sum(counters) - before) / sagas, (sum(charged.values()) - spent) / sagas)
        finally:
            await emulator.stop()


async def _alone(projection: CosmosProjection, sagas: int) -> None:
    for saga in range(sagas):
        for step in range(5):
            await _take(projection, saga % PLACES, [_event(f"saga-{saga:05}", step, 10 * saga + step + 1)])


async def _together(projection: CosmosProjection, sagas: int) -> None:
    for step in range(5):
        takes = []
        for number in range(PLACES):
            mine = range(number, sagas, PLACES)
            takes.append(
                _take(projection, number, [_event(f"saga-{one:05}", step, sagas * step + one + 9) for one in mine])
            )
        await asyncio.gather(*takes)


async def _take(projection: CosmosProjection, number: int, facts: Sequence[Fact]) -> None:
    place = Place("hub", str(number))
    moved = [replace(one, key=one.key._replace(hub="hub", partition=place.partition)) for one in facts]
    await projection.take(batch(*moved, place=place))


def _event(saga: str, step: int, number: int) -> Fact:
    types = ("TripBooked.v1", "RoomReserved.v1", "RoomReserved.v1", "RoomReserved.v1", "TripTaken.v1")
    cause = f"{saga}-{step - 1}-0af76519-16cd-43dd" if step else None
    made = fact(
        saga,
        types[step],
        number,
        at=MINUTE * 60_000 + step * 200,
        event_id=f"{saga}-{step}-0af76519-16cd-43dd",
        cause=cause,
        terms=[("traveller_id", f"traveller-{saga}"), ("hotel_id", "grand-hotel-7")],
    )
    # Half of it is always the same, as names of fields are.
    text = (b'{"traveller_id": "' + b"x" * (_BODY // 2)) + Random(number).randbytes(_BODY // 4).hex().encode()
    return replace(made, raw=Raw("application/cloudevents+json", text, len(text)))


def _sum(counters: Counter[tuple[str, str]]) -> int:
    return sum(count for (agent, operation), count in counters.items() if agent == AGENT and operation != "metadata")
