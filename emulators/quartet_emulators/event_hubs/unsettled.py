"""The deliveries of a session that its client has not settled yet, and what a client says to settle them.

They are kept as runs of ids, so that a client that never settles (as the Azure SDK for Python, which asks for
unsettled deliveries nevertheless) costs no memory per event.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.errors import INVALID_FIELD
from quartet_emulators.event_hubs.link import WRAP, Link, SessionError
from quartet_emulators.event_hubs.performatives import Disposition
from quartet_emulators.event_hubs.types import Described, ULong

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.session import Session

_OUTCOMES = {
    name: code
    for code, word in ((0x24, "accepted"), (0x25, "rejected"), (0x26, "released"), (0x27, "modified"))
    for name in (code, f"amqp:{word}:list")
}
"""What ends a delivery, by either form of its descriptor. ``received`` does not."""

_HALF = 0x80000000
"""Of two numbers further apart than this, the second is the older one (RFC 1982)."""


@dataclass(slots=True)
class _Run:
    first: int
    last: int
    link: Link


class Unsettled:
    """What is unsettled in one session, in the order of the ids."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def __len__(self) -> int:
        return sum(run.last - run.first + 1 for run in self._runs)

    def add(self, link: Link, first: int, count: int) -> None:
        """Remember deliveries of a link: ``count`` ids from ``first`` on, which begin again at 0 after the last."""
        last = first + count - 1
        if last > WRAP:
            self.add(link, 0, last - WRAP)
            last = WRAP
        if not self._runs or self._runs[-1].last < first:
            if self._runs and self._runs[-1].link is link and self._runs[-1].last == first - 1:
                self._runs[-1].last = last
            else:
                self._runs.append(_Run(first, last, link))
            return
        self.take(first, last)  # the ids have begun again, and those before were never settled
        self._runs.insert(self._index(first), _Run(first, last, link))

    def take(self, first: int, last: int) -> list[tuple[int, int]]:
        """Forget the ids from ``first`` to ``last``, and say which of them were unsettled, as pairs of ends."""
        start = end = self._index(first)
        taken: list[tuple[int, int]] = []
        left: list[_Run] = []
        while end < len(self._runs) and self._runs[end].first <= last:
            run = self._runs[end]
            taken.append((max(run.first, first), min(run.last, last)))
            if run.first < first:
                left.append(_Run(run.first, first - 1, run.link))
            if run.last > last:
                left.append(_Run(last + 1, run.last, run.link))
            end += 1
        self._runs[start:end] = left
        return taken

    def forget(self, link: Link) -> None:
        """Forget the deliveries of a link that is no longer attached."""
        self._runs = [run for run in self._runs if run.link is not link]

    def _index(self, delivery_id: int) -> int:
        """The first run that ends at this id or behind it."""
        return bisect_left(self._runs, delivery_id, key=lambda run: run.last)


def on_disposition(session: "Session", disposition: Disposition) -> None:
    """A client settles deliveries, or says their outcome and waits for us to settle (the receive mode ``second``).

    All outcomes mean the same: a hub is a log, where nothing is delivered again for being released or rejected.

    Raises:
        SessionError: the last id is before the first.
    """
    first = disposition.first
    last = first if disposition.last is None else disposition.last
    if (last - first) & WRAP >= _HALF:
        raise SessionError(INVALID_FIELD, f"a disposition from {first} to {last}")
    outcome = _outcome(disposition.state)
    if not disposition.role or not (disposition.settled or outcome):
        return
    ranges = [(first, last)] if first <= last else [(first, WRAP), (0, last)]
    settled = [pair for ends in ranges for pair in session.unsettled.take(*ends)]
    if disposition.settled or outcome is None:
        return
    for begin, end in settled:
        answer = Disposition(role=False, first=begin, last=end, settled=True, state=Described(ULong(outcome), []))
        session.connection.send(session.channel, answer)


def _outcome(state: Described | None) -> int | None:
    """The code of an outcome that ends a delivery."""
    descriptor = state.descriptor if state else None
    return _OUTCOMES.get(descriptor) if isinstance(descriptor, int | str) else None
