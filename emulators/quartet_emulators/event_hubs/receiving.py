"""The link on which a client receives the events of one partition."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.errors import AmqpError
from quartet_emulators.event_hubs.failing import fail_receive
from quartet_emulators.event_hubs.hub import Readers
from quartet_emulators.event_hubs.messages import insert_delivery_annotations, runtime_metrics
from quartet_emulators.event_hubs.outgoing import OutgoingLink
from quartet_emulators.event_hubs.partition import Partition
from quartet_emulators.event_hubs.performatives import Attach
from quartet_emulators.event_hubs.types import Array, Symbol

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.session import Session

EPOCH_PROPERTY = "com.microsoft:epoch"
RUNTIME_METRIC = Symbol("com.microsoft:enable-receiver-runtime-metric")


class ReceiveLink(OutgoingLink):
    """Sends a partition's events from a sequence number on, as fast as the client gives credit.

    Injected faults strike in ``take``.
    """

    def __init__(
        self, session: "Session", attach: Attach, partition: Partition, readers: Readers, sequence: int
    ) -> None:
        super().__init__(session, attach)
        self._partition = partition
        self._readers = readers
        self._sequence = sequence
        self._furthest = sequence
        self._held_until = 0.0
        self._wants_metrics = _asks_for(attach.desired_capabilities, RUNTIME_METRIC)
        epoch = (attach.properties or {}).get(EPOCH_PROPERTY)
        self._epoch = epoch if isinstance(epoch, int) else None

    @property
    def epoch(self) -> int | None:
        """The owner level that the client asked for."""
        return self._epoch

    @property
    def offered_capabilities(self) -> object:
        """Runtime metrics, if they were asked for."""
        return Array([RUNTIME_METRIC]) if self._wants_metrics else None

    def accept(self, attach: Attach) -> None:
        """Take the place among the partition's readers, then answer.

        Raises:
            AmqpError: there is no place.
        """
        self._readers.admit(self)
        self._partition.readers.add(self.pump)
        super().accept(attach)

    def displace(self, error: AmqpError) -> None:
        """Detach: another receiver has taken the partition."""
        self.detach(error)

    def release(self) -> None:
        """Leave the partition's readers."""
        super().release()
        self._readers.leave(self)
        self._partition.readers.discard(self.pump)

    def take(self, limit: int) -> Sequence[bytes]:
        """The next events of the partition."""
        broker = self.session.connection.broker
        if self._held_until and self.session.connection.time() < self._held_until:
            return ()
        messages = broker.log.read(self._partition, self._sequence, limit)
        # What is delivered again meets no fault: a rewind on every rewind would never end.
        is_new = messages and self._sequence >= self._furthest
        self._sequence += len(messages)
        self._furthest = max(self._furthest, self._sequence)
        if is_new and broker.faults.rules and fail_receive(self, self._partition, self._readers.group, len(messages)):
            self._sequence -= len(messages)
            return ()
        if messages:
            broker.counters[self.session.connection.agent, "events_out"] += len(messages)
        return self._with_metrics(messages) if self._wants_metrics else messages

    def hold(self, seconds: float) -> None:
        """Deliver nothing for this time."""
        connection = self.session.connection
        self._held_until = connection.time() + seconds
        connection.later(seconds, self.pump)

    def rewind(self, events: int) -> None:
        """Go back by this many events: they are delivered again."""
        self._sequence = max(0, self._sequence - events)

    def _with_metrics(self, messages: list[bytes]) -> list[bytes]:
        last = self._partition.last
        if last is None:
            return messages
        section = runtime_metrics(last.sequence_number, str(last.offset), last.enqueued_at, time.time_ns() // 1_000_000)
        return [insert_delivery_annotations(message, section) for message in messages]


def _asks_for(capabilities: object, name: Symbol) -> bool:
    if isinstance(capabilities, Array):
        return name in capabilities.items
    return capabilities == name
