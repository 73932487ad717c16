"""The person who looks after the system: redrives the dead letters of events whose retries were used up."""

import base64
from typing import TYPE_CHECKING

from quartet.participants import PARTICIPANTS
from shared.runtime.participant import DEAD_LETTERS
from shared.runtime.ports import Message
from tests.simulation.process import Process
from tests.simulation.replica import Replica

if TYPE_CHECKING:
    from tests.simulation.run import Simulation


class Operator:
    """Redrives each dead letter once; those of bugs and of unreadable messages stay."""

    def __init__(self) -> None:
        self._redriven: set[tuple[str, str]] = set()

    async def redrive(self, simulation: "Simulation") -> bool:
        """Process what is to be redriven; whether there was anything."""
        found = False
        for participant in PARTICIPANTS:
            replica: Replica | None = None
            for letter in simulation.cosmos.documents(participant.database, DEAD_LETTERS.name):
                if letter.get("reason") != "retries_used_up" or (participant.name, letter["id"]) in self._redriven:
                    continue
                self._redriven.add((participant.name, letter["id"]))
                found = True
                if replica is None:
                    process = Process(f"{participant.name}-0")
                    replica = Replica(simulation.services[participant.name], process, simulation.servers)
                message = Message(
                    base64.b64decode(letter["body"]),
                    letter["content_type"],
                    {},
                    letter["sequence_number"],
                    letter["offset"],
                )
                simulation.result.trace("operator", f"redrives {letter['event_type']} at {participant.name}")
                simulation.result.figures["redriven"] += 1
                await replica.engine.process(letter["partition"], [message])
        return found
