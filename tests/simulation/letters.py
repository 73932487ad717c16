"""The dead letters of all services, and when one may be opened."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from quartet.testing.cluster.machine.network import PLANNED
from tests.simulation.saga import Document
from tests.simulation.storage import is_open, place_of

Broke = Callable[[str, str], None]
Place = tuple[str, int]

# The one status that is given for good.
TOO_LARGE = "413"


@dataclass(slots=True)
class Letters:
    """Books of what was kept.

    A letter whose event was handled may be opened by a process that has parked it before and comes to store it only
    now: the event was redelivered meanwhile. Any other one that is opened for a handled event is a bug.

    Attributes:
        broke: told of a broken rule: the rule, and what has happened.
        stored: by service and id.
        at: by service and place: whether something was ever kept from there.
    """

    broke: Broke
    stored: dict[tuple[str, str], Document] = field(default_factory=dict)
    at: dict[tuple[str, Place], Document] = field(default_factory=dict)
    _announced: set[tuple[str, str, str]] = field(default_factory=set)

    def awaited(self, service: str, letter_ids: Iterable[str], by: str) -> None:
        """A process has written that an order waits for these letters: it is going to store each that is not there."""
        self._announced |= {(by, service, letter_id) for letter_id in letter_ids}

    def written(self, service: str, letter: Document, by: str, *, is_handled: bool) -> None:
        """A letter was written. `is_handled`: whether the service has recorded answers to its event, and owes none."""
        before = self.stored.get((service, letter["id"]))
        self.stored[service, letter["id"]] = letter
        self.at[service, place_of(letter)] = letter
        if PLANNED in letter["detail"] and TOO_LARGE not in letter["detail"]:
            self.broke("an outage is no dead letter", f"{service}: {letter['id']}: {letter['detail']}")
        is_opened = is_open(letter) and (before is None or not is_open(before))
        if is_opened and is_handled and (by, service, letter["id"]) not in self._announced:
            self.broke("a handled event opens no dead letter", f"{service}: {letter['id']}: {letter['reason']}")
        if not is_open(letter):
            self._announced.discard((by, service, letter["id"]))

    def is_open(self, service: str, letter_id: str) -> bool:
        """Whether there is an open letter of this id."""
        letter = self.stored.get((service, letter_id))
        return letter is not None and is_open(letter)
