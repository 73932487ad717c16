"""What the cluster itself notes of what is stored: how far each service is, and which dead letters are open."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from quartet.engine.declaration.participant import DEAD_LETTERS
from quartet.testing.cluster.servers.account import Document
from quartet.testing.cluster.servers.hub import Stored
from quartet.testing.cluster.servers.observer import Observer


class Books:
    """Passes everything on to the observer.

    Attributes:
        done: by service and partition, the highest checkpoint that was ever written.
        open_letters: the database and the id of every dead letter that is not settled.
    """

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.done: dict[tuple[str, str], int] = defaultdict(lambda: -1)
        self.open_letters: set[tuple[str, str]] = set()

    def written(self, database: str, container: str, document: Document, by: str) -> None:
        """See `Observer.written`."""
        if container == DEAD_LETTERS.name:
            if document.get("settled"):
                self.open_letters.discard((database, document["id"]))
            else:
                self.open_letters.add((database, document["id"]))
        self.observer.written(database, container, document, by)

    def checkpointed(self, service: str, partition: str, number: int) -> None:
        """See `Observer.checkpointed`."""
        self.done[service, partition] = max(number, self.done[service, partition])
        self.observer.checkpointed(service, partition, number)

    def hub_recreated(self) -> None:
        """See `Observer.hub_recreated`."""
        self.done.clear()
        self.observer.hub_recreated()

    def behind(self, service: str, logs: Mapping[str, Sequence[Stored]]) -> list[str]:
        """The partitions of which a service still needs something."""
        return [partition for partition, log in logs.items() if self.done[service, partition] < len(log) - 1]
