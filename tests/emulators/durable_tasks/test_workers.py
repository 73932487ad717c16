"""Who gets which work item, and when: workers by hand."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from quartet_emulators.durable_tasks import for_workers
from quartet_emulators.durable_tasks.protocol import pb

from tests.emulators.durable_tasks.conftest import SOON, Running, running
from tests.emulators.durable_tasks.wire import Wire, begin_again, connected, end, fail, task

EVENT = pb.RaiseEventRequest(instanceId="one", name="word")


@pytest.fixture
def wire(emulator: Running) -> Iterator[Wire]:
    with connected(emulator.address) as wire:
        yield wire


def kinds(item: pb.WorkItem) -> list[str | None]:
    return [event.WhichOneof("eventType") for event in item.orchestratorRequest.newEvents]


def test_an_item_of_a_worker_that_died_goes_to_another(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as first:
        lost = first.take()
        with wire.work() as second:
            assert second.next(SOON) is None
            first.close()
            again = second.take()
            assert kinds(again) == kinds(lost)
            assert again.completionToken != lost.completionToken
            wire.complete(again, end())
    assert wire.state("one").output.value == "done"


def test_what_is_said_with_a_stale_token_changes_nothing(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as first:
        lost = first.take()
    with wire.work() as second:
        again = second.take()
        wire.complete(lost, end("stale"))
        assert wire.state("one").orchestrationStatus == pb.ORCHESTRATION_STATUS_PENDING
        wire.complete(again, end("good"))
        wire.complete(again, end("twice"))
        wire.complete(again, end("never given"), token="abc")
    assert wire.state("one").output.value == "good"


def test_an_activity_counts_once(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as work:
        wire.complete(work.take(), task(1))
        activity = work.take()
        wire.complete_activity(activity, "first")
        wire.complete_activity(activity, "second")
        turn = work.take()
        assert [event.taskCompleted.result.value for event in turn.orchestratorRequest.newEvents][1:] == ["first"]


def test_a_turn_is_with_one_worker_and_what_comes_meanwhile_has_the_next(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as first, wire.work() as second:
        one, other = (first, second) if (item := first.next(SOON)) else (second, first)
        item = item or one.take()
        wire.call("RaiseEvent", EVENT, pb.RaiseEventResponse)
        assert one.next(SOON) is None
        assert other.next(SOON) is None
        wire.complete(item)
        following = one.next(SOON) or other.take()
        assert kinds(following) == ["orchestratorStarted", "eventRaised"]
        past = [event.WhichOneof("eventType") for event in following.orchestratorRequest.pastEvents]
        assert past == ["orchestratorStarted", "executionStarted", "orchestratorCompleted"]


def test_an_abandoned_item_is_delivered_again(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as work:
        item = work.take()
        abandoned = pb.AbandonOrchestrationTaskRequest(completionToken=item.completionToken)
        wire.call("AbandonTaskOrchestratorWorkItem", abandoned, pb.AbandonOrchestrationTaskResponse)
        assert work.next(SOON) is None, "not immediately, or a worker that refuses it is kept busy with it"
        again = work.take()
        assert kinds(again) == kinds(item)
        wire.complete(item, end("stale"))
        wire.complete(again, end("good"))
    assert wire.state("one").output.value == "good"


def test_a_worker_gets_no_more_than_it_wants(wire: Wire) -> None:
    for number in range(5):
        wire.start(f"{number}")
    with wire.work(pb.GetWorkItemsRequest(maxConcurrentOrchestrationWorkItems=2)) as work:
        items = [work.take(), work.take()]
        assert work.next(SOON) is None
        wire.complete(items[0], end())
        items.append(work.take())
        assert [item.orchestratorRequest.instanceId for item in items] == ["0", "1", "2"], "the oldest first"
        assert work.next(SOON) is None


def test_activities_are_limited_apart_from_turns(wire: Wire) -> None:
    wire.start("one")
    with wire.work(pb.GetWorkItemsRequest(maxConcurrentActivityWorkItems=1)) as work:
        wire.complete(work.take(), task(1), task(2))
        first = work.take()
        assert first.activityRequest.taskId == 1
        assert work.next(SOON) is None
        wire.complete_activity(first, "one")
        assert {work.take().WhichOneof("request"), work.take().WhichOneof("request")} == {
            "orchestratorRequest",
            "activityRequest",
        }


def test_a_worker_gets_what_its_filters_let_pass(wire: Wire) -> None:
    filters = pb.WorkItemFilters(
        orchestrations=[pb.OrchestrationFilter(name="tea", versions=["2"]), pb.OrchestrationFilter(name="cake")],
        activities=[pb.ActivityFilter(name="brew")],
    )
    for name, version in (("tea", "1"), ("tea", "2"), ("cake", "7"), ("bread", None)):
        wire.start(f"{name} {version}", name, version)
    with wire.work(pb.GetWorkItemsRequest(workItemFilters=filters)) as picky:
        turns = [picky.take(), picky.take()]
        assert [item.orchestratorRequest.instanceId for item in turns] == ["tea 2", "cake 7"]
        assert picky.next(SOON) is None
        wire.complete(turns[0], task(1, "brew", "9"), task(2, "drink"))
        assert picky.take().activityRequest.name == "brew"
        assert picky.next(SOON) is None
        with wire.work() as other:
            rest = [other.take() for _ in range(3)]
            assert {item.orchestratorRequest.instanceId or item.activityRequest.name for item in rest} == {
                "tea 1",
                "bread None",
                "drink",
            }


def test_a_response_may_come_in_parts(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as work:
        item = work.take()
        part = pb.OrchestratorResponse(
            instanceId="one", completionToken=item.completionToken, actions=[task(1)], isPartial=True
        )
        wire.call("CompleteOrchestratorTask", part)
        assert work.next(SOON) is None
        wire.complete(item, task(2))
        assert [work.take().activityRequest.taskId for _ in range(2)] == [1, 2]


def test_a_long_history_is_streamed_to_a_worker_that_can(wire: Wire) -> None:
    wire.start("one")
    able = pb.GetWorkItemsRequest(capabilities=[pb.WORKER_CAPABILITY_HISTORY_STREAMING])
    big = pb.RaiseEventRequest(instanceId="one", name="word")
    big.input.value = "x" * 700_000
    with wire.work(able) as work:
        wire.complete(work.take())
        for _ in range(3):
            wire.call("RaiseEvent", big, pb.RaiseEventResponse)
            item = work.take()
            if item.orchestratorRequest.requiresHistoryStreaming:
                break
            wire.complete(item)
        assert item.orchestratorRequest.requiresHistoryStreaming
        assert not item.orchestratorRequest.pastEvents
        chunks = wire.history("one")
        assert len(chunks) == 2
        assert sum(len(chunk.events) for chunk in chunks) == 3 + 2 * 3


def test_an_idle_stream_is_pinged(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(for_workers, "PING_SECONDS", 0.01)
    with wire.work() as work:
        assert work.take().HasField("healthPing")


def test_a_purged_instance_leaves_no_work(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as work:
        wire.complete(work.take(), task(1), end())
        assert work.take().activityRequest.taskId == 1, "an activity runs also if its orchestration has ended"
    purge = pb.PurgeInstancesRequest(instanceId="one")
    assert wire.call("PurgeInstances", purge, pb.PurgeInstancesResponse).deletedInstanceCount == 1
    with wire.work() as work:
        assert work.next(SOON) is None


def test_task_hubs_share_nothing(emulator: Running, wire: Wire) -> None:
    wire.start("one")
    with connected(emulator.address, "other") as other:
        other.start("one", "elsewhere")
        with other.work() as work:
            item = work.take()
            assert item.orchestratorRequest.newEvents[1].executionStarted.name == "elsewhere"
            assert work.next(SOON) is None
        created = pb.CreateTaskHubRequest(recreateIfExists=True)
        other.call("CreateTaskHub", created, pb.CreateTaskHubResponse)
        with pytest.raises(AssertionError):
            other.state("one")
    assert wire.state("one").name == "saga"


def test_instances_are_ended_without_a_worker(wire: Wire) -> None:
    wire.start("one")
    request = pb.SkipGracefulOrchestrationTerminationsRequest(
        instanceBatch=pb.InstanceBatch(instanceIds=["one", "none"])
    )
    answer = wire.call(
        "SkipGracefulOrchestrationTerminations", request, pb.SkipGracefulOrchestrationTerminationsResponse
    )
    assert list(answer.unterminatedInstanceIds) == ["none"]
    assert wire.state("one").orchestrationStatus == pb.ORCHESTRATION_STATUS_TERMINATED


def test_an_unknown_continuation_token_is_refused(wire: Wire) -> None:
    query = pb.QueryInstancesRequest()
    query.query.continuationToken.value = "robert'); DROP TABLE instances"
    with pytest.raises(grpc.RpcError) as refused:
        wire.call("QueryInstances", query, pb.QueryInstancesResponse)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_work_and_timers_are_there_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as emulator, connected(emulator.address) as wire:
        for name in ("turn", "activity", "timer", "ended"):
            wire.start(name)
        with wire.work() as work:
            wait = pb.OrchestratorAction(id=1, createTimer=pb.CreateTimerAction())
            wait.createTimer.fireAt.GetCurrentTime()
            wait.createTimer.fireAt.seconds += 1
            plans = {"activity": task(1), "timer": wait, "ended": end()}
            for item in [work.take() for _ in range(4)]:
                plan = plans.get(item.orchestratorRequest.instanceId)
                if plan is not None:
                    wire.complete(item, plan)
    with running(tmp_path) as emulator, connected(emulator.address) as wire, wire.work() as work:
        first = [work.take(), work.take()]
        assert {item.orchestratorRequest.instanceId or item.activityRequest.name for item in first} == {"turn", "step"}
        fired = work.take()
        assert kinds(fired) == ["orchestratorStarted", "timerFired"]
        wire.complete(fired, end())
        assert work.next(SOON) is None
        assert wire.state("ended").output.value == "done"


def test_a_result_for_an_earlier_life_does_not_reach_a_later_one(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as work:
        wire.complete(work.take(), task(1), begin_again())
        items = [work.take(), work.take()]
        activity, turn = sorted(items, key=lambda item: item.HasField("orchestratorRequest"))
        assert kinds(turn) == ["orchestratorStarted", "executionStarted"]
        assert not turn.orchestratorRequest.pastEvents
        wire.complete_activity(activity, "late")
        wire.complete(turn, task(1))
        assert work.take().HasField("activityRequest")
        assert work.next(SOON) is None, "the second life has asked for nothing that is done"


def test_an_end_takes_timers_along(wire: Wire) -> None:
    wire.start("one")
    timer = pb.OrchestratorAction(id=1, createTimer=pb.CreateTimerAction())
    timer.createTimer.fireAt.GetCurrentTime()
    with wire.work() as work:
        wire.complete(work.take(), timer, end())
        assert work.next(SOON) is None
        history = [event.WhichOneof("eventType") for chunk in wire.history("one") for event in chunk.events]
        assert history[-3:] == ["timerCreated", "orchestratorCompleted", "executionCompleted"]


def test_a_failed_instance_has_when_it_is_rewound_what_came_meanwhile(wire: Wire) -> None:
    wire.start("one")
    with wire.work() as work:
        wire.complete(work.take(), task(1), fail())
        wire.complete_activity(work.take(), "after the failure")
        assert work.next(SOON) is None
        rewind = pb.RewindInstanceRequest(instanceId="one")
        wire.call("RewindInstance", rewind, pb.RewindInstanceResponse)
        item = work.take()
        assert kinds(item) == ["orchestratorStarted", "executionRewound"], "alone, as the SDK wants it"
        past = [event for event in item.orchestratorRequest.pastEvents if not event.HasField("executionCompleted")]
        action = pb.RewindOrchestrationAction(newHistory=[*past, *item.orchestratorRequest.newEvents])
        wire.complete(item, pb.OrchestratorAction(id=-1, rewindOrchestration=action))
        again = work.take()
        assert kinds(again) == ["orchestratorStarted", "taskCompleted"]
        replayed = [event.WhichOneof("eventType") for event in again.orchestratorRequest.pastEvents]
        assert "executionCompleted" not in replayed
        assert replayed[-1] == "executionRewound"


def raise_big_events(wire: Wire, count: int) -> None:
    big = pb.RaiseEventRequest(instanceId="one", name="word")
    big.input.value = "x" * 700_000
    for _ in range(count):
        wire.call("RaiseEvent", big, pb.RaiseEventResponse)


def test_new_events_that_do_not_fit_have_the_next_turn(wire: Wire) -> None:
    wire.start("one")
    raise_big_events(wire, 5)
    counts: list[int] = []
    with wire.work() as work:
        while sum(counts) < 6:
            item = work.take()
            counts.append(len(item.orchestratorRequest.newEvents) - 1)  # the first says that the turn starts
            wire.complete(item)
    assert counts == [3, 2, 1]


def test_an_item_that_breaks_every_stream_fails(wire: Wire) -> None:
    """The history is longer than what a client of gRPC accepts."""
    wire.start("one")
    wire.start("other")
    sent = 0
    while wire.state("one").orchestrationStatus != pb.ORCHESTRATION_STATUS_FAILED:
        with wire.work() as work:
            while (item := work.next(0.3)) is not None:
                if item.orchestratorRequest.instanceId == "one":
                    wire.complete(item)
                    raise_big_events(wire, 1)
                    sent += 1
        assert sent < 10
    assert sent == 6, "as long as it fits into 4 MiB, it is delivered"
    failure = wire.state("one").failureDetails
    assert failure.errorType == "WorkItemTooLarge"
    with wire.work() as work:
        assert work.take().orchestratorRequest.instanceId == "other", "others are not held up"


def test_a_large_activity_fails_its_task(wire: Wire) -> None:
    """The orchestration continues, if its worker can stream the history: the value is in there too."""
    able = pb.GetWorkItemsRequest(capabilities=[pb.WORKER_CAPABILITY_HISTORY_STREAMING])
    wire.start("one")
    wish = task(1)
    wish.scheduleTask.input.value = "x" * 5_000_000
    with wire.work(able) as work:
        wire.complete(work.take(), wish)
        assert work.next(0.3) is None
    item = None
    while item is None:
        with wire.work(able) as work:
            item = work.next(0.3)
    (_, event) = item.orchestratorRequest.newEvents
    assert event.taskFailed.failureDetails.errorType == "WorkItemTooLarge"


def test_operations_of_entities_are_there_after_a_restart(tmp_path: Path) -> None:
    signal = pb.SignalEntityRequest(instanceId="@account@one", name="add", requestId="first")
    with running(tmp_path) as emulator, connected(emulator.address) as wire:
        wire.call("SignalEntity", signal, pb.SignalEntityResponse)
        with wire.work() as work:
            assert work.take().HasField("entityRequestV2")
    with running(tmp_path) as emulator, connected(emulator.address) as wire, wire.work() as work:
        item = work.take()
        (operation,) = item.entityRequestV2.operationRequests
        assert operation.entityOperationSignaled.requestId == "first"
        result = pb.EntityBatchResult(completionToken=item.completionToken, results=[pb.OperationResult()])
        result.entityState.value = "5"
        wire.call("CompleteEntityTask", result)
        wire.call("SignalEntity", signal, pb.SignalEntityResponse)
        assert work.take().entityRequestV2.entityState.value == "5"
