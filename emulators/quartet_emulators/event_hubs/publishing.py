"""The link on which a client publishes events."""

import logging
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.errors import NOT_IMPLEMENTED, AmqpError
from quartet_emulators.event_hubs.failing import fail_send
from quartet_emulators.event_hubs.hub import Hub
from quartet_emulators.event_hubs.incoming import Delivery, IncomingLink
from quartet_emulators.event_hubs.messages import BATCH_FORMAT, Incoming, cut, cut_batch
from quartet_emulators.event_hubs.partition import Partition
from quartet_emulators.event_hubs.performatives import Attach

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.session import Session

_LOGGER = logging.getLogger(__name__)


class PublishLink(IncomingLink):
    """Stores what comes, in one partition or in the one that each message's key or turn gives.

    Injected faults strike in ``store``.
    """

    def __init__(self, session: "Session", attach: Attach, hub: Hub, partition: Partition | None) -> None:
        super().__init__(session, attach)
        self._hub = hub
        self._partition = partition

    def on_message(self, delivery: Delivery, message: bytes) -> None:
        """Cut the message into events and store them."""
        try:
            events = _events(delivery.message_format, message)
        except AmqpError as error:
            _LOGGER.warning("a message from %s is rejected: %s", self.session.connection.agent, error)
            self.settle(delivery, error)
            return
        self.store(delivery, events)

    def store(self, delivery: Delivery, events: list[Incoming]) -> None:
        """Append the events to their partition."""
        key = events[0].partition_key if events else None
        partition = self._partition or self._hub.choose_partition(key)
        broker = self.session.connection.broker
        if broker.faults.rules and fail_send(self, delivery, events, partition):
            return
        broker.log.append(partition, events, lambda error: self.acknowledge(delivery, len(events), error))

    def acknowledge(self, delivery: Delivery, count: int, error: AmqpError | None) -> None:
        """Send the client the outcome of its events."""
        if error is None:
            connection = self.session.connection
            connection.broker.counters[connection.agent, "send"] += 1
            connection.broker.counters[connection.agent, "events_in"] += count
        self.settle(delivery, error)


def _events(message_format: int, message: bytes) -> list[Incoming]:
    if message_format == BATCH_FORMAT:
        return cut_batch(message)
    if message_format == 0:
        return [cut(message)]
    raise AmqpError(NOT_IMPLEMENTED, f"the message format 0x{message_format:08x} is not implemented")
