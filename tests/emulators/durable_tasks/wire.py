"""A worker without the SDK: it takes work items by hand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any

import grpc
from quartet_emulators.durable_tasks.protocol import methods, pb

from tests.emulators.durable_tasks.conftest import WAIT

Request = (
    pb.CreateInstanceRequest
    | pb.GetInstanceRequest
    | pb.RaiseEventRequest
    | pb.OrchestratorResponse
    | pb.ActivityResponse
    | pb.AbandonOrchestrationTaskRequest
    | pb.PurgeInstancesRequest
    | pb.StreamInstanceHistoryRequest
    | pb.RewindInstanceRequest
    | pb.SignalEntityRequest
    | pb.EntityBatchResult
    | pb.QueryInstancesRequest
    | pb.CreateTaskHubRequest
    | pb.SkipGracefulOrchestrationTerminationsRequest
)
_PATHS = {method.name: method.path for method in methods()}


def _serialized(request: Request | pb.GetWorkItemsRequest) -> bytes:
    return request.SerializeToString()


class Work:
    """A stream of work items."""

    def __init__(self, call: Any) -> None:  # noqa: ANN401 - gRPC has no public type for it
        self._call = call
        self._items: Queue[pb.WorkItem] = Queue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            for item in self._call:
                self._items.put(item)
        except grpc.RpcError:
            return  # cut off: by the test, or by a fault

    def next(self, seconds: float = WAIT) -> pb.WorkItem | None:
        """The next item that is not a ping; None if there is none in this time."""
        try:
            return self._items.get(timeout=seconds)
        except Empty:
            return None

    def take(self) -> pb.WorkItem:
        item = self.next()
        assert item is not None
        return item

    def close(self) -> None:
        """The worker dies."""
        self._call.cancel()
        self._thread.join()


class Wire:
    """A connection; calls as they are in the protocol."""

    def __init__(self, address: str, hub: str = "default") -> None:
        # With a connection of its own: others of this process to the same address may be waiting before they retry.
        self.channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        self._metadata = (("taskhub", hub),)

    def call(self, name: str, request: Request, answer: type[Any] = pb.CompleteTaskResponse) -> Any:  # noqa: ANN401 - as `answer` says
        method = self.channel.unary_unary(
            _PATHS[name],
            request_serializer=_serialized,
            response_deserializer=answer.FromString,
        )
        return method(request, metadata=self._metadata, timeout=WAIT)

    @contextmanager
    def work(self, request: pb.GetWorkItemsRequest | None = None) -> Iterator[Work]:
        method: Any = self.channel.unary_stream(
            _PATHS["GetWorkItems"],
            request_serializer=_serialized,
            response_deserializer=pb.WorkItem.FromString,
        )
        work = Work(method(request or pb.GetWorkItemsRequest(), metadata=self._metadata))
        try:
            yield work
        finally:
            work.close()

    def history(self, instance: str) -> list[pb.HistoryChunk]:
        method: Any = self.channel.unary_stream(
            _PATHS["StreamInstanceHistory"],
            request_serializer=_serialized,
            response_deserializer=pb.HistoryChunk.FromString,
        )
        request = pb.StreamInstanceHistoryRequest(instanceId=instance)
        return list(method(request, metadata=self._metadata, timeout=WAIT))

    def start(self, instance: str, name: str = "saga", version: str | None = None) -> None:
        request = pb.CreateInstanceRequest(instanceId=instance, name=name)
        if version is not None:
            request.version.value = version
        self.call("StartInstance", request, pb.CreateInstanceResponse)

    def state(self, instance: str) -> pb.OrchestrationState:
        request = pb.GetInstanceRequest(instanceId=instance, getInputsAndOutputs=True)
        found: pb.GetInstanceResponse = self.call("GetInstance", request, pb.GetInstanceResponse)
        assert found.exists
        return found.orchestrationState

    def complete(self, item: pb.WorkItem, *actions: pb.OrchestratorAction, token: str | None = None) -> None:
        """End a turn; with the token of the item, unless another one is given."""
        turn = item.orchestratorRequest
        done = pb.OrchestratorResponse(
            instanceId=turn.instanceId, actions=actions, completionToken=token or item.completionToken
        )
        self.call("CompleteOrchestratorTask", done)

    def complete_activity(self, item: pb.WorkItem, result: str) -> None:
        done = pb.ActivityResponse(completionToken=item.completionToken)
        done.result.value = result
        self.call("CompleteActivityTask", done)


@contextmanager
def connected(address: str, hub: str = "default") -> Iterator[Wire]:
    wire = Wire(address, hub)
    try:
        yield wire
    finally:
        wire.channel.close()


def task(number: int, name: str = "step", version: str | None = None) -> pb.OrchestratorAction:
    """The wish for an activity."""
    action = pb.OrchestratorAction(id=number, scheduleTask=pb.ScheduleTaskAction(name=name))
    if version is not None:
        action.scheduleTask.version.value = version
    return action


def fail() -> pb.OrchestratorAction:
    """The wish to fail."""
    complete = pb.CompleteOrchestrationAction(orchestrationStatus=pb.ORCHESTRATION_STATUS_FAILED)
    return pb.OrchestratorAction(id=99, completeOrchestration=complete)


def begin_again() -> pb.OrchestratorAction:
    """The wish to continue as new."""
    complete = pb.CompleteOrchestrationAction(orchestrationStatus=pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW)
    return pb.OrchestratorAction(id=99, completeOrchestration=complete)


def end(result: str = "done") -> pb.OrchestratorAction:
    """The wish to end."""
    complete = pb.CompleteOrchestrationAction(orchestrationStatus=pb.ORCHESTRATION_STATUS_COMPLETED)
    complete.result.value = result
    return pb.OrchestratorAction(id=99, completeOrchestration=complete)
