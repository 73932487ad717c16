"""What sagas cost, as the emulators of a local stack have counted it."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import aiohttp

from quartet.terminal.user_error import UserError

Counters: TypeAlias = Mapping[str, Mapping[str, Mapping[str, int]]]
"""By emulator, agent and operation: how often."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the participants have asked for, all together.

    Attributes:
        sagas: how many sagas were worked on.
        seconds: how long it took.
        requests: to Cosmos DB, for documents.
        metadata: to Cosmos DB, for its own description: at the start, and never again.
        queries: those of `requests` that are queries. While sagas come one at a time these are looks that cost the same
            with no saga at all, such as those of a deadline watch, and one look for discarded dead letters when a
            partition opens. A saga that comes alone makes none: its record is read by its id.
        sends: to Event Hubs.
        events: that were in them.
        received: events that the hub has delivered, once for each consumer group.
        checkpoints: written to Blob Storage.
    """

    sagas: int
    seconds: float
    requests: int
    metadata: int
    queries: int
    sends: int
    events: int
    received: int
    checkpoints: int

    @property
    def requests_without_queries(self) -> float:
        """Cosmos DB requests per saga, if sagas came one at a time."""
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


def costs_between(
    before: Counters, after: Counters, participants: Collection[str], *, sagas: int, seconds: float
) -> Costs:
    """What the participants of these names asked for between two readings."""
    cosmos, hub = (_asked_for(before, after, name, participants) for name in ("cosmos", "event_hubs"))
    # Only participants keep checkpoints, and the checkpoint store does not say whose they are.
    blob = _difference(before, after, "blob")
    return Costs(
        sagas=sagas,
        seconds=seconds,
        requests=cosmos.total() - cosmos["metadata"],
        metadata=cosmos["metadata"],
        queries=cosmos["query"],
        sends=hub["send"],
        events=hub["events_in"],
        received=hub["events_out"],
        checkpoints=sum(count for (_, what), count in blob.items() if what == "checkpoint"),
    )


def _asked_for(before: Counters, after: Counters, emulator: str, participants: Collection[str]) -> Counter[str]:
    """How often all of them together asked for each operation."""
    agents = {f"quartet-{name}" for name in participants}
    asked = Counter[str]()
    for (agent, what), count in _difference(before, after, emulator).items():
        if agent in agents:
            asked[what] += count
    return asked


def _difference(before: Counters, after: Counters, emulator: str) -> Counter[tuple[str, str]]:
    difference = _flat(after[emulator])
    difference.subtract(_flat(before[emulator]))
    return difference


def _flat(by_agent: Mapping[str, Mapping[str, int]]) -> Counter[tuple[str, str]]:
    return Counter({(agent, what): count for agent, whats in by_agent.items() for what, count in whats.items()})
