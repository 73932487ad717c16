"""What all links have in common: they are attached, refused or detached."""

from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.errors import AmqpError
from quartet_emulators.event_hubs.performatives import Attach, Detach, Flow, Transfer, error_value

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.session import Session

MAX_MESSAGE_SIZE = 1024 * 1024
"""The largest message in bytes, a batch included, as in the real service."""

FIRST = 0
"""The receiver settle mode: a receiver settles as soon as it has a message."""

SECOND = 1
"""The receiver settle mode: a receiver says the outcome, and settles when the sender has."""

WRAP = 0xFFFFFFFF
"""Sequence numbers of the protocol have 32 bits and begin again."""


class SessionError(AmqpError):
    """An error that ends the session it happened in."""


class Link:
    """One attached link, or what is left of one that was refused or detached until the client knows.

    Attributes:
        address: the entity that the client must stay authorised for, if the link has one.
    """

    def __init__(self, session: "Session", attach: Attach) -> None:
        self.session = session
        self.handle = attach.handle
        self.name = attach.name
        self.address: str | None = None
        self.attached = False
        self.credit = 0
        self.delivery_count = 0

    def refuse(self, attach: Attach, error: AmqpError) -> None:
        """Answer an attach with an error: with null termini first, so that no client takes it for ready."""
        answer = Attach(name=attach.name, handle=attach.handle, role=not attach.role)
        if not answer.role:
            answer.initial_delivery_count = 0
        self.session.connection.send(self.session.channel, answer)
        self._send_detach(error)

    def detach(self, error: AmqpError) -> None:
        """Close the link and say why."""
        if self.attached:
            self.release()
            self._send_detach(error)

    def on_detach(self, detach: Detach) -> None:
        """The client detaches the link, or answers our detach."""
        if self.attached:
            self.release()
            self.session.connection.send(self.session.channel, Detach(handle=self.handle, closed=detach.closed))

    def release(self) -> None:
        """Stop working; the link is detached, or its session is over."""
        self.attached = False

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        """A message, or a part of one; a link that is detached ignores what was on its way."""

    def on_flow(self, flow: Flow) -> None:
        """The client's view of the link's state, and its credit."""

    def pump(self) -> None:
        """Send what can be sent now."""

    def _send_detach(self, error: AmqpError) -> None:
        detach = Detach(handle=self.handle, closed=True, error=error_value(error))
        self.session.connection.send(self.session.channel, detach)
