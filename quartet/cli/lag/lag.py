"""How far each service is behind in each partition, and where one is stalled. Pure: the clock is passed in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from quartet.engine.declaration.hubs import place_of
from quartet.events import format_time


@dataclass(frozen=True, slots=True)
class Place:
    """Where one service is in one partition of the hub.

    Attributes:
        hub: the label of the hub; see `Message.hub`.
        first, last: the sequence numbers of the first and the last event that the hub has; `last` is before `first`
            if it has none.
        checkpoint: the last event that is finished; None if there is no checkpoint, so that a receiver begins with the
            first one.
        written: when the checkpoint was written last, by the clock of the checkpoint store.
        is_owned: whether a replica of the service has the partition now.
    """

    service: str
    partition: str
    first: int
    last: int
    checkpoint: int | None = None
    written: datetime | None = None
    is_owned: bool = False
    hub: str = ""

    @property
    def where(self) -> str:
        """The partition, with its hub if that is not the main one."""
        return place_of(self.hub, self.partition)

    @property
    def next(self) -> int:
        """The sequence number of the oldest event that is not handled, if there is one."""
        return self.first if self.checkpoint is None else max(self.checkpoint + 1, self.first)

    @property
    def waiting(self) -> int:
        """How many events are not handled."""
        return max(self.last - self.next + 1, 0)


@dataclass(frozen=True, slots=True)
class Head:
    """The oldest event of a partition that a service has not handled.

    Attributes:
        type: its type, or why it cannot be read.
        subject: what it is about; None if it cannot be read.
        enqueued: when the hub took it in, by the hub's clock.
    """

    sequence_number: int
    type: str
    subject: str | None
    enqueued: datetime


@dataclass(frozen=True, slots=True)
class Lag:
    """A place and the event that is next there; None if nothing waits."""

    place: Place
    head: Head | None = None

    def age(self, now: datetime) -> timedelta:
        """For how long the oldest event has waited."""
        return max(now - self.head.enqueued, timedelta(0)) if self.head is not None else timedelta(0)

    def is_stalled(self, now: datetime, limit: timedelta) -> bool:
        """Whether an event has waited for longer than `limit`, in which the checkpoint has not moved either.

        A service writes checkpoints of finished batches, at most one a second. So one that works off a backlog has an
        old event and a young checkpoint.
        """
        written = self.place.written
        return self.age(now) > limit and (written is None or now - written > limit)


@dataclass(frozen=True, slots=True)
class Standing:
    """A partition that is stalled for a service, at one event. `partition` is its `Place.where`."""

    service: str
    partition: str
    head: Head
    age: timedelta
    waiting: int

    def __str__(self) -> str:
        about = f" of {self.head.subject}" if self.head.subject else ""
        return (
            f"partition {self.partition} is stalled for {self.service} at event {self.head.sequence_number}, "
            f"{self.head.type}{about}, which has waited for {in_words(self.age)}; {self.waiting} are waiting"
        )


@dataclass(frozen=True, slots=True)
class Standstill:
    """What makes no progress.

    Attributes:
        standing: stalled partitions.
        silent: services without a running replica, with the number of events that wait for each.
    """

    standing: tuple[Standing, ...] = ()
    silent: tuple[tuple[str, int], ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether everything makes progress."""
        return not self.standing and not self.silent

    def holds(self, service: str, partition: str) -> bool:
        """Whether a partition is stalled for a service, in some hub."""
        return any((one.service, one.partition.rpartition("/")[2]) == (service, partition) for one in self.standing)


def judge(lags: Iterable[Lag], now: datetime, limit: timedelta) -> Standstill:
    """Find the stalled partitions, and the services that do not run: none of their partitions has an owner."""
    known = list(lags)
    standing = tuple(
        Standing(lag.place.service, lag.place.where, lag.head, lag.age(now), lag.place.waiting)
        for lag in known
        if lag.head is not None and lag.is_stalled(now, limit)
    )
    services = dict.fromkeys(lag.place.service for lag in known)
    owned = {lag.place.service for lag in known if lag.place.is_owned}
    silent = tuple((name, behind(known, name)) for name in services if name not in owned)
    return Standstill(standing, silent)


def behind(lags: Iterable[Lag], service: str) -> int:
    """How many events a service has not handled, in all partitions."""
    return sum(lag.place.waiting for lag in lags if lag.place.service == service)


def oldest(lags: Iterable[Lag], service: str, now: datetime) -> timedelta:
    """For how long the oldest event has waited that a service has not handled."""
    return max((lag.age(now) for lag in lags if lag.place.service == service), default=timedelta(0))


def in_words(age: timedelta) -> str:
    """An age for people: `42 s`, `7 min`, `3.5 h`, `12 d`."""
    seconds = age.total_seconds()
    if seconds < 120:  # noqa: PLR2004 -- two minutes
        return f"{seconds:.0f} s"
    if seconds < 7200:  # noqa: PLR2004 -- two hours
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:  # noqa: PLR2004 -- two days
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.0f} d"


def standstill_json(standstill: Standstill) -> dict[str, Any]:
    """For programs."""
    return {
        "partitions": [
            {
                "service": one.service,
                "partition": one.partition,
                "sequence_number": one.head.sequence_number,
                "type": one.head.type,
                "subject": one.head.subject,
                "enqueued": format_time(one.head.enqueued),
                "age_seconds": round(one.age.total_seconds(), 1),
                "waiting": one.waiting,
            }
            for one in standstill.standing
        ],
        "not_running": [{"service": name, "waiting": waiting} for name, waiting in standstill.silent],
    }


def standstill_lines(standstill: Standstill) -> Sequence[str]:
    """For people."""
    ownerless = [
        f"{name} does not run: none of its partitions has an owner; {waiting} events are waiting"
        for name, waiting in standstill.silent
    ]
    return [*ownerless, *(str(one) for one in standstill.standing)]
