"""Orchestrators, activities and entities for the tests."""

import threading
from collections import Counter
from collections.abc import Generator
from datetime import timedelta
from typing import Any

from durabletask import task
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.entities import DurableEntity, EntityInstanceId
from durabletask.task import ActivityContext, OrchestrationContext, RetryPolicy

Steps = Generator[task.Task[Any], Any, Any]

calls: Counter[str] = Counter()
"""How often an activity ran, by the name that its input gives it."""

broken: set[str] = set()
"""Activities fail that have one of these names as their input."""

gate = threading.Event()
"""Activities of the name `gated` wait for it."""


def double(_ctx: ActivityContext, number: int) -> int:
    return 2 * number


def fragile(_ctx: ActivityContext, name: str) -> str:
    """Fails while its name is among the broken ones."""
    calls[name] += 1
    if name in broken:
        raise RuntimeError(f"{name} is broken")
    return f"{name} is fine"


def third_time(_ctx: ActivityContext, name: str) -> int:
    """Fails twice."""
    calls[name] += 1
    if calls[name] < 3:
        raise RuntimeError("not yet")
    return calls[name]


def gated(_ctx: ActivityContext, name: str) -> str:
    calls[name] += 1
    gate.wait()
    return name


def chain(ctx: OrchestrationContext, number: int) -> Steps:
    for _ in range(4):
        number = yield ctx.call_activity(double, input=number)
    return number


def fan_out(ctx: OrchestrationContext, width: int) -> Steps:
    results = yield task.when_all([ctx.call_activity(double, input=number) for number in range(width)])
    return sum(results)


def retried(ctx: OrchestrationContext, name: str) -> Steps:
    policy = RetryPolicy(first_retry_interval=timedelta(milliseconds=1), max_number_of_attempts=3)
    return (yield ctx.call_activity(third_time, input=name, retry_policy=policy))


def sleeper(ctx: OrchestrationContext, seconds: float) -> Steps:
    began = ctx.current_utc_datetime
    yield ctx.create_timer(timedelta(seconds=seconds))
    return (ctx.current_utc_datetime - began).total_seconds()


def listener(ctx: OrchestrationContext, count: int) -> Steps:
    heard: list[object] = []
    while len(heard) < count:
        heard += [(yield ctx.wait_for_external_event("word"))]
    return heard


def collector(ctx: OrchestrationContext, heard: list[str]) -> Steps:
    """Hears one word in each of its lives."""
    heard.append((yield ctx.wait_for_external_event("word")))
    if len(heard) == 3:
        return heard
    ctx.continue_as_new(heard, save_events=True)
    return None


def parent(ctx: OrchestrationContext, numbers: list[int]) -> Steps:
    return (yield task.when_all([ctx.call_sub_orchestrator(chain, input=number) for number in numbers]))


def caller(ctx: OrchestrationContext, name: str) -> Steps:
    """Has one sub-orchestration, which has the id that is its input."""
    return (yield ctx.call_sub_orchestrator(careful, input=name, instance_id=f"{name}-child"))


def careful(ctx: OrchestrationContext, name: str) -> Steps:
    first = yield ctx.call_activity(fragile, input=f"{name} first")
    second = yield ctx.call_activity(fragile, input=name)
    return [first, second]


def guardian(ctx: OrchestrationContext, name: str) -> Steps:
    """Waits for a sub-orchestration that waits for a word."""
    return (yield ctx.call_sub_orchestrator(listener, input=1, instance_id=f"{name}-child"))


def reporter(ctx: OrchestrationContext, _: None) -> Steps:
    ctx.set_custom_status({"step": 1})
    yield ctx.wait_for_external_event("word")
    return ctx.version


def gated_saga(ctx: OrchestrationContext, name: str) -> Steps:
    return (yield ctx.call_activity(gated, input=name))


def teller(ctx: OrchestrationContext, target: str) -> Steps:
    ctx.send_event(target, "word", data="from a friend")
    return (yield ctx.call_activity(double, input=1))


class Account(DurableEntity):
    def add(self, amount: int) -> int:
        balance = self.get_state(int, 0) + amount
        self.set_state(balance)
        return balance

    def get(self) -> int:
        return self.get_state(int, 0)

    def overdraw(self) -> None:
        raise ValueError("no credit")

    def close(self) -> None:
        self.set_state(None)

    def start(self, instance_id: str) -> None:
        self.schedule_new_orchestration("chain", 1, instance_id=instance_id)


def transfer(ctx: OrchestrationContext, accounts: list[str]) -> Steps:
    """Moves one from the first account to the second, a step at a time, under a lock."""
    ids = [EntityInstanceId("Account", key) for key in accounts]
    with (yield ctx.lock_entities(ids)):
        balance = yield ctx.call_entity(ids[0], "get")
        yield ctx.call_entity(ids[0], "add", -1)
        after = yield ctx.call_entity(ids[0], "get")
        yield ctx.call_entity(ids[1], "add", 1)
    return balance - after


def deposit(ctx: OrchestrationContext, key: str) -> Steps:
    entity = EntityInstanceId("Account", key)
    ctx.signal_entity(entity, "add", 5)
    return (yield ctx.call_entity(entity, "add", 2))


def overdraft(ctx: OrchestrationContext, key: str) -> Steps:
    return (yield ctx.call_entity(EntityInstanceId("Account", key), "overdraw"))


def holder(ctx: OrchestrationContext, key: str) -> Steps:
    with (yield ctx.lock_entities([EntityInstanceId("Account", key)])):
        ctx.set_custom_status("holds")
        yield ctx.wait_for_external_event("word")
    return "released"


ORCHESTRATORS = (
    chain, fan_out, retried, sleeper, listener, collector, parent, caller, careful, guardian, reporter, gated_saga,
    teller, transfer, deposit, overdraft, holder,
)  # fmt: skip
ACTIVITIES = (double, fragile, third_time, gated)


def register(worker: DurableTaskSchedulerWorker) -> DurableTaskSchedulerWorker:
    """Everything of this module."""
    for orchestrator in ORCHESTRATORS:
        worker.add_orchestrator(orchestrator)
    for activity in ACTIVITIES:
        worker.add_activity(activity)
    worker.add_entity(Account)
    return worker
