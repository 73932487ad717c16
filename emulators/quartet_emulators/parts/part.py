"""What a part of the emulators is to those who start it and ask it: the same in this process and in another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Question(StrEnum):
    """What a part can be asked while it runs."""

    PING = "ping"
    """Nothing: whether it answers."""
    COUNTERS = "counters"
    """How often which agent asked for which operation, by the names of the counters."""
    FAULTS = "faults"
    """The rules of its faults with their counts, and what was injected; as `Injector.report`."""
    SWITCH_ON = "switch on"
    """Replace the rules by those of the plan that is given; the report of the new ones."""
    SWITCH_OFF = "switch off"
    """Inject no more faults; the report of the rules that were active."""
    OUTAGE = "outage"
    """Be away for the seconds that are given; answered when it has begun."""
    ADD_HUB = "add hub"
    """Create an event hub from the entry that is given; its name, partitions and groups."""
    RECREATE_HUBS = "recreate hubs"
    """Delete all event hubs and recreate them, empty."""
    SPLIT = "split"
    """Split the physical partition that is given by the names of its database and container; the halves."""


class RefusedError(Exception):
    """What was asked for cannot be done: a line for people, and the status of the answer over HTTP."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason, status)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Serving:
    """What a part says of itself once it serves.

    Attributes:
        settings: what a client needs to connect, by the names of environment variables.
        title: what people call it.
        where: its address, for people.
    """

    settings: Mapping[str, str]
    title: str
    where: str


class Part(Protocol):
    """An emulator that is started, asked and stopped."""

    async def start(self) -> Serving:
        """Read the data and listen.

        Raises:
            StartError: it cannot.
        """

    async def ask(self, question: Question, body: Any = None) -> Any:  # noqa: ANN401 -- each question has its own
        """What it answers; see `Question`.

        Raises:
            RefusedError: it cannot do that, or does not answer.
        """

    async def stop(self) -> None:
        """End outages, stop listening and close the data. Does nothing if it does not run."""


def flag_of(name: str) -> str:
    """How flags and directories call a part: `event-hubs` for `event_hubs`."""
    return name.replace("_", "-")
