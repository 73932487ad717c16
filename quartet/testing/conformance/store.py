"""The promises of a `RecordStore`: what is written comes back, and of two writers of one version one wins."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from quartet.engine.ports import RecordStore
from quartet.engine.records.record import Record

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class StoreUnderTest(Generic[S]):
    """A store as these checks use it. Give each check sagas that no other check has used.

    Attributes:
        store: the store.
        record: a record of a saga that is not stored yet; each number gives it another state.
    """

    store: RecordStore[S]
    record: Callable[[str, int], Record[S]]


async def check_record_comes_back(tested: StoreUnderTest[Any], saga: str, unknown: str) -> None:
    """A record that was written is loaded as it was, with its ETag. A saga that was never written is left out.

    Raises:
        AssertionError: it is not.
    """
    record = tested.record(saga, 1)
    etag = await _written(tested, record)
    loaded = await tested.store.load([saga, unknown])
    expected = {saga: replace(record, etag=etag)}
    if loaded != expected:
        raise AssertionError(f"{expected!r} was written, but {loaded!r} is loaded")


async def check_second_creation_loses(tested: StoreUnderTest[Any], saga: str) -> None:
    """A record without an ETag is written only where there is none.

    Raises:
        AssertionError: it replaces another one.
    """
    first = tested.record(saga, 1)
    await _written(tested, first)
    await _lost(tested, tested.record(saga, 2))
    await _stands(tested, first)


async def check_old_version_loses(tested: StoreUnderTest[Any], saga: str) -> None:
    """A record replaces the version that it was read from, and no later one.

    Raises:
        AssertionError: it does not replace it, or it replaces a later one.
    """
    etag = await _written(tested, tested.record(saga, 1))
    second = replace(tested.record(saga, 2), etag=etag)
    newer = await _written(tested, second)
    if newer == etag:
        raise AssertionError(f"two versions of {saga} have the ETag {etag}")
    await _lost(tested, replace(tested.record(saga, 3), etag=etag))
    await _stands(tested, second)


async def check_two_writers_have_one_winner(tested: StoreUnderTest[Any], saga: str) -> None:
    """Of two writers of one version at the same time, one wins, and the other one loses.

    Raises:
        AssertionError: both win, or neither, or another record is stored than the winner's.
    """
    etag = await _written(tested, tested.record(saga, 1))
    rivals = [replace(tested.record(saga, number), etag=etag) for number in (2, 3)]
    results = await asyncio.gather(*(tested.store.commit([one]) for one in rivals))
    winners = [rival for rival, etags in zip(rivals, results, strict=True) if saga in etags]
    if len(winners) != 1:
        raise AssertionError(f"{len(winners)} of 2 writers of one version of {saga} won, expected 1")
    await _stands(tested, winners[0])


async def check_loser_costs_only_itself(tested: StoreUnderTest[Any], loser: str, others: tuple[str, str]) -> None:
    """Beside a record that loses, those before and behind it are written.

    Raises:
        AssertionError: they are not.
    """
    await _written(tested, tested.record(loser, 1))
    before, behind = (tested.record(saga, 1) for saga in others)
    etags = await tested.store.commit([before, tested.record(loser, 2), behind])
    if set(etags) != set(others):
        raise AssertionError(f"{sorted(others)} are to be written and {loser} is to lose; written: {sorted(etags)}")
    for record in (before, behind):
        await _stands(tested, record)


async def _written(tested: StoreUnderTest[S], record: Record[S]) -> str:
    etags = await tested.store.commit([record])
    if set(etags) != {record.saga_id} or not etags[record.saga_id]:
        raise AssertionError(f"{record.saga_id} was to be written with an ETag, but commit returns {etags!r}")
    return etags[record.saga_id]


async def _lost(tested: StoreUnderTest[S], record: Record[S]) -> None:
    etags = await tested.store.commit([record])
    if etags:
        raise AssertionError(f"{record.saga_id} has changed since it was read, but commit returns {etags!r}")


async def _stands(tested: StoreUnderTest[S], record: Record[S]) -> None:
    found = (await tested.store.load([record.saga_id])).get(record.saga_id)
    if found is None or found.state != record.state:
        raise AssertionError(f"{record.state!r} is to be stored of {record.saga_id}, but {found!r} is loaded")
