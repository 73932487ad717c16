"""The person who looks after the system: redrives the dead letters of events whose retries were used up."""

from typing import TYPE_CHECKING

from quartet.participants import PARTICIPANTS
from shared.runtime.redrive import Redrive
from shared.runtime.saga_run import WAITING
from tests.simulation.process import Process
from tests.simulation.replica import Replica

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

_MENDED = frozenset({"retries_used_up", WAITING})


class Operator:
    """Redrives each dead letter once, as `quartet dead-letters redrive` does.

    Those of bugs and of unreadable messages stay, and so does whatever waits behind them.
    """

    def __init__(self) -> None:
        self._redriven: set[tuple[str, str]] = set()

    async def redrive(self, simulation: "Simulation") -> bool:
        """Process what is to be redriven; whether there was anything."""
        found = False
        for participant in PARTICIPANTS:
            process = Process(f"{participant.name}-0")
            service = simulation.services[participant.name]
            replica = Replica(service, process, simulation.servers, look_first=True)
            chosen = [
                stored
                for stored in await replica.letters.find()
                if stored.letter.reason in _MENDED and (participant.name, stored.id) not in self._redriven
            ]
            self._redriven |= {(participant.name, stored.id) for stored in chosen}
            found = found or bool(chosen)
            async for report in Redrive(replica.engine, replica.letters, replica.now).run(chosen):
                simulation.result.trace("operator", f"{participant.name}: {report.letter.event_type} {report.verdict}")
                simulation.result.figures["redriven"] += 1
        return found
