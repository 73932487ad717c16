"""What an orchestrator can do, with the real client and worker."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.client import OrchestrationStatus
from durabletask.history import (
    ExecutionCompletedEvent,
    ExecutionStartedEvent,
    OrchestratorStartedEvent,
    TaskScheduledEvent,
)
from quartet_emulators.durable_tasks.protocol import pb

from tests.emulators.durable_tasks import sagas
from tests.emulators.durable_tasks.conftest import SOON, WAIT, ended, output, running, start


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DurableTaskSchedulerClient]:
    with running(tmp_path_factory.mktemp("orchestrations")) as emulator:
        start(sagas.register(emulator.worker()))
        yield emulator.client()


def test_activities_follow_one_another(client: DurableTaskSchedulerClient) -> None:
    assert output(client, sagas.chain, 3) == 48


def test_activities_run_beside_one_another(client: DurableTaskSchedulerClient) -> None:
    assert output(client, sagas.fan_out, 30) == sum(2 * number for number in range(30))


def test_a_failed_activity_is_retried(client: DurableTaskSchedulerClient) -> None:
    assert output(client, sagas.retried, "retried") == 3


def test_an_orchestration_that_fails_says_why(client: DurableTaskSchedulerClient) -> None:
    sagas.broken.add("hopeless")
    state = ended(client, client.schedule_new_orchestration(sagas.careful, input="hopeless"))
    assert state.runtime_status == OrchestrationStatus.FAILED
    assert state.failure_details is not None
    assert "hopeless is broken" in state.failure_details.message


def test_a_timer_fires_not_before_its_time(client: DurableTaskSchedulerClient) -> None:
    began = time.monotonic()
    seconds = output(client, sagas.sleeper, 0.2)
    assert isinstance(seconds, float)
    assert seconds >= 0.2
    assert time.monotonic() - began >= 0.2


def test_events_keep_their_order_and_may_come_before_they_are_waited_for(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.listener, input=5)
    for number in range(5):
        client.raise_orchestration_event(name, "word", data=number)
    assert ended(client, name).get_output() == [0, 1, 2, 3, 4]


def test_an_orchestration_tells_another_one(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.listener, input=1)
    assert output(client, sagas.teller, name) == 2
    assert ended(client, name).get_output() == ["from a friend"]


def test_an_event_for_no_instance_is_refused(client: DurableTaskSchedulerClient) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        client.raise_orchestration_event("no instance", "word")
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def test_sub_orchestrations_return_to_their_parent(client: DurableTaskSchedulerClient) -> None:
    assert output(client, sagas.parent, [1, 2]) == [16, 32]


def test_a_failed_sub_orchestration_fails_its_parent(client: DurableTaskSchedulerClient) -> None:
    sagas.broken.add("heir")
    state = ended(client, client.schedule_new_orchestration(sagas.caller, input="heir"))
    assert state.runtime_status == OrchestrationStatus.FAILED
    child = client.get_orchestration_state("heir-child")
    assert child is not None
    assert child.runtime_status == OrchestrationStatus.FAILED


def test_a_successor_gets_the_events_that_were_not_heard(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.collector, input=[])
    for word in ("one", "two", "three"):
        client.raise_orchestration_event(name, "word", data=word)
    assert ended(client, name).get_output() == ["one", "two", "three"]
    started = [event for event in client.get_orchestration_history(name) if isinstance(event, ExecutionStartedEvent)]
    assert len(started) == 1, "the history begins again with each life"


def test_a_scheduled_start_waits_for_its_time(client: DurableTaskSchedulerClient) -> None:
    start = datetime.now(UTC) + timedelta(seconds=0.3)
    name = client.schedule_new_orchestration(sagas.listener, input=1, start_at=start)
    client.raise_orchestration_event(name, "word", data="early")  # waits with it
    state = client.get_orchestration_state(name)
    assert state is not None
    assert state.runtime_status == OrchestrationStatus.PENDING
    assert ended(client, name).get_output() == ["early"]
    assert datetime.now(UTC) >= start


def test_status_version_and_tags_are_shown(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.reporter, tags={"colour": "red"}, version="2.1")
    client.wait_for_orchestration_start(name, timeout=WAIT)
    state = client.get_orchestration_state(name)
    while state is not None and state.serialized_custom_status is None:  # its first turn is on its way
        state = client.get_orchestration_state(name)
    assert state is not None
    assert state.get_custom_status() == {"step": 1}
    client.raise_orchestration_event(name, "word")
    assert ended(client, name).get_output() == "2.1"


def test_a_taken_id_is_refused(client: DurableTaskSchedulerClient) -> None:
    name = uuid.uuid4().hex
    client.schedule_new_orchestration(sagas.chain, input=1, instance_id=name)
    with pytest.raises(grpc.RpcError) as refused:
        client.schedule_new_orchestration(sagas.chain, input=2, instance_id=name)
    assert refused.value.code() == grpc.StatusCode.ALREADY_EXISTS
    assert ended(client, name).get_output() == 16


def test_an_id_is_reused_if_the_client_allows_it(client: DurableTaskSchedulerClient) -> None:
    name = uuid.uuid4().hex
    client.schedule_new_orchestration(sagas.chain, input=1, instance_id=name)
    ended(client, name)
    reuse = pb.OrchestrationIdReusePolicy(replaceableStatus=[pb.ORCHESTRATION_STATUS_COMPLETED])
    client.schedule_new_orchestration(sagas.chain, input=2, instance_id=name, reuse_id_policy=reuse)
    assert ended(client, name).get_output() == 32


def test_a_history_is_complete_and_in_order(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.chain, input=1)
    ended(client, name)
    history = client.get_orchestration_history(name)
    assert isinstance(history[0], OrchestratorStartedEvent)
    assert isinstance(history[1], ExecutionStartedEvent)
    assert isinstance(history[-1], ExecutionCompletedEvent)
    assert [event.event_id for event in history if isinstance(event, TaskScheduledEvent)] == [1, 2, 3, 4]


def test_a_wait_ends_when_the_client_has_waited_enough(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.listener, input=1)
    with pytest.raises(TimeoutError):
        client.wait_for_orchestration_completion(name, timeout=SOON)
