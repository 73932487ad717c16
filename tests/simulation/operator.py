"""The person who looks after the system: redrives what can be handled now, and discards what nobody can read."""

from typing import TYPE_CHECKING, Any

from quartet.participants import PARTICIPANTS
from shared.runtime.participant import DEAD_LETTERS, Participant
from shared.runtime.redrive import Redrive
from shared.runtime.saga_run import WAITING
from tests.simulation.process import Process
from tests.simulation.replica import Replica

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

_MENDED = frozenset({"retries_used_up", WAITING})
# Unreadable, but of an order that is known: the order waits until a person decides that it need not.
_HOPELESS = frozenset({"unknown_type", "invalid_data"})


class Operator:
    """Sees to each dead letter once, as `quartet dead-letters redrive` and `discard` do. Those of bugs stay."""

    def __init__(self) -> None:
        self._redriven: set[tuple[str, str]] = set()

    async def redrive(self, simulation: "Simulation") -> bool:
        """Process what is to be redriven; whether there was anything."""
        found = False
        for participant in PARTICIPANTS:
            ids = self._new_ones(simulation, participant)
            if not ids:
                continue
            found = True
            process = Process(f"{participant.name}-0")
            service = simulation.services[participant.name]
            replica = Replica(service, process, simulation.servers, look_first=True)
            redrive = Redrive(replica.engine, replica.letters, replica.now)
            letters = [stored for stored in await replica.letters.find() if stored.id in ids]
            for stored in letters:
                if stored.letter.reason in _HOPELESS:
                    simulation.result.trace("operator", f"{participant.name}: discards {stored.id}")
                    await redrive.discard(stored)
            chosen = [stored for stored in letters if stored.letter.reason in _MENDED]
            async for report in redrive.run(chosen):
                simulation.result.trace("operator", f"{participant.name}: {report.letter.event_type} {report.verdict}")
                simulation.result.figures["redriven"] += 1
        return found

    def _new_ones(self, simulation: "Simulation", participant: Participant[Any]) -> set[str]:
        ids = {
            letter["id"]
            for letter in simulation.cosmos.documents(participant.database, DEAD_LETTERS.name)
            if letter.get("reason") in _MENDED | _HOPELESS
            and not letter["settled"]
            and (participant.name, letter["id"]) not in self._redriven
        }
        self._redriven |= {(participant.name, letter_id) for letter_id in ids}
        return ids
