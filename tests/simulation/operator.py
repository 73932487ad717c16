"""The person who looks after the system, with `quartet dead-letters redrive` and `discard`, and a word with the bank.

What cannot be read is discarded, because nobody is going to correct it here, and an order that waits behind it goes on.
Everything else is redriven until it is settled.
"""

from collections import Counter
from typing import TYPE_CHECKING

from services.payment.service import simulated_gateway
from shared.runtime.letter_box import StoredLetter
from shared.runtime.redrive import Redrive
from shared.runtime.saga_run import COMPENSATION_FAILED, WAITING
from tests.simulation.process import Process
from tests.simulation.replica import Replica

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

_MENDED = frozenset({"retries_used_up", WAITING, COMPENSATION_FAILED})
_UNREADABLE = frozenset({"unknown_type", "invalid_data", "invalid_envelope"})
# What is still a dead letter after so many attempts, with everything mended, is one for good.
_ATTEMPTS = 5


class Operator:
    """Looks through the dead letters of all services. Several may do so at once."""

    def __init__(self, name: str = "0") -> None:
        self._name = name
        self._attempts: Counter[tuple[str, str]] = Counter()

    async def look(self, simulation: "Simulation") -> bool:
        """Do what can be done about the open dead letters; whether there was anything."""
        found = False
        for name, service in simulation.services.items():
            process = Process(f"{name}-{self._name}")
            replica = Replica(service, process, simulation.servers, look_first=True)
            letters = [stored for stored in await replica.letters.find() if self._is_worth_it(name, stored)]
            found = found or bool(letters)
            if name == "payment":
                for stored in letters:
                    if stored.letter.reason == COMPENSATION_FAILED:
                        await simulated_gateway(replica.around).allow_refund(str(stored.letter.order_id))
            await self._work_off(simulation, replica, letters)
        return found

    async def _work_off(self, simulation: "Simulation", replica: Replica, letters: list[StoredLetter]) -> None:
        redrive = Redrive(replica.engine, replica.letters, replica.around.now)
        for stored in letters:
            if stored.letter.reason in _UNREADABLE:
                await redrive.discard(stored)
        async for report in redrive.run([one for one in letters if one.letter.reason in _MENDED]):
            simulation.result.trace("operator", f"{report.letter.id} {report.letter.event_type}: {report.verdict}")
            simulation.result.figures["redriven"] += 1

    def _is_worth_it(self, service: str, stored: StoredLetter) -> bool:
        if stored.letter.reason not in _MENDED | _UNREADABLE:
            return False
        self._attempts[service, stored.id] += 1
        return self._attempts[service, stored.id] <= _ATTEMPTS
