"""All that Capture has kept, in batches, in the order of time."""

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from quartet.console.capture.files import captured_files
from quartet.console.capture.records import Captured, read_records
from quartet.console.projection.facts import Place
from quartet.engine.ports import Message

_SIZE: Final = 1_000
"""How many events there are in a batch."""


class _Batch(NamedTuple):
    """Of one partition. Batches are ordered by time; `number` is the partition's, so that no two are equal."""

    at: datetime
    number: int
    place: Place
    messages: list[Message]


class Past:
    """The files of Capture in a directory.

    Attributes:
        read: how many events were read.
        older: how many were left out: they are older than their hub, and so of another hub of its name.
        missing: how many events lie between the files and in none of them, by partition. A file was left out then.
    """

    def __init__(self, directory: Path, labels: Mapping[str, str]) -> None:
        """Find the files. Raises as `captured_files` does."""
        self._files = captured_files(directory, labels)
        self.read = 0
        self.older = 0
        self.missing: Counter[Place] = Counter()

    def batches(self, made_at: Mapping[str, datetime]) -> Iterator[tuple[Place, list[Message]]]:
        """The events of each partition in its order, and the partitions beside each other, as time went.

        `made_at`: when each hub was made, by its label. Raises as `read_records` does.
        """
        streams = [
            self._batches_of(number, place, files, made_at[place.hub])
            for number, (place, files) in enumerate(self._files.items())
        ]
        waiting = [batch for stream in streams for batch in itertools.islice(stream, 1)]
        heapq.heapify(waiting)
        while waiting:
            batch = heapq.heappop(waiting)
            self.read += len(batch.messages)
            yield batch.place, batch.messages
            for following in itertools.islice(streams[batch.number], 1):
                heapq.heappush(waiting, following)

    def _batches_of(self, number: int, place: Place, files: Sequence[Path], made_at: datetime) -> Iterator[_Batch]:
        known = self._known(place, _in_order(files, place.hub), made_at.replace(microsecond=0))
        while some := list(itertools.islice(known, _SIZE)):
            yield _Batch(some[0].at, number, place, [one.message for one in some])

    def _known(self, place: Place, files: Sequence[Path], made_at: datetime) -> Iterator[Captured]:
        """Those of this hub. `made_at` has whole seconds, as the times in the files."""
        last: int | None = None
        for captured in itertools.chain.from_iterable(read_records(file, place.hub) for file in files):
            if captured.at < made_at:
                self.older += 1
                continue
            number = captured.message.sequence_number
            if last is not None and number > last + 1:
                self.missing[place] += number - last - 1
            last = number if last is None else max(last, number)
            yield captured


def _in_order(files: Sequence[Path], hub: str) -> list[Path]:
    """By their first events, whatever their names say. Capture writes files without any, too."""
    firsts = [(first, file) for file in files for first in itertools.islice(read_records(file, hub), 1)]
    return [file for first, file in sorted(firsts, key=lambda one: (one[0].at, one[0].message.sequence_number))]
