"""Work items: what waits for a worker, and what a worker has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from quartet_emulators.durable_tasks.protocol import pb


class Kind(Enum):
    """What a worker has to do."""

    TURN = "orchestration"
    ACTIVITY = "activity"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True)
class Item:
    """Something to do: the key of the instance, the activity or the entity, and what filters look at."""

    kind: Kind
    key: int
    name: str
    version: str | None = None

    @property
    def place(self) -> tuple[Kind, int]:
        """What identifies it: two workers never have the same item."""
        return self.kind, self.key


@dataclass(slots=True)
class Lease:
    """An item that a stream has.

    Attributes:
        token: what the worker must say to complete it.
        rows: the numbers of the inbox rows or operations that were sent with it.
        events: the events that were sent, in order.
        actions: those of a response that comes in parts.
        completed: whether the worker has said that it is done; the token is then good for nothing.
    """

    token: str
    item: Item
    stream: "Stream"
    rows: list[int] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    actions: list[pb.OrchestratorAction] = field(default_factory=list)
    completed: bool = False


Accepted = dict[str, frozenset[str]] | None
"""Names with their versions, no version meaning all of them; None accepts everything."""


class Stream:
    """What a worker asked for with GetWorkItems.

    Args:
        request: its limits, filters and capabilities.
    """

    def __init__(self, request: pb.GetWorkItemsRequest) -> None:
        self.load: Counter[Kind] = Counter()
        self.takes_long_histories = pb.WORKER_CAPABILITY_HISTORY_STREAMING in request.capabilities
        self._limits = {
            Kind.TURN: request.maxConcurrentOrchestrationWorkItems,
            Kind.ACTIVITY: request.maxConcurrentActivityWorkItems,
            Kind.ENTITY: request.maxConcurrentEntityWorkItems,
        }
        self._filters: dict[Kind, Accepted] = dict.fromkeys(Kind)
        if request.HasField("workItemFilters"):
            filters = request.workItemFilters
            self._filters = {
                Kind.TURN: _accepted((each.name, list(each.versions)) for each in filters.orchestrations),
                Kind.ACTIVITY: _accepted((each.name, list(each.versions)) for each in filters.activities),
                Kind.ENTITY: _accepted((each.name.lower(), []) for each in filters.entities),
            }

    def has_room(self, kind: Kind) -> bool:
        """Whether it may have one more of this kind; without a limit it always may."""
        limit = self._limits[kind]
        return limit <= 0 or self.load[kind] < limit

    def accepts(self, kind: Kind, name: str, version: str | None) -> bool:
        """Whether its filters let an item pass."""
        accepted = self._filters[kind]
        if accepted is None:
            return True
        versions = accepted.get(name)
        return versions is not None and (not versions or (version or "") in versions)


def _accepted(filters: Iterable[tuple[str, list[str]]]) -> Accepted:
    found: dict[str, frozenset[str]] = {}
    for name, versions in filters:
        known = found.get(name)
        if not versions or (known is not None and not known):
            found[name] = frozenset()  # one filter without versions accepts all of them
        else:
            found[name] = (known or frozenset()) | frozenset(versions)
    return found
