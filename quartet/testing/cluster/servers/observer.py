"""Who looks at a run while it happens."""

from collections.abc import Sequence
from typing import Protocol

from quartet.testing.cluster.servers.account import Document
from quartet.testing.cluster.servers.hub import Stored


class Observer(Protocol):
    """Sees what the servers store, at the moment, and keeps the rules that were broken.

    It must look at what lies in the servers, never into the services.
    """

    @property
    def broken(self) -> Sequence[object]:
        """The rules that were broken so far. With the first one, the run ends early."""
        ...

    def broke(self, rule: str, what: str) -> None:
        """A rule is broken; the cluster has its own about processes that fail and runs that hang."""
        ...

    def written(self, database: str, container: str, document: Document, by: str) -> None:
        """The process `by` has written a document."""
        ...

    def appended(self, stored: Stored) -> None:
        """A message came into the hub."""
        ...

    def checkpointed(self, service: str, partition: str, number: int) -> None:
        """A service writes that it needs nothing of a partition (`Stored.place`) up to this sequence number."""
        ...

    def hub_recreated(self) -> None:
        """All that was in the hub is gone, and its sequence numbers begin again."""
        ...
