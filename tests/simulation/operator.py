"""The person who looks after the system, with `quartet dead-letters redrive` and `discard`, and a word with the bank.

A redrive is a request on the hub; the service does it, in a process that may be killed as well.

What cannot be read is discarded, because nobody is going to correct it here, and an order that waits behind it goes on.
Everything else is redriven until it is settled.
"""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from quartet.engine.dead_letters.redrive import Redrive
from quartet.engine.dead_letters.requests import MOST_LETTERS, RedriveRequested
from quartet.engine.dead_letters.store import StoredLetter
from quartet.engine.errors import OutageError
from quartet.engine.saga_update import COMPENSATION_FAILED
from quartet.events import new_event, to_json
from services.payment.service import simulated_gateway
from tests.simulation.faults import OPERATOR
from tests.simulation.process import Process
from tests.simulation.replica import Replica
from tests.simulation.storage import is_open

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

_DISCARDED = frozenset({"unknown_type", "invalid_data", "invalid_envelope"})
# What is still a dead letter after so many attempts, with everything mended, is one for good.
_ATTEMPTS = 5


class Operator:
    """Looks through the dead letters of all services. Several may do so at once.

    An operator's process can be killed like any other one. The person then starts the command again.
    """

    def __init__(self, name: str = "0") -> None:
        self._name = f"{OPERATOR}-{name}"
        self._lives = 0
        self._asked = 0
        self._attempts: Counter[tuple[str, str]] = Counter()

    async def look(self, simulation: "Simulation") -> bool:
        """Do what can be done about the open dead letters; whether there was anything, or it has failed."""
        if not any(is_open(letter) for letter in simulation.watcher.letters.stored.values()):
            return False  # to look at empty lists takes time, and finds nothing out
        self._lives += 1
        process = Process(self._name, self._lives, seed=simulation.plan.seed)
        simulation.commands.append(process)
        work = process.start(self._look(simulation, process))
        await asyncio.wait([work])
        if work.cancelled():
            return True
        try:
            return work.result()
        except OutageError as outage:
            simulation.result.trace(self._name, f"gave up: {outage}")
            return True

    async def _look(self, simulation: "Simulation", process: Process) -> bool:
        found = False
        for name, service in simulation.services.items():
            replica = Replica(service, process, simulation.servers, look_first=True)
            letters = [stored for stored in await replica.letters.find() if self._is_worth_it(name, stored)]
            found = found or bool(letters)
            if name == "payment":
                for stored in letters:
                    if stored.letter.reason == COMPENSATION_FAILED:
                        await simulated_gateway(replica.context).allow_refund(str(stored.letter.saga_id))
            await self._work_off(simulation, replica, letters)
        return found

    async def _work_off(self, simulation: "Simulation", replica: Replica, letters: list[StoredLetter]) -> None:
        redrive = Redrive(replica.engine, replica.letters, replica.context.now)
        for stored in letters:
            if stored.letter.reason in _DISCARDED:
                report = await redrive.discard(stored)
                simulation.result.trace(self._name, f"{report.letter.id} {report.letter.event_type}: {report.verdict}")
                simulation.result.figures["discarded"] += 1
        await self._ask(simulation, replica, [one for one in letters if one.letter.reason not in _DISCARDED])

    async def _ask(self, simulation: "Simulation", replica: Replica, letters: list[StoredLetter]) -> None:
        """As `quartet dead-letters redrive`: a request for each order, to the partition of its first letter."""
        by_order: dict[str, list[StoredLetter]] = {}
        for stored in letters:
            by_order.setdefault(str(stored.letter.saga_id), []).append(stored)
        for order_id, some in by_order.items():
            ids = tuple(stored.id for stored in some[:MOST_LETTERS])
            data = RedriveRequested(saga=order_id, participant=replica.service_name, letters=ids)
            self._asked += 1
            event = new_event(data, source="/operator", time=replica.context.now(), id=f"{self._name}-{self._asked}")
            simulation.result.trace(self._name, f"asks {data.participant} to redrive {len(ids)} of {order_id}")
            simulation.result.figures["redriven"] += len(ids)
            await replica.context.publisher.publish(some[0].letter.partition, [to_json(event)])

    def _is_worth_it(self, service: str, stored: StoredLetter) -> bool:
        """What has no order holds up nobody, and a conflict is one for good. All else is tried."""
        if stored.letter.saga_id is None or stored.letter.reason == "conflicting_order":
            return False
        self._attempts[service, stored.id] += 1
        return self._attempts[service, stored.id] <= _ATTEMPTS
