"""A participant of a saga: the table of its reactions to events, and the data that it owns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from quartet.engine.declaration.reaction import Reaction
from quartet.engine.declaration.retry_policy import RetryPolicy
from quartet.engine.records.codec import StateSchema
from quartet.events import Event, EventData, Registry, service_source

S = TypeVar("S")
# A participant that needs less of its ports can stand where more is given.
P_contra = TypeVar("P_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A Cosmos DB container.

    Attributes:
        partition_key: its path.
        expires: whether documents with a `ttl` must expire.
        sorted_by: paths by which a query sorts together, all in the same direction. Cosmos DB has to have a composite
            index of them, and refuses the query otherwise.
    """

    name: str
    partition_key: str = "/pk"
    expires: bool = False
    sorted_by: tuple[str, ...] = ()


DEAD_LETTERS = ContainerSpec("dead-letters", expires=True)
# The bucket count that the documents of a database were laid out with is recorded here.
DEPLOYMENT = ContainerSpec("deployment", "/id")


@dataclass(frozen=True, slots=True)
class Participant(Generic[S, P_contra]):
    """One service as data. Its state `S` and its ports follow from its reactions.

    Attributes:
        events: every event of the application. One of a type that is not among them is a dead letter.
        name: the service's name, its consumer group and the last part of its CloudEvents source.
        database: its Cosmos DB database; no other service reads or writes it.
        container: where its state lives, one document per saga.
        state: the dataclass of that state, or a `StateSchema` once its form has changed.
        reactions: its reaction to each event that it hears, one `on(...)` per event. An event that is not here is
            not for it, unless the registry has upcasts to one that is.
        also_says: the types of events that it says without having heard anything, such as when a deadline passes.
        ends: those of its events that end a saga. An application takes them for its `ends` unless it says others; the
            metrics count them.
        containers: further containers of the database, besides `container` and the dead letters.
        acts_outside: whether its handlers call ports that change something. If so, each event is handled on a state
            that is committed: what was done outside on a state that then loses to another writer, or was only a guess,
            cannot be taken back. If not, all that a batch says about a saga is one write.
        starts: for one that is added to a running application, the moment from which it hears: what the hub took in
            before is not for it. A fixed time, so that a process that dies before its first checkpoint begins at the
            same place. Without one it hears all that the hub still holds. It counts until there is a checkpoint.
        retry: how often a handler is tried, and how long a call of a port may take.
    """

    events: Registry
    name: str
    database: str
    container: str
    state: type[S] | StateSchema[S]
    reactions: tuple[Reaction[S, P_contra], ...]
    also_says: Collection[type[EventData]] = ()
    ends: Collection[type[EventData]] = ()
    containers: tuple[ContainerSpec, ...] = ()
    acts_outside: bool = True
    starts: datetime | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    _by_event: Mapping[type[EventData], Reaction[S, P_contra]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a table that says two things about one event, and a start that may be any time.

        Raises:
            ValueError: it does; or `starts` has no time zone; or it does not say an event of `ends`.
        """
        if strange := sorted(event.type for event in set(self.ends) - self.says):
            raise ValueError(f"{self.name} ends a saga with {', '.join(strange)}, which it does not say")
        if self.starts is not None and self.starts.tzinfo is None:
            raise ValueError(f"{self.name} starts at {self.starts}: give it a time zone, such as UTC")
        handled = {reaction.event: reaction for reaction in self.reactions}
        upcast = {old: handled[new] for old, new in self._upcast_to(handled).items()}
        types = [reaction.event.type for reaction in self.reactions]
        if twice := sorted({type_ for type_ in types if types.count(type_) > 1}):
            raise ValueError(f"{self.name} reacts twice to {', '.join(twice)}")
        object.__setattr__(self, "_by_event", handled | upcast)  # a frozen dataclass has no other way to derive a field

    @property
    def source(self) -> str:
        """The CloudEvents `source` of its events."""
        return service_source(self.name)

    @property
    def hears(self) -> frozenset[str]:
        """The types of events that it acts on, also those that are upcast for it."""
        return frozenset(event.type for event in self._by_event)

    @property
    def says(self) -> frozenset[type[EventData]]:
        """The types of events that it may say."""
        return frozenset(self.also_says).union(*(reaction.says for reaction in self.reactions))

    @property
    def opens(self) -> frozenset[str]:
        """The types of events that usually find no state."""
        return frozenset(event.type for event, reaction in self._by_event.items() if reaction.creates)

    def reaction_to(self, event: type[EventData]) -> Reaction[S, P_contra]:
        """Its reaction to an event that it hears. The handler of one that is upcast takes it `as_handled`.

        Raises:
            KeyError: it does not hear it.
        """
        return self._by_event[event]

    def as_handled(self, event: Event[EventData]) -> Event[EventData]:
        """The event for its handler: in the first version from the one that was said on that it handles.

        What identifies the event stays: id, source, type, cause and trace.

        Raises:
            UpcastError: the data cannot be turned into that version.
        """
        reaction = self._by_event.get(type(event.data))
        if reaction is None or reaction.event is type(event.data):
            return event
        data = event.data
        for step in self.events.newer(type(data)):
            data = step.apply(data)
            if type(data) is reaction.event:
                break
        return replace(event, data=data, original=event.data)

    def _upcast_to(self, handled: Collection[type[EventData]]) -> dict[type[EventData], type[EventData]]:
        """The models without a reaction, from which upcasts lead to one that has one; each with the first such."""
        found: dict[type[EventData], type[EventData]] = {}
        for model in self.events.outdated - set(handled):
            first = next((step.new for step in self.events.newer(model) if step.new in handled), None)
            if first is not None:
                found[model] = first
        return found

    @property
    def all_containers(self) -> tuple[ContainerSpec, ...]:
        """Every container of its database."""
        return (ContainerSpec(self.container), *self.containers, DEAD_LETTERS, DEPLOYMENT)
