"""An application as one object: its events, its participants, what ends a saga, and its own commands."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quartet.engine.dead_letters.requests import REDRIVE_EVENTS, is_of_library
from quartet.engine.declaration.hubs import Hubs, Layout
from quartet.engine.declaration.invariant import Invariant
from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.workload import Workload
from quartet.events import EventData, Registry

if TYPE_CHECKING:  # a choreography is pure data: what runs it imports the SDKs
    from quartet.process.service import Service


@dataclass(frozen=True, slots=True)
class Choreography:
    """A set of participants that react to each other's events on one hub. There is no coordinator.

    Attributes:
        name: the name of the application.
        events: every event that is said in it.
        participants: the participants, in the order in which tools list them; by default, those of `services`.
        ends: the events that end a saga. No participant needs to hear them. By default, those that the participants
            name in their `ends`. Older versions of an end end it too.
        failed_ends: those of `ends` that say that the saga did not do what it began for. So do their older versions.
        failed_compensations: the events that say that a compensation could not be done, so that a person must act. A
            later answer of the same participant to the same event says that it is done now. Older versions, too.
        inputs: the events that come from outside. With the first one, a saga begins.
        samples: one believable event of each type; `quartet schema` shows them, and `quartet check` requires them all.
        hub: the Event Hub that they share.
        inbound_hub: the hub for what comes from outside, where a deployment keeps that apart (`HUB_LAYOUT`).
        services: how each participant is run as a process. An application without them can be tested, and not run.
        invariants: the rules for all stored states and effects. `quartet audit` checks it, and so do `explore` and
            `simulate` when nothing is left to do.
        commands: the application's own commands of `quartet`, as import paths: `{"audit": "shop.audit:audit"}`.
        on_start: the import path of a function that a local stack calls once its databases exist. It takes the
            open `Cosmos` and returns a line for people, or nothing. Empty: there is none.
        watch: the import path of a function that opens the application's own audit for the console: it takes the open
            `Cosmos`, and returns a context manager of a `Watch`. Empty: the console checks `invariants`, and those of
            them that are marked with `per_saga` while the sagas run.
        workloads: the sagas that `quartet bench` begins, by name: `usual` unless another one is asked for, and
            `failing` for the sagas that must fail. Without `usual`, it begins the samples that begin a saga.
        emulators: the servers that its services need besides Event Hubs, Cosmos DB and Blob Storage, by the names that
            the emulators have for them: `durable-tasks`. A local stack starts them.
        styles: other applications that run the same sagas in another way, by name, as import paths:
            `{"orchestrated": "shop.orchestrator.app:APP"}`. `quartet up --style orchestrated` runs that one.
    """

    name: str
    events: Registry
    participants: tuple[Participant[Any, Any], ...] = ()
    ends: AbstractSet[type[EventData]] = frozenset()
    failed_ends: AbstractSet[type[EventData]] = frozenset()
    failed_compensations: AbstractSet[type[EventData]] = frozenset()
    inputs: tuple[type[EventData], ...] = ()
    samples: tuple[EventData, ...] = ()
    hub: str = "saga-events"
    inbound_hub: str = "inbound"
    services: tuple["Service[Any, Any]", ...] = ()
    invariants: tuple[Invariant, ...] = ()
    commands: Mapping[str, str] = field(default_factory=dict)
    on_start: str = ""
    watch: str = ""
    workloads: Mapping[str, Workload] = field(default_factory=dict)
    emulators: AbstractSet[str] = frozenset()
    styles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse participants with the same name or database, and services of other participants.

        Raises:
            ValueError: two participants have one name or one database, an event has a type of the library's own, a
                failed end is none of the ends, a failed compensation is an end or none of the events, a workload
                ends with what is no end of a saga, or the services are not those of the participants, in the same
                order.
        """
        run = tuple(service.participant for service in self.services)
        # A frozen dataclass has no other way to derive a field.
        if not self.participants:
            object.__setattr__(self, "participants", run)
        ends = frozenset(self.ends).union(*(() if self.ends else (set(one.ends) for one in self.participants)))
        object.__setattr__(self, "ends", self._with_older(ends))
        self._check_failed_compensations()
        object.__setattr__(self, "failed_ends", self._with_older(self.failed_ends))
        object.__setattr__(self, "failed_compensations", self._with_older(self.failed_compensations))
        for what, names in (("name", self.names), ("database", tuple(one.database for one in self.participants))):
            if len(set(names)) < len(names):
                raise ValueError(f"{self.name}: two participants have the {what} {max(names, key=names.count)}")
        if reserved := sorted(filter(is_of_library, self.events)):
            raise ValueError(f"{self.name}: {', '.join(reserved)} is an event of the library: choose another name")
        if strange := sorted(event.type for event in self.failed_ends - set(self.ends)):
            raise ValueError(f"{self.name}: failed_ends has {', '.join(strange)}, which ends no saga")
        for name, workload in self.workloads.items():
            if workload.end is not None and workload.end not in self.ends:
                raise ValueError(f"{self.name}: workload {name} ends with {workload.end.type}, which ends no saga")
        if self.services and run != self.participants:
            raise ValueError(f"{self.name}: services must be those of the participants, in the same order")

    def _check_failed_compensations(self) -> None:
        if strange := sorted(event.type for event in self.failed_compensations if event.type not in self.events):
            raise ValueError(f"{self.name}: failed_compensations has {', '.join(strange)}, which is none of its events")
        if ends := sorted(event.type for event in self.failed_compensations & self.ends):
            raise ValueError(f"{self.name}: failed_compensations has {', '.join(ends)}, which ends a saga")

    def _with_older(self, models: AbstractSet[type[EventData]]) -> frozenset[type[EventData]]:
        """These, and their older versions."""
        newer = self.events.newer
        return frozenset(models) | {old for old in self.events.outdated if any(one.new in models for one in newer(old))}

    def __iter__(self) -> Iterator[Participant[Any, Any]]:
        return iter(self.participants)

    @property
    def models(self) -> Mapping[str, type[EventData]]:
        """The model of every event on its hub, by type: its own, and the library's."""
        return {**self.events, **REDRIVE_EVENTS}

    def hubs(self, layout: Layout = "one") -> Hubs:
        """Its hubs, if they are laid out like this.

        Raises:
            ValueError: as `Hubs` does.
        """
        return Hubs(self.events, layout, self.hub, self.inbound_hub, self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the participants, which are those of their consumer groups."""
        return tuple(participant.name for participant in self.participants)

    @property
    def variables(self) -> frozenset[str]:
        """The environment variables of its services that are not those of every service."""
        return frozenset[str]().union(*(service.variables for service in self.services))

    @property
    def port_variables(self) -> tuple[str, ...]:
        """The environment variables that choose the ports of its services."""
        return tuple(variable for service in self.services for variable in service.port_variables)

    def participant(self, name: str) -> Participant[Any, Any]:
        """The participant of this name.

        Raises:
            KeyError: there is none.
        """
        for participant in self.participants:
            if participant.name == name:
                return participant
        raise KeyError(name)

    def service(self, name: str) -> "Service[Any, Any]":
        """How the participant of this name is run.

        Raises:
            KeyError: there is none.
        """
        for service in self.services:
            if service.participant.name == name:
                return service
        raise KeyError(name)
