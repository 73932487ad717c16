"""The person who redrives and discards dead letters, by commands in processes of their own.

A redrive is a request on the hub; the service does it, in a process that may be killed as well.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

from azure.eventhub.aio import EventHubProducerClient

from quartet.azure.event_hubs.client import HubPublisher
from quartet.engine.dead_letters.redrive import Redrive
from quartet.engine.dead_letters.requests import MOST_LETTERS, RedriveRequested
from quartet.engine.dead_letters.store import StoredLetter
from quartet.engine.declaration.hubs import REFUSED
from quartet.engine.errors import OutageError
from quartet.events import new_event, to_json
from quartet.testing.cluster.clients.sender import Sender
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.plan.faults import OPERATOR
from quartet.testing.cluster.replicas.replica import Replica

if TYPE_CHECKING:
    from quartet.testing.cluster.cluster import Cluster

_DISCARDED: Final = frozenset({"unknown_type", "invalid_data", "invalid_envelope"}) | REFUSED
# What is still a dead letter after this number of attempts, with everything repaired, remains one.
_ATTEMPTS: Final = 5


class Operator:
    """Looks through the dead letters of all services. Several may do so at the same time.

    What cannot be read is discarded, because no one is going to correct it, and a saga that waits behind it continues.
    Everything else is redriven until it is settled. The process of a command can be killed like any other one. The
    person then starts the command again.
    """

    def __init__(self, name: str = "0") -> None:
        self._name = f"{OPERATOR}-{name}"
        self._lives = 0
        self._asked = 0
        self._attempts: Counter[tuple[str, str]] = Counter()

    def is_final(self, letter: StoredLetter) -> bool:
        """Whether no redrive can settle it. For an application, more may be so."""
        return letter.letter.saga_id is None

    async def prepare(self, replica: Replica, letters: Sequence[StoredLetter]) -> None:
        """Do what a person does before these letters of a service are redriven, such as a call to a provider."""

    async def look(self, cluster: "Cluster") -> bool:
        """Do what can be done about the open dead letters; whether there was anything, or it has failed."""
        if not cluster.books.open_letters:
            return False
        self._lives += 1
        process = Process(self._name, self._lives, seed=cluster.plan.seed)
        cluster.commands.append(process)
        work = process.start(self._look(cluster, process))
        await asyncio.wait([work])
        if work.cancelled():
            return True
        try:
            return work.result()
        except OutageError as outage:
            cluster.trace(self._name, f"gave up: {outage}")
            return True

    async def _look(self, cluster: "Cluster", process: Process) -> bool:
        found = False
        for service in cluster.app.services:
            replica = Replica(service, process, cluster.setup, look_first=True)
            letters = [one for one in await replica.letters.find() if self._is_worth_it(replica.service_name, one)]
            found = found or bool(letters)
            await self.prepare(replica, letters)
            await self._work_off(cluster, replica, letters)
        return found

    async def _work_off(self, cluster: "Cluster", replica: Replica, letters: list[StoredLetter]) -> None:
        redrive = Redrive(replica.engine, replica.letters, replica.context.now)
        for stored in letters:
            if stored.letter.reason in _DISCARDED:
                report = await redrive.discard(stored)
                cluster.trace(self._name, f"{report.letter.id} {report.letter.event_type}: {report.verdict}")
                cluster.figures["discarded"] += 1
        await self._ask(cluster, replica, [one for one in letters if one.letter.reason not in _DISCARDED])

    async def _ask(self, cluster: "Cluster", replica: Replica, letters: list[StoredLetter]) -> None:
        """As `quartet dead-letters redrive`: a request for each saga, to the partition of its first letter."""
        hub = cluster.hubs[cluster.layout.label(cluster.layout.of_operators)]
        sender = Sender(hub, cluster.network, replica.process, cluster.plan.room)
        publisher = HubPublisher(cast(EventHubProducerClient, sender))
        by_saga: dict[str, list[StoredLetter]] = {}
        for stored in letters:
            by_saga.setdefault(str(stored.letter.saga_id), []).append(stored)
        for saga_id, some in by_saga.items():
            ids = tuple(stored.id for stored in some[:MOST_LETTERS])
            data = RedriveRequested(saga=saga_id, participant=replica.service_name, letters=ids)
            self._asked += 1
            event = new_event(data, source="/operator", time=replica.context.now(), id=f"{self._name}-{self._asked}")
            cluster.trace(self._name, f"asks {data.participant} to redrive {len(ids)} of {saga_id}")
            cluster.figures["redriven"] += len(ids)
            await publisher.publish(some[0].letter.partition, [to_json(event)])

    def _is_worth_it(self, service: str, stored: StoredLetter) -> bool:
        """Whether to try it: a limited number of times, and never what is final."""
        if self.is_final(stored):
            return False
        self._attempts[service, stored.id] += 1
        return self._attempts[service, stored.id] <= _ATTEMPTS
