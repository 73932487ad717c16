"""The costs of sagas, as counted by the emulators."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import aiohttp

from quartet.terminal.user_error import UserError
from services.operations.participants import PARTICIPANTS

Counters: TypeAlias = Mapping[str, Mapping[str, Mapping[str, int]]]
"""By emulator, agent and operation: how often."""

MOST_REQUESTS_ONE_AT_A_TIME: Final = 12
"""Cosmos DB requests per saga when sagas come one after the other: the promise of the design."""

REQUESTS_IN_A_RUSH: Final = 3
"""Cosmos DB requests per saga stay below this with 400 orders in flight: the promise of the design."""

_SERVICES: Final = frozenset(f"quartet-{participant.name}" for participant in PARTICIPANTS)


@dataclass(frozen=True, slots=True)
class Costs:
    """The requests of the four services together.

    Attributes:
        sagas: how many orders were worked on.
        seconds: how long it took.
        requests: to Cosmos DB, for documents.
        metadata: to Cosmos DB, for its own description: at the start, and never again.
        queries: those of `requests` that are queries. While orders come one at a time these are the looks of the
            deadline watch, and one look for discarded dead letters when a partition opens: they cost the same with no
            order at all. A saga that comes alone makes none: its record is read by its id.
        sends: to Event Hubs.
        events: that were in them.
        checkpoints: written to Blob Storage.
    """

    sagas: int
    seconds: float
    requests: int
    metadata: int
    queries: int
    sends: int
    events: int
    checkpoints: int

    @property
    def requests_without_queries(self) -> float:
        """Cosmos DB requests per saga, if orders came one at a time."""
        return (self.requests - self.queries) / self.sagas


async def read_counters(control_url: str) -> Counters:
    """The emulators' counters as they are now.

    Raises:
        UserError: the emulators do not answer.
    """
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{control_url}/counters") as response:
            counters: Counters = await response.json()
            return counters
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UserError(f"the emulators' counters cannot be read at {control_url}: {error}") from error


def costs_between(before: Counters, after: Counters, *, sagas: int, seconds: float) -> Costs:
    """The requests between two readings."""
    cosmos, hub = _difference(before, after, "cosmos"), _difference(before, after, "event_hubs")
    return Costs(
        sagas=sagas,
        seconds=seconds,
        requests=sum(count for (agent, what), count in cosmos.items() if agent in _SERVICES and what != "metadata"),
        metadata=sum(count for (agent, what), count in cosmos.items() if agent in _SERVICES and what == "metadata"),
        queries=sum(count for (agent, what), count in cosmos.items() if agent in _SERVICES and what == "query"),
        sends=sum(count for (agent, what), count in hub.items() if agent in _SERVICES and what == "send"),
        events=sum(count for (agent, what), count in hub.items() if agent in _SERVICES and what == "events_in"),
        # Only the services keep checkpoints.
        checkpoints=sum(
            count for (_, what), count in _difference(before, after, "blob").items() if what == "checkpoint"
        ),
    )


def _difference(before: Counters, after: Counters, emulator: str) -> Counter[tuple[str, str]]:
    difference = _flat(after[emulator])
    difference.subtract(_flat(before[emulator]))
    return difference


def _flat(by_agent: Mapping[str, Mapping[str, int]]) -> Counter[tuple[str, str]]:
    return Counter({(agent, what): count for agent, whats in by_agent.items() for what, count in whats.items()})
