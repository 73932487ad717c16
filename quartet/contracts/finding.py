"""What a change of a contract breaks."""

from dataclasses import dataclass
from enum import StrEnum

from quartet.events.registry import version_of


class Breaks(StrEnum):
    """Who or what a change breaks, and how."""

    OLD_EVENTS = "old events: what is in the hub, in dead letters and in records, the new release would refuse"
    OLD_READERS = "old readers: a service of the old release would refuse what the new one says"
    MEANING = "the meaning: the same event is read in another way than it was written"
    DUPLICATES = "duplicates: a fingerprint that was taken before no longer fits the same data"
    UNKNOWN = "perhaps both sides: what changed cannot be compared"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two schemas.

    Attributes:
        path: the field: `items[].quantity`; empty for the whole.
        what: what was, and what is.
    """

    path: str
    what: str
    breaks: Breaks


@dataclass(frozen=True, slots=True)
class Finding:
    """One breaking change of a released event.

    Attributes:
        type: the event, with its version; empty for what all events have.
        change: the difference.
        remedy: what to do.
    """

    type: str
    change: Change
    remedy: str

    def __str__(self) -> str:
        """One line: where, what, whom it breaks, and what to do."""
        where = " ".join(filter(None, (self.type or "every event", self.change.path)))
        return f"{where}: {self.change.what}. Breaks {self.change.breaks}. {self.remedy}"


def next_version(type_: str) -> str:
    """What to do about a change of an event: the old version stays, and a new one has the change."""
    name, version = version_of(type_)
    return f"Leave {type_} as it was, and make {name}.v{version + 1} with an upcast"
