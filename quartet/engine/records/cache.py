"""The records that this process wrote last, so that the next event of a saga needs no read."""

from collections import OrderedDict
from typing import Generic, TypeVar

from quartet.engine.records.record import Record

S = TypeVar("S")


class RecordCache(Generic[S]):
    """Keeps the most recently used records, up to `size`.

    It may be stale whenever another replica has written. That is harmless: every write carries the record's
    ETag, and the loser of a conflict reloads.
    """

    def __init__(self, size: int = 5_000) -> None:
        self._size = size
        self._records: OrderedDict[str, Record[S]] = OrderedDict()

    def get(self, saga_id: str) -> Record[S] | None:
        """The record, if it is here."""
        record = self._records.get(saga_id)
        if record is not None:
            self._records.move_to_end(saga_id)
        return record

    def put(self, record: Record[S]) -> None:
        """Keep a record that was read from or written to the store."""
        self._records[record.saga_id] = record
        self._records.move_to_end(record.saga_id)
        if len(self._records) > self._size:
            self._records.popitem(last=False)

    def drop(self, saga_id: str) -> None:
        """Forget a record that turned out to be stale."""
        self._records.pop(saga_id, None)
