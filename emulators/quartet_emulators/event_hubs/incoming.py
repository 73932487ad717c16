"""Links on which the client sends and we receive."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.errors import INVALID_FIELD, MESSAGE_SIZE_EXCEEDED, AmqpError
from quartet_emulators.event_hubs.link import FIRST, MAX_MESSAGE_SIZE, WRAP, Link, SessionError
from quartet_emulators.event_hubs.performatives import ACCEPTED, Attach, Disposition, Flow, Transfer, rejected

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.session import Session

CREDIT = 1000
"""How many messages a client may send ahead on one link."""


@dataclass(slots=True)
class Delivery:
    """A message on its way in."""

    delivery_id: int
    message_format: int
    settled: bool


class IncomingLink(Link):
    """The client sends, we receive."""

    def __init__(self, session: "Session", attach: Attach) -> None:
        super().__init__(session, attach)
        self.delivery_count = attach.initial_delivery_count or 0
        self._delivery: Delivery | None = None
        self._parts: list[bytes] = []
        self._size = 0

    def accept(self, attach: Attach) -> None:
        """Answer the attach and give credit."""
        self.attached = True
        self.session.connection.send(
            self.session.channel,
            Attach(
                name=attach.name,
                handle=attach.handle,
                role=True,
                snd_settle_mode=attach.snd_settle_mode,
                rcv_settle_mode=FIRST,
                source=attach.source,
                target=attach.target,
                max_message_size=MAX_MESSAGE_SIZE,
            ),
        )
        self._give_credit()

    def on_message(self, delivery: Delivery, message: bytes) -> None:
        """A whole message has come."""
        raise NotImplementedError

    def settle(self, delivery: Delivery, error: AmqpError | None = None) -> None:
        """Say that a message was accepted, or why not, unless the client has settled it already."""
        if delivery.settled or not self.attached:
            return
        self.session.connection.send(
            self.session.channel,
            Disposition(
                role=True,
                first=delivery.delivery_id,
                last=delivery.delivery_id,
                settled=True,
                state=rejected(error) if error else ACCEPTED,
            ),
        )

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        """Collect the parts of a message."""
        if not self.attached:
            return
        if self._delivery is None:
            if transfer.delivery_id is None:
                raise SessionError(INVALID_FIELD, "the first transfer of a message has no delivery-id")
            self._delivery = Delivery(transfer.delivery_id, transfer.message_format or 0, settled=False)
        self._size += len(payload)
        if self._size <= MAX_MESSAGE_SIZE:
            self._parts.append(payload)
        else:
            self._parts.clear()  # the rest is read and forgotten: the client hears of it when it has sent all
        self._delivery.settled |= bool(transfer.settled)
        if transfer.aborted:
            self._forget()
        elif not transfer.more:
            self._complete(self._delivery)

    def on_flow(self, flow: Flow) -> None:
        """The sender sends its state; it gets ours only if it asks for it."""
        if flow.echo and self.attached:
            self._give_credit()

    def _complete(self, delivery: Delivery) -> None:
        message = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        size = self._size
        self._forget()
        self.delivery_count = (self.delivery_count + 1) & WRAP
        self.credit -= 1
        if self.credit <= CREDIT // 2:
            self._give_credit()
        if size > MAX_MESSAGE_SIZE:
            self.settle(delivery, _too_large(delivery, size))
        else:
            self.on_message(delivery, message)

    def _forget(self) -> None:
        self._delivery = None
        self._parts = []
        self._size = 0

    def _give_credit(self) -> None:
        self.credit = CREDIT
        self.session.send_flow(self)


def _too_large(delivery: Delivery, size: int) -> AmqpError:
    return AmqpError(
        MESSAGE_SIZE_EXCEEDED,
        f"The received message (delivery-id:{delivery.delivery_id}, size:{size} bytes) exceeds the limit"
        f" ({MAX_MESSAGE_SIZE} bytes) currently allowed on the link.",
    )
