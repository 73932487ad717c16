"""The stored states of an application and the effects of its ports: the input of its invariants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quartet.choreography import Choreography
from quartet.cli.audit.ledgers import GuardedLedger
from quartet.cli.reading.stored import Stored, Unparsed
from quartet.engine.declaration.ledger import Effect
from quartet.engine.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """The `Evidence` of one look.

    Attributes:
        states: by participant and saga.
        done: the effects, by participant; nothing for one without a ledger.
        unparsed: the documents that this release cannot read.
    """

    states: Mapping[str, Mapping[str, Any]]
    done: Mapping[str, Sequence[Effect]]
    unparsed: Sequence[Unparsed]

    @property
    def sagas(self) -> list[str]:
        """See `Evidence.sagas`."""
        return list(dict.fromkeys(saga_id for states in self.states.values() for saga_id in states))

    def state(self, participant: str, saga_id: str) -> Any:  # noqa: ANN401 -- each participant has its own
        """See `Evidence.state`."""
        return self.states[participant].get(saga_id)

    def effects(self, participant: str) -> Sequence[Effect]:
        """See `Evidence.effects`."""
        if participant not in self.done:
            raise ConfigurationError(f"{participant} has no ledger: give its port the method effects")
        return self.done[participant]


async def read_evidence(
    stored: Stored, choreography: Choreography, ledgers: Mapping[str, GuardedLedger]
) -> StoredEvidence:
    """Read everything once: the states first, so that the ledgers contain every effect that a final state claims.

    Raises:
        MissingError: a database or container does not exist.
        ConfigurationError: a ledger cannot be read as it should.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    states = {one.name: {record.saga_id: record.state async for record in stored.records(one)} for one in choreography}
    # A list that goes page by page may name something twice: it is one effect.
    done = {
        name: list({(type(one), one.saga_id, one.id): one async for one in ledger.effects()}.values())
        for name, ledger in ledgers.items()
    }
    return StoredEvidence(states, done, tuple(stored.unparsed))
