"""Loading and committing records, many at a time; and what happens to a saga whose record cannot be stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, Generic, TypeVar

from quartet.engine.errors import one_line
from quartet.engine.failures.isolation import isolate
from quartet.engine.failures.outage_retry import OutageRetry
from quartet.engine.ports import RecordStore
from quartet.engine.received import Delivered, Delivery, UnreadableDelivery
from quartet.engine.records.cache import RecordCache
from quartet.engine.records.record import Foreign, Record
from quartet.engine.saga_update import SagaUpdate
from quartet.events import bucket_of

S = TypeVar("S")

STATE_NOT_STORED: Final = "state_not_stored"


class Recorder(Generic[S]):
    """The records of one participant. `opens` are the types of events that usually find none."""

    def __init__(
        self, store: RecordStore[S], outages: OutageRetry, *, buckets: int, opens: Collection[str], look_first: bool
    ) -> None:
        self._store = store
        self._outages = outages
        self._buckets = buckets
        self._opens = opens
        self._look_first = look_first
        self._look_at: Collection[str] = ()
        self._cache: RecordCache[S] = RecordCache()

    def look_at(self, saga_ids: Collection[str] | None) -> None:
        """Load these sagas also where an event is expected to open them; None means all sagas."""
        self._look_first = self._look_first or saga_ids is None
        self._look_at = saga_ids or ()

    async def recall(self, sagas: Mapping[str, Sequence[Delivered]]) -> dict[str, Record[S]]:
        """The records to start from: cached, taken as absent where the saga opens here, or loaded together."""
        records: dict[str, Record[S]] = {}
        to_load: list[str] = []
        for saga_id, items in sagas.items():
            cached = self._cache.get(saga_id)
            if cached is not None:
                records[saga_id] = cached
            elif saga_id not in self._look_at and self._may_be_taken_as_absent(items):
                records[saga_id] = self._absent(saga_id)
            else:
                to_load.append(saga_id)
        return records | await self.load(to_load)

    async def load(self, saga_ids: Sequence[str]) -> dict[str, Record[S]]:
        """The records of these sagas; an empty one where nothing is stored."""
        records = {saga_id: self._absent(saga_id) for saga_id in saga_ids}

        async def load(some: Sequence[str]) -> None:
            records.update(await self._outages.retry("load state", lambda: self._store.load(some)))

        async def isolated(saga_id: str, error: Exception) -> None:
            problem = f"its document cannot be loaded: {one_line(error)}"
            records[saga_id] = replace(self._absent(saga_id), foreign=Foreign(None, problem))

        await isolate(saga_ids, load, isolated)
        return records

    async def commit(self, runs: Sequence[SagaUpdate[S]]) -> set[str]:
        """Write what changed, in as few requests as the store can make of it. Returns the sagas that lost.

        A saga whose new record cannot be stored keeps its old one, and its events become dead letters. See
        `_refuse`.
        """
        lost: set[str] = set()

        async def commit(some: Sequence[SagaUpdate[S]]) -> None:
            records = [run.record for run in some]
            etags = await self._outages.retry("commit state", lambda: self._store.commit(records))
            for record in records:
                self._note(record, etags.get(record.saga_id), lost)

        async def refused(run: SagaUpdate[S], error: Exception) -> None:
            run.refuse(STATE_NOT_STORED, one_line(error))
            await isolate([run] if run.changed else [], commit, given_up)

        async def given_up(_run: SagaUpdate[S], _error: Exception) -> None:
            """Not even the queue of dead letters can be written: the dead letters are stored alone."""

        await isolate([run for run in runs if run.changed], commit, refused)
        return lost

    def _note(self, record: Record[S], etag: str | None, lost: set[str]) -> None:
        if etag is None:
            lost.add(record.saga_id)
        # Do not cache a saga with dead letters: an operator may change it from another process.
        if etag is None or record.has_dead_letters:
            self._cache.drop(record.saga_id)
        else:
            self._cache.put(replace(record, etag=etag))

    def _may_be_taken_as_absent(self, items: Sequence[Delivered]) -> bool:
        """Whether the first event opens the saga: if there is a record after all, the create fails.

        An unreadable event parks only a known saga, so its record must be loaded.
        """
        first = items[0]
        return (
            not self._look_first
            and isinstance(first, Delivery)
            and first.event.type in self._opens
            and not any(isinstance(item, UnreadableDelivery) for item in items)
        )

    def _absent(self, saga_id: str) -> Record[S]:
        return Record(saga_id=saga_id, pk=bucket_of(saga_id, self._buckets))
