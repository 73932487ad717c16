"""A stand-in for the host of Azure Functions: it keeps the histories, calls the registered functions, and fires timers.

It runs in an environment without the tools of the tests: it reads sagas from standard input, and writes how they ended
to standard output, both as JSON. What it hands over is what the host hands over, through the converters of the package:
an orchestration as a protobuf message in base64, the input of an activity as JSON.
"""

import asyncio
import base64
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from azure.durable_functions.internal.converters import ActivityTriggerConverter, OrchestrationTriggerConverter
from azure.functions.meta import Datum
from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb

from services.orchestrator.function_app import app, participants

Json = dict[str, Any]
FUNCTIONS: Final = {one.get_function_name(): one for one in app.get_functions()}
"""What the host finds when it loads the app. It asks once."""
_MOST_TURNS: Final = 100
_AFTER_AN_ACTIVITY: Final = timedelta(seconds=1)


@dataclass
class Ended:
    """How a saga has ended.

    Attributes:
        status: of the orchestration, in the words of the protocol.
        result: what the orchestrator function has returned.
        activities: the steps that were asked for, in order.
        timers: the pauses that it has made, in seconds.
    """

    status: str = ""
    result: Any = None
    activities: list[str] = field(default_factory=list)
    timers: list[float] = field(default_factory=list)


class Host:
    """Runs one saga to its end."""

    def __init__(self, saga: Mapping[str, Any], now: datetime) -> None:
        """Args:
        saga: `id` and `first`, the input; `raised`: events by the activity after which they come; `fails`: activities
            whose first call fails, with no message and no type, as it is reported with a Durable Task Scheduler:
            https://github.com/Azure/azure-functions-durable-python/issues/562.
        now: the time at which it begins, in UTC, without a time zone.
        """
        self._saga = saga
        self._fails = set(saga["fails"])
        self._raised = dict(saga["raised"])
        self._now = now
        self._past: list[pb.HistoryEvent] = []
        self._ended = Ended()

    async def run(self) -> Ended:
        """Call the orchestrator function until it has ended."""
        started = helpers.new_execution_started_event("order_saga", self._saga["id"], json.dumps(self._saga["first"]))
        new = [self._turn(), started]
        for _ in range(_MOST_TURNS):
            response = await self._orchestrate(new)
            self._past += new
            new = [self._turn()]
            for action in response.actions:
                new += await self._act(action)
            if self._ended.status:
                return self._ended
        raise AssertionError(f"{self._saga['id']} has not ended after {_MOST_TURNS} turns")

    def _turn(self) -> pb.HistoryEvent:
        return helpers.new_orchestrator_started_event(self._now)

    async def _orchestrate(self, new: list[pb.HistoryEvent]) -> pb.OrchestratorResponse:
        request = pb.OrchestratorRequest(instanceId=self._saga["id"], pastEvents=self._past, newEvents=new)
        function = FUNCTIONS["order_saga"]
        sent = Datum(base64.b64encode(request.SerializeToString()).decode(), "string")
        given = OrchestrationTriggerConverter.decode(sent, trigger_metadata=None)
        answered = await function.get_user_function()(**{function.get_trigger().name: given})
        said = OrchestrationTriggerConverter.encode(answered, expected_type=None)
        return pb.OrchestratorResponse.FromString(base64.b64decode(said.value))

    async def _act(self, action: pb.OrchestratorAction) -> list[pb.HistoryEvent]:
        match action.WhichOneof("orchestratorActionType"):
            case "scheduleTask":
                return await self._task(action.id, action.scheduleTask)
            case "createTimer":
                return [self._timer(action.id, action.createTimer.fireAt.ToDatetime(UTC))]
            case "completeOrchestration":
                done = action.completeOrchestration
                self._ended.status = pb.OrchestrationStatus.Name(done.orchestrationStatus)
                self._ended.result = json.loads(done.result.value or "null") or done.failureDetails.errorMessage
                return []
            case other:
                raise AssertionError(f"the saga asks for {other}, which it has no need for")

    async def _task(self, number: int, task: pb.ScheduleTaskAction) -> list[pb.HistoryEvent]:
        self._past.append(helpers.new_task_scheduled_event(number, task.name, task.input.value))
        self._ended.activities.append(task.name)
        self._now += _AFTER_AN_ACTIVITY
        if task.name in self._fails:
            self._fails.remove(task.name)
            failed = pb.TaskFailedEvent(taskScheduledId=number, failureDetails=pb.TaskFailureDetails())
            return [pb.HistoryEvent(eventId=-1, taskFailed=failed)]
        done = helpers.new_task_completed_event(number, await self._activity(task.name, task.input.value))
        event = self._raised.pop(task.name, None)
        return (
            [done]
            if event is None
            else [helpers.new_event_raised_event(event["name"], json.dumps(event["data"])), done]
        )

    async def _activity(self, name: str, given: str) -> str:
        function = FUNCTIONS[name]
        decoded = ActivityTriggerConverter.decode(Datum(given, "json"), trigger_metadata=None)
        result = await function.get_user_function()(**{function.get_trigger().name: decoded})
        encoded: str = ActivityTriggerConverter.encode(result, expected_type=None).value
        return encoded

    def _timer(self, number: int, due: datetime) -> pb.HistoryEvent:
        due = due.replace(tzinfo=None)
        self._past.append(helpers.new_timer_created_event(number, due))
        self._ended.timers.append((due - self._now).total_seconds())
        self._now = max(self._now, due)
        return helpers.new_timer_fired_event(number, due)


async def main() -> None:
    """Run the sagas, one after the other."""
    sagas = json.load(sys.stdin)
    try:
        now = datetime.now(UTC).replace(tzinfo=None)  # as the scheduler says it
        ended = {saga["id"]: asdict(await Host(saga, now).run()) for saga in sagas}
    finally:
        await participants.close()
    json.dump({"ended": ended, "functions": sorted(FUNCTIONS)}, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
