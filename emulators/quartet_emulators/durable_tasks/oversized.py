"""Work items that no worker takes: a client of gRPC refuses a message over its limit, and its stream breaks.

The limit is the worker's own: 4 MiB, unless it has another one. A large item is sent a few times, for workers with a
higher limit. Then it fails, because every worker that it is sent to loses its stream, and all that it has.
"""

from collections import Counter
from typing import Final

from quartet_emulators.durable_tasks.protocol import FAILED, pb
from quartet_emulators.durable_tasks.work import Kind, Lease

LIMIT_BYTES: Final = 4 * 1024 * 1024
"""What a client of gRPC accepts by default."""

ATTEMPTS: Final = 3

Response = pb.OrchestratorResponse | pb.ActivityResponse | pb.EntityBatchResult


class Attempts:
    """How often large items were sent since they were last completed."""

    def __init__(self) -> None:
        self._sent: Counter[tuple[Kind, int]] = Counter()

    def allow(self, lease: Lease, size: int) -> bool:
        """Whether an item of this many bytes may be sent once more."""
        if size <= LIMIT_BYTES:
            return True
        self._sent[lease.item.place] += 1
        return self._sent[lease.item.place] <= ATTEMPTS

    def forget(self, lease: Lease) -> None:
        """A worker has completed the item, or it has failed."""
        self._sent.pop(lease.item.place, None)


def failure(lease: Lease, size: int) -> Response:
    """What a worker would say if it had received the item and failed."""
    details = pb.TaskFailureDetails(
        errorType="WorkItemTooLarge",
        errorMessage=f"No worker accepted the work item ({lease.item.kind.value}) of {size} bytes. Workers accept"
        f" {LIMIT_BYTES} bytes by default: continue as new earlier, pass smaller values, or raise"
        " max_receive_message_length of the worker",
        isNonRetriable=True,
    )
    if lease.item.kind is Kind.ACTIVITY:
        return pb.ActivityResponse(failureDetails=details)
    if lease.item.kind is Kind.ENTITY:
        return pb.EntityBatchResult(failureDetails=details)
    complete = pb.CompleteOrchestrationAction(orchestrationStatus=FAILED, failureDetails=details)
    return pb.OrchestratorResponse(actions=[pb.OrchestratorAction(id=-1, completeOrchestration=complete)])
