"""Each check of a store accepts those of Quartet, and finds one that breaks its promise."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from quartet.azure.cosmos.records import CosmosRecords
from quartet.engine.ports import RecordStore
from quartet.engine.records.record import Record
from quartet.events import bucket_of
from quartet.testing import conformance
from quartet.testing.conformance import StoreUnderTest
from quartet.testing.memory import MemoryStore, StoreOfProcess
from quartet.testing.steps import Undisturbed
from tests.cosmos_fixture import running_cosmos
from tests.testing.counting import CLERK, Case

Records: TypeAlias = dict[str, Record[Case]]
Check: TypeAlias = Callable[[StoreUnderTest[Case]], Awaitable[None]]


class Memory(StoreOfProcess[Case]):
    """A store that keeps its promises, and the base of those that do not."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(CLERK), Undisturbed())

    def overwrite(self, record: Record[Case]) -> str:
        """Write it whatever is stored."""
        now = self.store.get(record.saga_id)
        etag = self.store.put(replace(record, etag=now.etag if now else None))
        assert etag is not None
        return etag


class ForgetsAnswers(Memory):
    async def load(self, saga_ids: Collection[str]) -> Records:
        found = await super().load(saga_ids)
        return {saga: replace(record, handled={}) for saga, record in found.items()}


class InventsRecords(Memory):
    async def load(self, saga_ids: Collection[str]) -> Records:
        return {saga: Record(saga, "0") for saga in saga_ids} | await super().load(saga_ids)


class OverwritesOnCreation(Memory):
    async def commit(self, records: Sequence[Record[Case]]) -> dict[str, str]:
        created = [record for record in records if record.etag is None]
        written = {record.saga_id: self.overwrite(record) for record in created}
        return written | await super().commit([record for record in records if record.etag is not None])


class LastWriterWins(Memory):
    async def commit(self, records: Sequence[Record[Case]]) -> dict[str, str]:
        created = [record for record in records if record.etag is None]
        written = {record.saga_id: self.overwrite(record) for record in records if record.etag is not None}
        return written | await super().commit(created)


class HasOneEtag(Memory):
    async def commit(self, records: Sequence[Record[Case]]) -> dict[str, str]:
        written = {record.saga_id: self.overwrite(record) for record in records}
        return dict.fromkeys(written, "the only one")


class StopsAtALoser(Memory):
    async def commit(self, records: Sequence[Record[Case]]) -> dict[str, str]:
        written: dict[str, str] = {}
        for record in records:
            one = await super().commit([record])
            if not one:
                break
            written |= one
        return written


class SaysOnlyWhatIsNew(Memory):
    """Writes a loser's neighbours, and says that none was written."""

    async def commit(self, records: Sequence[Record[Case]]) -> dict[str, str]:
        etags = await super().commit(records)
        return etags if len(etags) == len(records) else {}


CHECKS: Mapping[str, Check] = {
    "comes back": lambda tested: conformance.check_record_comes_back(tested, "s-1", "s-2"),
    "second creation": lambda tested: conformance.check_second_creation_loses(tested, "s-3"),
    "old version": lambda tested: conformance.check_old_version_loses(tested, "s-4"),
    "two writers": lambda tested: conformance.check_two_writers_have_one_winner(tested, "s-5"),
    "loser": lambda tested: conformance.check_loser_costs_only_itself(tested, "s-6", ("s-7", "s-8")),
}
BROKEN = [
    ("comes back", ForgetsAnswers, "was written, but"),
    ("comes back", InventsRecords, "was written, but"),
    ("second creation", OverwritesOnCreation, "s-3 has changed since it was read, but commit returns"),
    ("old version", LastWriterWins, "s-4 has changed since it was read, but commit returns"),
    ("old version", HasOneEtag, "two versions of s-4 have the ETag the only one"),
    ("two writers", LastWriterWins, "2 of 2 writers of one version of s-5 won, expected 1"),
    ("loser", StopsAtALoser, r"written: \['s-7'\]"),
    ("loser", SaysOnlyWhatIsNew, r"written: \[\]"),
]


def described(store: RecordStore[Case]) -> StoreUnderTest[Case]:
    def record(saga: str, number: int) -> Record[Case]:
        return Record(saga, bucket_of(saga, 1), Case(number), {"cause": ({"id": f"a-{number}"},)}, "3")

    return StoreUnderTest(store, record)


@asynccontextmanager
async def _store(kind: str, data_dir: Path) -> AsyncIterator[RecordStore[Case]]:
    if kind == "memory":
        yield Memory()
        return
    async with running_cosmos(data_dir) as cosmos:
        # One bucket, so that a batch has several sagas.
        yield CosmosRecords(await cosmos.container("cases"), Case, buckets=1)


@pytest.mark.parametrize("kind", ["memory", "cosmos"])
@pytest.mark.parametrize("check", CHECKS)
async def test_the_stores_of_quartet_keep_their_promises(kind: str, check: str, tmp_path: Path) -> None:
    async with _store(kind, tmp_path) as store:
        await CHECKS[check](described(store))


@pytest.mark.parametrize(("check", "broken", "found"), BROKEN)
async def test_a_store_that_breaks_one_is_found(check: str, broken: type[Memory], found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        await CHECKS[check](described(broken()))


def test_every_check_finds_something() -> None:
    assert {check for check, _, _ in BROKEN} == set(CHECKS)
    public = {name for name in conformance.__all__ if name.startswith("check_")}
    assert len(CHECKS) == len([name for name in public if hasattr(conformance.store, name)])
