"""Faults, and what clients and workers make of them."""

import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from quartet_emulators.durable_tasks.protocol import pb

from tests.emulators.durable_tasks import sagas
from tests.emulators.durable_tasks.conftest import Running, ended, running, start
from tests.emulators.durable_tasks.wire import Wire, connected, end, task


@pytest.fixture
def wire(emulator: Running) -> Iterator[Wire]:
    with connected(emulator.address) as wire:
        yield wire


def refusal(wire: Wire, instance: str) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as refused:
        wire.start(instance)
    code: grpc.StatusCode = refused.value.code()
    return code


def exists(wire: Wire, instance: str) -> bool:
    request = pb.GetInstanceRequest(instanceId=instance)
    found: pb.GetInstanceResponse = wire.call("GetInstance", request, pb.GetInstanceResponse)
    return found.exists


def test_a_refused_call_has_no_effect(emulator: Running, wire: Wire) -> None:
    emulator.strike(fault="unavailable", match={"operation": "start_instance"})
    assert refusal(wire, "one") == grpc.StatusCode.UNAVAILABLE
    assert not exists(wire, "one")


@pytest.mark.parametrize("rule", [{"fault": "unavailable", "applied": True}, {"fault": "lost_reply"}])
def test_a_call_may_have_its_effect_and_no_reply(emulator: Running, wire: Wire, rule: dict[str, object]) -> None:
    emulator.strike(**rule, match={"instance": "one"}, first=1)
    assert refusal(wire, "one") == grpc.StatusCode.UNAVAILABLE
    assert refusal(wire, "one") == grpc.StatusCode.ALREADY_EXISTS


def test_a_slow_call_is_answered_later(emulator: Running, wire: Wire) -> None:
    emulator.strike(fault="slow", seconds=0.1, match={"operation": "start_instance"})
    began = time.monotonic()
    wire.start("one")
    assert time.monotonic() - began >= 0.1


def test_the_work_of_a_refused_completion_is_delivered_again(emulator: Running, wire: Wire) -> None:
    wire.start("one")
    emulator.strike(fault="unavailable", match={"operation": "complete_orchestrator_task"}, first=1)
    with wire.work() as work:
        item = work.take()
        with pytest.raises(grpc.RpcError):
            wire.complete(item, end("refused"))
        wire.complete(work.take(), end("good"))
    assert wire.state("one").output.value == "good"


def test_a_completion_whose_reply_is_lost_counts(emulator: Running, wire: Wire) -> None:
    wire.start("one")
    emulator.strike(fault="lost_reply", match={"operation": "complete_orchestrator_task"}, first=1)
    with wire.work() as work:
        item = work.take()
        with pytest.raises(grpc.RpcError):
            wire.complete(item, task(1))
        wire.complete(item, task(2))  # the worker tries again: it has no effect
        assert work.take().activityRequest.taskId == 1
        assert work.next(0.05) is None


def test_a_stream_breaks_and_the_next_one_gets_its_work(emulator: Running, wire: Wire) -> None:
    emulator.strike(fault="drop_stream", match={"operation": "work_orchestration"}, first=1)
    wire.start("one")
    with wire.work() as broken, wire.work() as other:
        item = broken.next(0.2) or other.next(0.2)
        assert item is not None
        wire.complete(item, end())
    assert wire.state("one").output.value == "done"


def test_orchestrations_end_under_all_faults_together(tmp_path: Path) -> None:
    with running(tmp_path) as emulator:
        completions = {"operation": "complete_*"}
        plan: list[dict[str, object]] = [
            {"fault": "unavailable", "probability": 0.1, "match": completions},
            {"fault": "lost_reply", "probability": 0.1, "match": completions},
            {"fault": "drop_stream", "probability": 0.02, "match": {"operation": "work_*"}, "limit": 3},
            {"fault": "slow", "seconds": 0.01, "probability": 0.1},
        ]
        emulator.strike_all(plan)
        start(sagas.register(emulator.worker()))
        client = emulator.client()
        names = [client.schedule_new_orchestration(sagas.chain, input=number) for number in range(30)]
        assert [ended(client, name).get_output() for name in names] == [16 * number for number in range(30)]
        assert set(emulator.faults.injected) == {"unavailable", "lost_reply", "drop_stream", "slow"}


def test_calls_are_counted_by_agent_and_operation(emulator: Running) -> None:
    client = emulator.client()
    client.schedule_new_orchestration("saga")
    client.get_orchestration_state("none")
    agents = {agent for agent, _ in emulator.counters}
    assert all(agent.startswith("durabletask-python/") for agent in agents)
    counted = {operation: count for (_, operation), count in emulator.counters.items()}
    assert counted == {"start_instance": 1, "get_instance": 1}


COMMIT_FAILS = """
CREATE TABLE parents (id INTEGER PRIMARY KEY);
CREATE TABLE children (id INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
CREATE TRIGGER only_the_commit_finds_it AFTER INSERT ON instances BEGIN INSERT INTO children VALUES (7); END;
PRAGMA foreign_keys = ON;
"""


def run_script(emulator: Running, script: str) -> None:
    """Run SQL beside the emulator's own."""

    async def run() -> None:
        state = emulator.emulator._state  # noqa: SLF001 - the disk of a running emulator, to break it
        assert state is not None
        state.store.db.executescript(script)

    emulator.run(run())


def test_a_call_is_answered_behind_its_commit(emulator: Running, wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    run_script(emulator, COMMIT_FAILS)
    with wire.work() as work:
        assert refusal(wire, "one") == grpc.StatusCode.UNAVAILABLE
        assert not exists(wire, "one")
        assert work.next(0.05) is None
        assert [record.getMessage() for record in caplog.records if record.name.startswith("quartet")]
        caplog.clear()  # that the loss is logged as an error is right
    run_script(emulator, "DROP TRIGGER only_the_commit_finds_it")
    wire.start("one")
    with wire.work() as work:
        wire.complete(work.take(), end())
    assert wire.state("one").output.value == "done"


def test_an_outage_ends_and_the_data_is_there(emulator: Running, wire: Wire) -> None:
    wire.start("one")
    emulator.emulator.drop_connections()
    port = emulator.emulator.port
    emulator.run(emulator.emulator.stop())
    assert refusal(wire, "two") == grpc.StatusCode.UNAVAILABLE
    emulator.run(emulator.emulator.start())
    assert emulator.emulator.port == port
    with connected(emulator.address) as again, again.work() as work:
        assert work.take().orchestratorRequest.instanceId == "one"
