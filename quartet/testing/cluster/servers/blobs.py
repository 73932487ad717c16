"""The checkpoint store in memory: who owns which partition, and how far each consumer group is."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ownership:
    """Who has a partition, since when it was last confirmed, and the version of that entry."""

    owner: str
    renewed: float
    etag: int


@dataclass(slots=True)
class Blobs:
    """Ownership with ETags, checkpoints without.

    Attributes:
        clock: seconds since the beginning of the run.
        checkpointed: told of every checkpoint before it is written: consumer group, partition, sequence number.
        ownerships, checkpoints: by consumer group and partition.
    """

    clock: Callable[[], float]
    checkpointed: Callable[[str, str, int], None]
    ownerships: dict[tuple[str, str], Ownership] = field(default_factory=dict)
    checkpoints: dict[tuple[str, str], int] = field(default_factory=dict)
    etags: int = 0

    def claim(self, group: str, partition: str, owner: str, etag: int | None) -> int | None:
        """Take or confirm a partition; None if another owner was quicker."""
        known = self.ownerships.get((group, partition))
        if (known.etag if known else None) != etag:
            return None
        self.etags += 1
        self.ownerships[group, partition] = Ownership(owner, self.clock(), self.etags)
        return self.etags

    def listed(self, group: str) -> dict[str, Ownership]:
        """The ownerships of a group by partition."""
        return {
            partition: Ownership(entry.owner, entry.renewed, entry.etag)
            for (of_group, partition), entry in self.ownerships.items()
            if of_group == group
        }

    def checkpoint(self, group: str, partition: str, sequence_number: int) -> None:
        """Write a checkpoint. There is no condition: a late writer moves it back."""
        self.checkpointed(group, partition, sequence_number)
        self.checkpoints[group, partition] = sequence_number

    def move_back(self, group: str, events: int) -> None:
        """Write older checkpoints for all partitions of a group, as a late writer does."""
        for key, at in self.checkpoints.items():
            if key[0] == group:
                self.checkpoints[key] = max(-1, at - events)

    def hand_over(self, group: str, owner: str) -> None:
        """Give all partitions of a group to one owner. The others notice when they look the next time."""
        for (of_group, partition), entry in list(self.ownerships.items()):
            if of_group == group:
                self.claim(group, partition, owner, entry.etag)
