"""The costs of sagas, as counted by the emulators of a local stack."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import aiohttp

from quartet.terminal.user_error import UserError

Counters: TypeAlias = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By emulator, agent and operation: how often; and as `request_units`, what Cosmos DB has charged for it."""

_WRITES: Final = ("batch", "create", "delete", "patch", "replace", "upsert")


@dataclass(frozen=True, slots=True)
class Costs:
    """The requests of the participants together.

    Attributes:
        sagas: how many sagas were worked on.
        seconds: how long it took.
        requests: to Cosmos DB, for documents.
        metadata: to Cosmos DB, for its own description: at the start, and never again.
        queries: those of `requests` that are queries. While sagas come one at a time these are looks that cost the same
            with no saga at all, such as those of a deadline watch, and one look for discarded dead letters when a
            partition opens. A saga that comes alone makes none: its record is read by its id.
        request_units: that the emulator has charged for `requests`, by the published rules of thumb. What Azure charges
            depends on the contents.
        sends: to Event Hubs.
        events: that were in them.
        received: events that the hub has delivered, once for each consumer group.
        checkpoints: written to Blob Storage.
        cosmos_writes: those of `requests` that write. One that is refused, such as a conflict, counts too.
    """

    sagas: int
    seconds: float
    requests: int
    metadata: int
    queries: int
    request_units: float
    sends: int
    events: int
    received: int
    checkpoints: int
    cosmos_writes: int

    @property
    def acknowledged_writes(self) -> int:
        """How often a server has answered that something is stored: batches in Cosmos DB, sends, and checkpoints.

        A server that flushes to its disk before it answers does it once for each, or less often if it groups them.
        """
        return self.cosmos_writes + self.sends + self.checkpoints

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
    """The requests of these participants between two readings."""
    cosmos, hub, charged = (
        _asked_for(before, after, name, participants) for name in ("cosmos", "event_hubs", "request_units")
    )
    # Only participants keep checkpoints, and the checkpoint store does not say whose they are.
    checkpoints = sum(count for (_, what), count in _difference(before, after, "blob") if what == "checkpoint")
    return Costs(
        sagas=sagas,
        seconds=seconds,
        requests=int(sum(cosmos.values()) - cosmos["metadata"]),
        metadata=int(cosmos["metadata"]),
        queries=int(cosmos["query"]),
        request_units=sum(charged.values()) - charged["metadata"],
        sends=int(hub["send"]),
        events=int(hub["events_in"]),
        received=int(hub["events_out"]),
        checkpoints=int(checkpoints),
        cosmos_writes=int(sum(cosmos[what] for what in _WRITES)),
    )


def _asked_for(before: Counters, after: Counters, emulator: str, participants: Collection[str]) -> dict[str, float]:
    """How often all of them together asked for each operation."""
    agents = {f"quartet-{name}" for name in participants}
    asked = defaultdict[str, float](float)
    for (agent, what), count in _difference(before, after, emulator):
        if agent in agents:
            asked[what] += count
    return asked


def _difference(before: Counters, after: Counters, emulator: str) -> Iterator[tuple[tuple[str, str], float]]:
    """By agent and operation, by how much a counter has grown. None ever gets less or disappears."""
    for agent, whats in after[emulator].items():
        for what, count in whats.items():
            yield (agent, what), count - before[emulator].get(agent, {}).get(what, 0)
