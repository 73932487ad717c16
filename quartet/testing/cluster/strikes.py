"""What a fault does that happens at a time."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from quartet.testing.cluster.plan.faults import BLOB, COSMOS, DIES, HUB, RECREATED, ProcessFault

if TYPE_CHECKING:
    from quartet.testing.cluster.cluster import Cluster

FOREIGN: Final = 99
"""The version of a document that this release cannot read."""

_AWAY: Final = {"cosmos away": COSMOS, "hub away": HUB, "blob away": BLOB}
# A conflict that lasts for twenty rounds, some ten seconds, is taken for something else.
_LAG_SECONDS: Final = 2.0


def strike(cluster: "Cluster", fault: ProcessFault) -> None:
    """Do it, unless there is no such process in this run."""
    replica = cluster.replicas.current.get(fault.who)
    if replica is None:
        return
    process = replica.process
    cluster.faults.injected[fault.kind] += 1
    cluster.trace(fault.who, f"** {fault.kind}")
    if fault.kind in _AWAY:
        cluster.network.away[_AWAY[fault.kind]] = asyncio.get_running_loop().time() + fault.seconds
        return
    strikes: dict[str, Callable[[], object]] = {
        "crash": lambda: cluster.replicas.crash(process, fault.seconds),
        "pause": lambda: cluster.replicas.pause(process, fault.seconds),
        "stop": lambda: cluster.replicas.stop(process),
        "restart": lambda: cluster.replicas.restart(process),
        RECREATED: cluster.recreate_hub,
        "stale reads": lambda: cluster.cosmos.views.fall_behind(process.name, min(fault.seconds, _LAG_SECONDS)),
        "checkpoint moved back": lambda: cluster.blobs.move_back(process.service, fault.amount),
        "ownership taken": lambda: cluster.blobs.hand_over(process.service, replica.receives_as),
        "redriven too early": cluster.redrive_early,
        "port times out": lambda: replica.time_out(fault.amount),
        "port hangs": lambda: replica.hang(min(fault.amount, 3)),
        "log breaks": lambda: replica.break_log(fault.seconds),
        "document of another release": lambda: _rewrite(cluster, process.service, fault.amount),
        DIES: lambda: cluster.replicas.end_permanently(process),
    }
    strikes[fault.kind]()


def _rewrite(cluster: "Cluster", service: str, which: int) -> None:
    """Another release writes a document of a service in a form that this one does not know."""
    participant = cluster.app.participant(service)
    database, container = participant.database, participant.container
    known = sorted(document["id"] for document in cluster.cosmos.documents(database, container))
    if known:
        saga_id = known[which % len(known)]
        cluster.trace(service, f"{saga_id} is of another release now")
        cluster.cosmos.rewrite(database, container, saga_id, {"version": FOREIGN})
        cluster.rewritten.add((database, container, saga_id))
