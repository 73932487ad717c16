"""Buckets are written side by side: what is known of each when one of them fails, and what an answer must be."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from azure.cosmos.exceptions import CosmosBatchOperationError

from quartet.azure.cosmos.client import Operation
from quartet.azure.cosmos.records import CosmosRecords
from quartet.engine.errors import OutageError
from quartet.engine.records.record import Record
from tests.runtime.fakes import Parcel
from tests.runtime.whole import turns

Answers = list[dict[str, Any]]


def refused(status: int, index: int | None) -> CosmosBatchOperationError:
    make: Any = CosmosBatchOperationError  # the SDK gives it no types
    error: CosmosBatchOperationError = make(error_index=index, headers={}, status_code=status, message="refused")
    return error


def written(operations: Sequence[Operation]) -> Answers:
    return [{"eTag": f'"{document["id"]}"'} for _, (document,), _ in operations]


class Buckets:
    """A container that answers each bucket as a test wants it to."""

    def __init__(self, **answers: Callable[[Sequence[Operation]], Awaitable[Answers]]) -> None:
        self.answers = answers

    async def execute_item_batch(self, operations: Sequence[Operation], partition_key: str) -> Answers:
        return await self.answers[partition_key](operations)

    def query_items(self, *_args: object, **_options: object) -> Any:  # noqa: ANN401 -- as the container's own
        raise AssertionError("no saga has lost")


def buckets(**answers: Callable[[Sequence[Operation]], Awaitable[Answers]]) -> CosmosRecords[Parcel]:
    container: Any = Buckets(**answers)
    return CosmosRecords(container, Parcel, buckets=16)


def records(*places: tuple[str, str]) -> list[Record[Parcel]]:
    return [Record(order_id, pk, Parcel(1)) for order_id, pk in places]


ONE_EACH = records(("o-1", "a"), ("o-2", "b"))


async def takes(operations: Sequence[Operation]) -> Answers:
    return written(operations)


def raises(error: Exception) -> Callable[[Sequence[Operation]], Awaitable[Answers]]:
    async def answer(_: Sequence[Operation]) -> Answers:
        raise error

    return answer


async def test_the_etags_of_all_buckets_are_returned() -> None:
    some = records(("o-1", "a"), ("o-2", "b"), ("o-3", "a"))
    assert await buckets(a=takes, b=takes).commit(some) == {name: f'"{name}"' for name in ("o-1", "o-2", "o-3")}


async def test_a_bucket_that_fails_does_not_leave_another_one_on_its_way() -> None:
    is_asked, may_answer = asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def slow(operations: Sequence[Operation]) -> Answers:
        is_asked.set()
        await may_answer.wait()
        done.append("b")
        return written(operations)

    commit = asyncio.create_task(buckets(a=raises(refused(413, 0)), b=slow).commit(ONE_EACH))
    await is_asked.wait()
    await turns()
    assert not commit.done()
    may_answer.set()
    with pytest.raises(CosmosBatchOperationError):
        await commit
    assert done == ["b"]


@pytest.mark.parametrize("too_large_is_first", [True, False])
async def test_of_several_failures_an_outage_is_the_one_that_is_raised(too_large_is_first: bool) -> None:
    """It may be over the next time; a permanent error occurs again."""
    too_large, away = raises(refused(413, 0)), raises(refused(503, None))
    failures = {"a": too_large, "b": away} if too_large_is_first else {"a": away, "b": too_large}
    with pytest.raises(OutageError, match="status 503 in a batch"):
        await buckets(**failures).commit(ONE_EACH)


@pytest.mark.parametrize(("status", "index"), [(413, 0), (400, 0), (409, None), (412, None)])
async def test_a_failure_without_a_conflicting_order_is_not_a_conflict(status: int, index: int | None) -> None:
    error = refused(status, index)
    with pytest.raises(CosmosBatchOperationError) as raised:
        await buckets(a=raises(error)).commit(ONE_EACH[:1])
    assert raised.value is error


async def test_an_answer_that_leaves_a_write_out_is_an_error_and_no_conflict() -> None:
    async def leaves_out(operations: Sequence[Operation]) -> Answers:
        return written(operations)[1:]

    with pytest.raises(ValueError, match="shorter"):
        await buckets(a=leaves_out).commit(records(("o-1", "a"), ("o-2", "a")))
