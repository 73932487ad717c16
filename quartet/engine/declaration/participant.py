"""What makes a service a participant of the saga: the tables that say what it hears, does, says and owns."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from quartet.engine.declaration.outcome import Outcome
from quartet.engine.declaration.retry_policy import RetryPolicy
from quartet.engine.records.codec import StateSchema
from quartet.events import Event, EventData, Registry, service_source

S = TypeVar("S")

# The event and the ports differ from handler to handler, so a table of handlers cannot name them: each
# handler's own signature does, and mypy checks its body against that.
Handler: TypeAlias = Callable[[Event[Any], S | None, Any], Awaitable[Outcome[S]]]
HandlerTable: TypeAlias = Mapping[type[EventData], Handler[S]]


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A Cosmos DB container: its name and the path of its partition key."""

    name: str
    partition_key: str = "/pk"


DEAD_LETTERS = ContainerSpec("dead-letters")
# The bucket count that the documents of a database were laid out with is recorded here.
DEPLOYMENT = ContainerSpec("deployment", "/id")


@dataclass(frozen=True, slots=True)
class Participant(Generic[S]):
    """One service as data.

    Attributes:
        events: every event of the application. One of a type that is not among them is a dead letter.
        name: the service's name, its consumer group and the last part of its CloudEvents source.
        database: its Cosmos DB database; nobody else reads or writes it.
        container: where its state lives, one document per order.
        state: the dataclass of that state, or a `StateSchema` once its form has changed.
        handlers: what it does with each event that it hears. An event that is not here is not for it.
        says: every type of event that it may answer with.
        opens: the events that usually find no state. The runtime spares the read and counts on the create
            to fail if there was one after all.
        give_up: what it does instead when a handler's retries are used up, so that the saga ends.
        containers: further containers of the database, besides `container` and the dead letters.
        acts_outside: whether its handlers call ports that change something. If so, each event is handled on a state
            that is committed: what was done outside on a state that then loses to another writer, or was only a guess,
            cannot be taken back. If not, all that a batch says about an order is one write.
        retry: how often a handler is tried, and how long a call of a port may take.
    """

    events: Registry
    name: str
    database: str
    container: str
    state: type[S] | StateSchema[S]
    handlers: HandlerTable[S]
    says: frozenset[type[EventData]]
    opens: frozenset[type[EventData]] = frozenset()
    give_up: HandlerTable[S] = field(default_factory=dict)
    containers: tuple[ContainerSpec, ...] = ()
    acts_outside: bool = True
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def source(self) -> str:
        """The CloudEvents `source` of what it says."""
        return service_source(self.name)

    @property
    def hears(self) -> frozenset[str]:
        """The types of events that it acts on."""
        return frozenset(data.type for data in self.handlers)

    @property
    def all_containers(self) -> tuple[ContainerSpec, ...]:
        """Every container of its database."""
        return (ContainerSpec(self.container), *self.containers, DEAD_LETTERS, DEPLOYMENT)
