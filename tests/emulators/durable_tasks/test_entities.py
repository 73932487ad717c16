"""Entities, with the real client and worker."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.client import EntityQuery, OrchestrationStatus
from durabletask.entities import EntityInstanceId

from tests.emulators.durable_tasks import sagas
from tests.emulators.durable_tasks.conftest import SOON, WAIT, ended, output, running, start


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DurableTaskSchedulerClient]:
    with running(tmp_path_factory.mktemp("entities")) as emulator:
        start(sagas.register(emulator.worker()))
        yield emulator.client()


def account(key: str) -> EntityInstanceId:
    return EntityInstanceId("Account", key)


def balance(client: DurableTaskSchedulerClient, key: str, expected: int) -> int | None:
    """The balance, once it is what it should be, or after a time that is long enough."""
    deadline, found = time.monotonic() + WAIT, None
    while found != expected and time.monotonic() < deadline:
        entity = client.get_entity(account(key))
        found = None if entity is None else entity.get_state(int)
    return found


def until_held(client: DurableTaskSchedulerClient, holder: str) -> None:
    """Wait until an orchestration says that it holds its lock."""
    state = client.get_orchestration_state(holder)
    while state is None or state.serialized_custom_status is None:
        state = client.get_orchestration_state(holder)


def test_signals_are_carried_out_in_order(client: DurableTaskSchedulerClient) -> None:
    for amount in range(10):
        client.signal_entity(account("signals"), "add", amount)
    assert balance(client, "signals", 45) == 45


def test_a_signal_may_be_for_later(client: DurableTaskSchedulerClient) -> None:
    due = datetime.now(UTC) + timedelta(seconds=0.2)
    client.signal_entity(account("later"), "add", 1, signal_time=due)
    assert client.get_entity(account("later")) is None
    assert balance(client, "later", 1) == 1
    assert datetime.now(UTC) >= due


def test_a_call_comes_after_the_signals_before_it(client: DurableTaskSchedulerClient) -> None:
    assert output(client, sagas.deposit, "deposit") == 7


def test_a_failed_operation_fails_its_caller_and_not_the_entity(client: DurableTaskSchedulerClient) -> None:
    client.signal_entity(account("credit"), "add", 3)
    state = ended(client, client.schedule_new_orchestration(sagas.overdraft, input="credit"))
    assert state.runtime_status == OrchestrationStatus.FAILED
    assert state.failure_details is not None
    assert "no credit" in state.failure_details.message
    assert balance(client, "credit", 3) == 3


def test_no_other_orchestration_sees_a_locked_account_in_between(client: DurableTaskSchedulerClient) -> None:
    """Ten at the same time, in both directions: no deadlock, and each sees its own subtraction alone."""
    pairs = [["left", "right"], ["right", "left"]] * 5
    names = [client.schedule_new_orchestration(sagas.transfer, input=pair) for pair in pairs]
    assert [ended(client, name).get_output() for name in names] == [1] * 10
    assert balance(client, "left", 0) == 0
    assert balance(client, "right", 0) == 0


def test_a_signal_waits_for_the_end_of_a_lock(client: DurableTaskSchedulerClient) -> None:
    name = client.schedule_new_orchestration(sagas.holder, input="held")
    until_held(client, name)
    client.signal_entity(account("held"), "add", 1)
    other = client.schedule_new_orchestration(sagas.deposit, input="held")
    with pytest.raises(TimeoutError):
        client.wait_for_orchestration_completion(other, timeout=SOON)
    client.raise_orchestration_event(name, "word")
    assert ended(client, name).get_output() == "released"
    assert ended(client, other).get_output() == 8


@pytest.mark.parametrize("waiting", [True, False])
def test_a_terminated_holder_releases_its_lock(client: DurableTaskSchedulerClient, waiting: bool) -> None:
    key = f"freed {waiting}"
    holder = client.schedule_new_orchestration(sagas.holder, input=key)
    until_held(client, holder)
    gone = client.schedule_new_orchestration(sagas.holder, input=key) if waiting else holder
    client.wait_for_orchestration_start(gone, timeout=WAIT)
    client.terminate_orchestration(gone)
    assert ended(client, gone).runtime_status == OrchestrationStatus.TERMINATED
    if waiting:  # it waited for the lock, and must not get it
        client.raise_orchestration_event(holder, "word")
        assert ended(client, holder).get_output() == "released"
    assert output(client, sagas.deposit, key) == 7


def test_an_entity_starts_an_orchestration(client: DurableTaskSchedulerClient) -> None:
    client.signal_entity(account("starter"), "start", "by an entity")
    assert ended(client, "by an entity").get_output() == 16


def test_entities_are_listed_in_pages_and_cleaned(client: DurableTaskSchedulerClient) -> None:
    for number in range(5):
        client.signal_entity(account(f"page{number}"), "add", number + 1)
    for number in range(5):
        assert balance(client, f"page{number}", number + 1) == number + 1
    query = EntityQuery(instance_id_starts_with="@account@page", page_size=2)
    assert [found.get_state(int) for found in client.get_all_entities(query)] == [1, 2, 3, 4, 5]
    client.signal_entity(account("page0"), "close")
    while len(client.get_all_entities(query)) == 5:
        pass
    everything = EntityQuery(instance_id_starts_with="@account@page", include_transient=True)
    assert len(client.get_all_entities(everything)) == 5
    client.clean_entity_storage()
    assert len(client.get_all_entities(everything)) == 4
