"""Events of a history."""

from typing import NamedTuple

from google.protobuf.message import Message

from quartet_emulators.durable_tasks.protocol import StringValue, pb, timestamp

BY_THE_SERVER = -1
"""The id of an event that answers no action of an orchestrator."""


class Event(NamedTuple):
    """An event: the name of its type, and its bytes."""

    what: str
    data: bytes


def event(now: int, what: str, body: Message, number: int = BY_THE_SERVER) -> Event:
    """An event at this time; `what` is the name of the type of `body`."""
    made = pb.HistoryEvent(eventId=number, timestamp=timestamp(now))
    getattr(made, what).CopyFrom(body)
    return Event(what, made.SerializeToString())


def orchestrator_started(now: int) -> bytes:
    """A turn begins; the orchestrator's clock shows this time."""
    return event(now, "orchestratorStarted", pb.OrchestratorStartedEvent()).data


def orchestrator_completed(now: int) -> bytes:
    """A turn ends."""
    return event(now, "orchestratorCompleted", pb.OrchestratorCompletedEvent()).data


def execution_completed(
    now: int, status: pb.OrchestrationStatus, result: StringValue | None, failure: pb.TaskFailureDetails | None
) -> bytes:
    """The orchestration ends."""
    completed = pb.ExecutionCompletedEvent(orchestrationStatus=status, result=result, failureDetails=failure)
    return event(now, "executionCompleted", completed).data
