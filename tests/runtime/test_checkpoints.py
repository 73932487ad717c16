"""A late checkpoint costs a redelivery, so whatever goes wrong with one, it is written later."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest
import structlog
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.eventhub import EventData
from azure.eventhub.aio import PartitionContext
from structlog.typing import FilteringBoundLogger

from quartet.azure.event_hubs.checkpoints import Checkpoints
from tests.runtime.fakes import QUIET


@dataclass
class Store:
    """A checkpoint store, its container, and a partition's context, in one."""

    partition_id: str = "0"
    exists: bool = True
    fails: list[Exception] = field(default_factory=list)
    may_create: bool = True
    written: list[object] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()

    async def update_checkpoint(self, event: object) -> None:
        self.begun.set()
        await self.answers.wait()
        if self.fails:
            raise self.fails.pop()
        if not self.exists:
            raise ResourceNotFoundError("ContainerNotFound")
        self.written.append(event)

    async def create(self) -> None:
        if not self.may_create:
            raise AzureError("forbidden")
        self.exists = True


def marked(store: Store, log: FilteringBoundLogger = QUIET) -> Checkpoints:
    checkpoints = Checkpoints(1, log, restore=store.create)
    checkpoints.mark(cast(PartitionContext, store), cast(EventData, "event 7"))
    return checkpoints


async def test_a_container_that_is_gone_is_created_again() -> None:
    store = Store(exists=False)
    checkpoints = marked(store)
    await checkpoints.flush()
    assert (store.written, store.exists) == ([], True)
    await checkpoints.flush()
    assert store.written == ["event 7"]


async def test_one_that_may_not_be_created_is_reported_and_the_checkpoint_stays_due() -> None:
    store = Store(exists=False, may_create=False)
    with structlog.testing.capture_logs() as lines:
        checkpoints = marked(store, structlog.get_logger())
        await checkpoints.flush()
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("warning", "checkpoint not written"),
        ("error", "the checkpoint container is missing and cannot be created"),
    ]
    assert "restore the deleted container" in lines[1]["hint"]
    store.exists = True
    await checkpoints.flush()
    assert store.written == ["event 7"]


@pytest.mark.parametrize("error", [AzureError("away"), OSError(), ValueError("a bug in the SDK")])
async def test_after_any_failure_the_checkpoint_stays_due(error: Exception) -> None:
    store = Store(fails=[error])
    checkpoints = marked(store)
    await checkpoints.flush()
    await checkpoints.flush()
    assert store.written == ["event 7"]
    assert checkpoints.written == 1


async def writing(checkpoints: Checkpoints, store: Store) -> "asyncio.Task[None]":
    """A flush that waits for the answer of the store."""
    store.answers.clear()
    flushing = asyncio.create_task(checkpoints.flush())
    await store.begun.wait()
    return flushing


async def test_a_flush_waits_for_the_one_under_way_so_a_process_that_stops_after_it_leaves_nothing_due() -> None:
    store = Store()
    checkpoints = marked(store)
    periodic = await writing(checkpoints, store)
    last = asyncio.create_task(checkpoints.flush())
    await asyncio.sleep(0)
    assert not last.done()
    store.answers.set()
    await last
    assert (store.written, periodic.done()) == (["event 7"], True)


async def test_what_is_marked_during_a_write_is_written_by_the_next_flush_and_not_before_it() -> None:
    store = Store()
    checkpoints = marked(store)
    periodic = await writing(checkpoints, store)
    checkpoints.mark(cast(PartitionContext, store), cast(EventData, "event 8"))
    last = asyncio.create_task(checkpoints.flush())
    await asyncio.sleep(0)
    store.answers.set()
    await asyncio.gather(periodic, last)
    assert store.written == ["event 7", "event 8"]


async def test_what_is_forgotten_during_a_write_that_fails_is_not_written_again() -> None:
    """The partition has another owner: the checkpoint of this one would move back the other's."""
    store = Store(fails=[AzureError("away")])
    checkpoints = marked(store)
    periodic = await writing(checkpoints, store)
    checkpoints.forget(store.partition_id)
    store.answers.set()
    await periodic
    await checkpoints.flush()
    assert store.written == []
