"""What a client can do to instances that exist, with the real client and worker."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import grpc
import pytest
from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.client import OrchestrationQuery, OrchestrationState, OrchestrationStatus

from tests.emulators.durable_tasks import sagas
from tests.emulators.durable_tasks.conftest import SOON, WAIT, ended, running, start


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DurableTaskSchedulerClient]:
    with running(tmp_path_factory.mktemp("management")) as emulator:
        start(sagas.register(emulator.worker()))
        yield emulator.client()


def until(client: DurableTaskSchedulerClient, name: str, status: OrchestrationStatus) -> OrchestrationState:
    state = client.wait_for_orchestration_start(name, timeout=WAIT)
    while state is None or state.runtime_status != status:
        state = client.get_orchestration_state(name)
    return state


def listening(client: DurableTaskSchedulerClient) -> str:
    name = client.schedule_new_orchestration(sagas.listener, input=1)
    until(client, name, OrchestrationStatus.RUNNING)
    return name


def test_a_suspended_instance_hears_nothing_until_it_is_resumed(client: DurableTaskSchedulerClient) -> None:
    name = listening(client)
    client.suspend_orchestration(name)
    until(client, name, OrchestrationStatus.SUSPENDED)
    client.raise_orchestration_event(name, "word", data="hello")
    with pytest.raises(TimeoutError):
        client.wait_for_orchestration_completion(name, timeout=SOON)
    client.resume_orchestration(name)
    assert ended(client, name).get_output() == ["hello"]


def test_a_terminated_instance_ends_with_what_the_client_said(client: DurableTaskSchedulerClient) -> None:
    name = listening(client)
    client.terminate_orchestration(name, output="enough")
    state = ended(client, name)
    assert state.runtime_status == OrchestrationStatus.TERMINATED
    assert state.get_output() == "enough"


@pytest.mark.parametrize("recursive", [True, False])
def test_a_termination_reaches_sub_orchestrations_if_it_is_recursive(
    client: DurableTaskSchedulerClient, recursive: bool
) -> None:
    name = client.schedule_new_orchestration(sagas.guardian, input=f"guardian {recursive}")
    until(client, f"guardian {recursive}-child", OrchestrationStatus.RUNNING)
    client.terminate_orchestration(name, recursive=recursive)
    assert ended(client, name).runtime_status == OrchestrationStatus.TERMINATED
    if recursive:
        assert ended(client, f"guardian {recursive}-child").runtime_status == OrchestrationStatus.TERMINATED
    else:
        until(client, f"guardian {recursive}-child", OrchestrationStatus.RUNNING)


def test_a_failed_instance_is_rewound_with_its_sub_orchestration(client: DurableTaskSchedulerClient) -> None:
    sagas.broken.add("rewound")
    name = client.schedule_new_orchestration(sagas.caller, input="rewound")
    assert ended(client, name).runtime_status == OrchestrationStatus.FAILED
    sagas.broken.remove("rewound")
    client.rewind_orchestration(name, reason="mended")
    assert ended(client, name).get_output() == ["rewound first is fine", "rewound is fine"]
    assert sagas.calls["rewound first"] == 1, "what had succeeded is not done again"
    assert sagas.calls["rewound"] == 2


def test_only_a_failure_can_be_rewound(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.chain, input=1)
    ended(client, name)
    with pytest.raises(grpc.RpcError, match="not in a failed state"):
        client.rewind_orchestration(name)


@pytest.mark.parametrize("new_id", [True, False])
def test_an_instance_is_restarted_with_its_input(client: DurableTaskSchedulerClient, new_id: bool) -> None:
    name = client.schedule_new_orchestration(sagas.chain, input=5)
    ended(client, name)
    restarted = client.restart_orchestration(name, restart_with_new_instance_id=new_id)
    assert (restarted == name) is not new_id
    assert ended(client, restarted).get_output() == 80


def test_a_running_instance_is_not_restarted_or_purged(client: DurableTaskSchedulerClient) -> None:
    name = listening(client)
    with pytest.raises(grpc.RpcError, match="not in a terminal state"):
        client.restart_orchestration(name)
    assert client.purge_orchestration(name).deleted_instance_count == 0
    assert client.get_orchestration_state(name) is not None


def test_a_purge_takes_sub_orchestrations_along(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.caller, input="purged")
    ended(client, name)
    assert client.purge_orchestration(name).deleted_instance_count == 2
    assert client.get_orchestration_state(name) is None
    assert client.get_orchestration_state("purged-child") is None


def test_a_purge_by_filter_takes_what_has_ended_in_a_time(client: DurableTaskSchedulerClient) -> None:
    begin = datetime.now(UTC)
    names = [client.schedule_new_orchestration(sagas.chain, input=number) for number in range(3)]
    waiting = listening(client)
    for name in names:
        ended(client, name)
    purged = client.purge_orchestrations_by(created_time_from=begin, runtime_status=[OrchestrationStatus.COMPLETED])
    assert purged.deleted_instance_count == 3
    assert client.get_orchestration_state(waiting) is not None


def test_a_query_has_pages(client: DurableTaskSchedulerClient) -> None:
    prefix = uuid.uuid4().hex
    names = [client.schedule_new_orchestration(sagas.chain, input=n, instance_id=f"{prefix}-{n:02}") for n in range(25)]
    for name in names:
        ended(client, name)
    query = OrchestrationQuery(instance_id_prefix=prefix, max_instance_count=10, fetch_inputs_and_outputs=True)
    found = client.get_all_orchestration_states(query)
    assert [state.instance_id for state in found] == names
    assert [state.get_output() for state in found] == [16 * n for n in range(25)]
    other = OrchestrationQuery(instance_id_prefix=prefix, runtime_status=[OrchestrationStatus.RUNNING])
    assert client.get_all_orchestration_states(other) == []


def test_ids_of_ended_instances_have_pages(client: DurableTaskSchedulerClient) -> None:
    begin = datetime.now(UTC)
    names = [client.schedule_new_orchestration(sagas.chain, input=n) for n in range(5)]
    for name in names:
        ended(client, name)
    found, token = [], None
    while True:
        page = client.list_instance_ids(completed_time_from=begin, page_size=2, continuation_token=token)
        found += list(page.items)
        token = page.continuation_token
        if token is None:
            break
    assert sorted(found) == sorted(names)
