"""What the injected faults do to calls: refused, late, carried out without an answer, or cut off."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import grpc
from google.protobuf.message import Message

from quartet_emulators.durable_tasks.calls import Call, RefusedError
from quartet_emulators.durable_tasks.protocol import pb
from quartet_emulators.faults import Injector, Rule

STREAMS: Final = ("get_work_items", "stream_instance_history")
_OF_CALLS: Final = ("unavailable", "lost_reply")

_UNAVAILABLE: Final = "The service is currently unavailable."
_LOST: Final = "Connection reset by peer"
_WORK: Final = {
    "orchestratorRequest": "orchestration",
    "activityRequest": "activity",
    "entityRequestV2": "entity",
}


class Failing:
    """Strikes calls and work items while there are rules."""

    def __init__(self, faults: Injector) -> None:
        self._faults = faults

    async def answer(
        self, call: Call, operation: str, request: Message, carry_out: Callable[[], Awaitable[Message]]
    ) -> Message:
        """The answer to a call.

        Raises:
            RefusedError: that is the fault, or the call is refused without one.
        """
        rule = self._choose(call, operation, _instance_of(request))
        if rule is None:
            return await carry_out()
        if rule.fault == "slow":
            await asyncio.sleep(rule.seconds)
            return await carry_out()
        if rule.fault == "unavailable" and not rule.applied:
            _return_work(call, request)
            raise RefusedError(grpc.StatusCode.UNAVAILABLE, _UNAVAILABLE)
        await carry_out()
        raise RefusedError(grpc.StatusCode.UNAVAILABLE, _LOST if rule.fault == "lost_reply" else _UNAVAILABLE)

    async def open(self, call: Call, operation: str, request: Message) -> None:
        """A stream is opened.

        Raises:
            RefusedError: that is the fault.
        """
        rule = self._choose(call, operation, _instance_of(request))
        if rule is None:
            return
        if rule.fault == "slow":
            await asyncio.sleep(rule.seconds)
        else:
            raise RefusedError(grpc.StatusCode.UNAVAILABLE, _UNAVAILABLE)

    async def send(self, call: Call, data: bytes) -> None:
        """A work item is about to be sent.

        Raises:
            RefusedError: the stream is to break instead.
        """
        item = pb.WorkItem.FromString(data)
        what = _WORK.get(item.WhichOneof("request") or "")
        if what is None:
            return
        request = getattr(item, item.WhichOneof("request") or "")
        rule = self._choose(call, f"work_{what}", _instance_of(request))
        if rule is None:
            return
        if rule.fault == "slow":
            await asyncio.sleep(rule.seconds)
        else:
            raise RefusedError(grpc.StatusCode.UNAVAILABLE, _LOST)

    def _choose(self, call: Call, operation: str, instance: str) -> Rule | None:
        where = {"agent": call.agent, "hub": call.hub_name, "instance": instance}
        impossible = ("lost_reply",) if operation in STREAMS else _OF_CALLS if operation.startswith("work_") else ()
        return self._faults.choose(operation, where, impossible)


def _instance_of(request: Message) -> str:
    if isinstance(request, pb.ActivityRequest):
        return request.orchestrationInstance.instanceId
    return str(getattr(request, "instanceId", ""))


def _return_work(call: Call, request: Message) -> None:
    """A worker does not repeat a completion that was refused: its work item goes to any worker."""
    token = getattr(request, "completionToken", "")
    if token:
        call.hub.work.give_back(token)
