"""Whether a partition's receiver makes progress, judged by the events that were received and those that wait."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Partition:
    received: int | None = None
    waiting_since: float | None = None


class StallDetector:
    """Notes the last event received from each partition, and finds partitions where events wait and none comes in.

    Times are seconds of any clock that only goes forward.
    """

    def __init__(self, limit: float) -> None:
        """A partition is stalled if events have waited for `limit` seconds, and none of them came in."""
        self._limit = limit
        self._partitions: dict[str, _Partition] = {}

    def received(self, partition: str, sequence_number: int) -> None:
        """Note that everything up to `sequence_number` has come in."""
        self._partitions[partition] = _Partition(sequence_number)

    def position(self, partition: str) -> int | None:
        """The last event that came in; None if none has."""
        known = self._partitions.get(partition)
        return known.received if known is not None else None

    def keep_only(self, partitions: set[str]) -> None:
        """Forget all partitions but these: they have other owners."""
        self._partitions = {name: one for name, one in self._partitions.items() if name in partitions}

    def forget(self) -> None:
        """Forget everything: there is a new receiver."""
        self._partitions.clear()

    def is_stalled(self, partition: str, *, end: int, position: int, is_busy: bool, now: float) -> bool:
        """Judge a partition, at every look.

        Args:
            partition: its id.
            end: the last sequence number that the hub has.
            position: the last one that came in, or that the checkpoint names.
            is_busy: whether a batch is being handled: then nothing more is asked for.
            now: the time.
        """
        known = self._partitions.setdefault(partition, _Partition())
        if end < position:
            # The hub has fewer events than came in: it was recreated.
            return True
        if end == position or is_busy:
            known.waiting_since = None
            return False
        if known.waiting_since is None:
            known.waiting_since = now
        return now - known.waiting_since >= self._limit
