"""What is stored in a cluster, and what its ports have done: what invariants look at."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from quartet.engine.declaration.ledger import Effect
from quartet.engine.errors import ConfigurationError
from quartet.engine.records.codec import RecordCodec
from quartet.testing.cluster.cluster import Cluster
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.replicas.replica import Replica


@dataclass(frozen=True, slots=True)
class ClusterEvidence:
    """The `Evidence` of one look.

    Attributes:
        states: by participant and saga.
        done: the effects, by participant; nothing for one without a ledger.
        sagas: the id of every saga that was published, and of every one that a participant knows.
    """

    states: Mapping[str, Mapping[str, Any]]
    done: Mapping[str, Sequence[Effect]]
    sagas: Sequence[str]

    def state(self, participant: str, saga_id: str) -> Any:  # noqa: ANN401 -- each participant has its own
        """See `Evidence.state`."""
        return self.states[participant].get(saga_id)

    def effects(self, participant: str) -> Sequence[Effect]:
        """See `Evidence.effects`."""
        if participant not in self.done:
            raise ConfigurationError(f"{participant} has no ledger: give its port the method effects")
        return self.done[participant]


async def read_evidence(cluster: Cluster) -> ClusterEvidence:
    """Read the states, and then the ledgers with ports of a process of their own."""
    states = {participant.name: _states(cluster, participant) for participant in cluster.app}
    done: dict[str, Sequence[Effect]] = {}
    for service in cluster.app.services:
        process = Process("audit-1", seed=cluster.plan.seed)
        async with AsyncExitStack() as stack:
            ledger = await Replica(service, process, cluster.setup).open_port(stack)
            if callable(getattr(ledger, "effects", None)):
                done[service.participant.name] = [effect async for effect in ledger.effects()]
    sagas = dict.fromkeys([*cluster.plan.sagas, *(saga_id for known in states.values() for saga_id in known)])
    return ClusterEvidence(states, done, list(sagas))


def _states(cluster: Cluster, participant: Any) -> dict[str, Any]:  # noqa: ANN401 -- of any state
    codec: RecordCodec[Any] = RecordCodec(participant.state)
    documents = cluster.cosmos.documents(participant.database, participant.container)
    return {document["id"]: codec.decode(document).state for document in documents}
