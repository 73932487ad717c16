"""An application in memory, on a virtual clock, with the real engine."""

import copy
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from structlog.typing import FilteringBoundLogger

from quartet.choreography import Choreography
from quartet.engine.declaration.ledger import Effect
from quartet.engine.declaration.participant import Participant
from quartet.engine.engine import Engine
from quartet.engine.errors import ConfigurationError
from quartet.engine.ports import DeadLetter
from quartet.engine.records.record import Json
from quartet.events import OUTSIDE, Event, EventData, bucket_of, encode, from_json, new_event, service_source, to_json
from quartet.testing.clock import VirtualLoop
from quartet.testing.memory import LettersOfProcess, MemoryHub, MemoryLetters, MemoryStore, StoreOfProcess
from quartet.testing.steps import PUBLISH, Steps, watched
from quartet.testing.witness import Witness

D = TypeVar("D", bound=EventData)

_BUCKETS = 16
# What goes wrong in a test is judged by its result; the engine's log would only slow it down.
_QUIET: FilteringBoundLogger = structlog.wrap_logger(
    structlog.PrintLogger(), wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
)


class World:
    """All participants of an application, their stores, and a hub between them.

        world = World(TRIP, ports={"hotel": SimulatedProvider()})
        world.say(TripRequested(trip_id="t-1", ...))
        world.run()
        assert world.state("hotel", "t-1").status == "booked"

    For tests without an event loop: `run` has one of its own.
    """

    def __init__(
        self,
        app: Choreography,
        ports: Mapping[str, object] | None = None,
        *,
        partitions: int = 4,
        seed: int = 0,
        recording: bool = False,
    ) -> None:
        """A world without events.

        Args:
            app: the application.
            ports: the last argument of each participant's handlers, by its name.
            partitions: of the hub.
            seed: of the pauses between retries.
            recording: keep what the ports answer, for `save_recordings`.
        """
        self.app = app
        self.ports: dict[str, Any] = dict(ports or {})
        unknown = self.ports.keys() - {participant.name for participant in app}
        if unknown:
            raise ValueError(f"no participant of {app.name} is called {', '.join(sorted(unknown))}")
        self.loop = VirtualLoop()
        self.hub = MemoryHub({str(number): [] for number in range(partitions)})
        self.stores: dict[str, MemoryStore[Any]] = {one.name: MemoryStore(one) for one in app}
        self.letters: dict[str, MemoryLetters] = {one.name: MemoryLetters() for one in app}
        self.checkpoints: dict[tuple[str, str], int] = {}
        self.witness = Witness()
        self.seed = seed
        self.recording = recording

    def copy(self) -> "World":
        """Another world in the same state, which then goes its own way. The ports are copied deeply."""
        other = copy.copy(self)
        other.ports = copy.deepcopy(self.ports)
        other.hub = self.hub.copy()
        other.stores = {name: store.copy() for name, store in self.stores.items()}
        other.letters = {name: letters.copy() for name, letters in self.letters.items()}
        other.checkpoints = dict(self.checkpoints)
        other.witness = self.witness.copy()
        return other

    # The actions of a test

    def say(
        self,
        data: D,
        *,
        source: str | None = None,
        id: str | None = None,  # noqa: A002 -- the CloudEvents name
        partition: str | None = None,
    ) -> Event[D]:
        """Say an event from outside, or else as a participant that may say it; or as `source`.

        Without an id it gets the next number; without a partition, its saga's.
        """
        said_by = source or author_of(data)
        event = new_event(data, source=said_by, time=self.loop.utc(), id=id or f"said-{len(self.witness.said) + 1}")
        said = to_json(event)
        self.witness.hear(said)
        self.hub.append(partition or self._partition(data.saga_id), encode(said))
        return event

    def run(self) -> None:
        """Start every participant, let them work until nothing is left to do, and stop them.

        Raises:
            TimeoutError: there is work left after an hour of virtual time. The message says what waits.
        """
        from quartet.testing.running import run_until_quiet

        self.loop.run_until_complete(run_until_quiet(self))

    def redrive(self) -> None:
        """Redrive all dead letters until that changes nothing. One that cannot be read is discarded."""
        from quartet.testing.repair import repair

        repair(self, self.run)

    # The results that a test reads

    def state(self, participant: str, saga_id: str) -> Any:  # noqa: ANN401 -- each participant has its own
        """A participant's state of a saga; None if it has decided nothing."""
        record = self.stores[participant].get(saga_id)
        return None if record is None else record.state

    def effects(self, participant: str) -> list[Effect]:
        """The effects in the ledger of a participant's port.

        Raises:
            ConfigurationError: the port has no ledger.
        """
        listed = getattr(self.ports.get(participant), "effects", None)
        if not callable(listed):
            raise ConfigurationError(f"{participant} has no ledger: give its port the method effects")

        async def read() -> list[Effect]:
            return [effect async for effect in listed()]

        return self.loop.run_until_complete(read())

    @property
    def events(self) -> list[Event[EventData]]:
        """Every event that was said, once each, in the order in which they were said first."""
        return [from_json(event, self.app.events) for event in self.witness.said.values()]

    @property
    def sagas(self) -> list[str]:
        """The sagas in which something was said, in that order."""
        return list(dict.fromkeys(str(event["subject"]) for event in self.witness.said.values()))

    def answers(self, saga_id: str) -> list[EventData]:
        """The events that the participants have said in a saga."""
        return [
            from_json(event, self.app.events).data
            for key, event in self.witness.said.items()
            if key in self.witness.answers and event["subject"] == saga_id
        ]

    def ends(self, saga_id: str) -> list[EventData]:
        """The events that say that the saga has ended: one, if all is well."""
        return [data for data in self.answers(saga_id) if type(data) in self.app.ends]

    def dead_letters(self, participant: str) -> list[DeadLetter]:
        """The open dead letters of a participant."""
        return self.letters[participant].open

    # What runs it

    def engine(self, participant: Participant[Any, Any], steps: Steps, *, look_first: bool = False) -> Engine[Any]:
        """The engine of a new process."""
        name = participant.name
        return Engine(
            participant,
            ports=watched(self.ports.get(name), steps),
            store=StoreOfProcess(self.stores[name], steps),
            publisher=PublisherOfProcess(self, name, steps),
            dead_letters=LettersOfProcess(self.letters[name], steps),
            buckets=_BUCKETS,
            now=self.loop.utc,
            rng=random.Random(f"{self.seed} {name}"),
            log=_QUIET,
            look_first=look_first,
            recording=self.recording,
        )

    def _partition(self, saga_id: str) -> str:
        return bucket_of(saga_id, len(self.hub.partitions))


def author_of(data: EventData) -> str:
    """A source that may say it: `/outside`, unless only participants may."""
    says = data.said_by
    return "/outside" if not says or OUTSIDE in says else service_source(says[0])


@dataclass(frozen=True, slots=True)
class PublisherOfProcess:
    """The `Publisher` of one process."""

    world: World
    name: str
    steps: Steps

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        """See `Publisher.publish`."""

        async def action() -> None:
            for event in events:
                record = self.world.stores[self.name].get(str(event["subject"]))
                self.world.witness.answer(self.name, event, record)
                self.world.hub.append(partition, encode(event))

        await self.steps.take(PUBLISH, action)
