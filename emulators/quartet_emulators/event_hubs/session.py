"""A session: windows for transfers in both directions, and the links in it."""

import logging
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.attaching import open_link
from quartet_emulators.event_hubs.errors import HANDLE_IN_USE, NOT_IMPLEMENTED, UNATTACHED_HANDLE, AmqpError
from quartet_emulators.event_hubs.link import Link, SessionError
from quartet_emulators.event_hubs.performatives import (
    Attach,
    Begin,
    Detach,
    Disposition,
    End,
    Flow,
    Performative,
    Transfer,
    error_value,
)
from quartet_emulators.event_hubs.unsettled import Unsettled, on_disposition

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.connection import Connection

INCOMING_WINDOW = 5000
"""How many transfers a client may send ahead, as in the real service."""

OUTGOING_WINDOW = 0x7FFFFFFF
MAX_HANDLE = 255
_WRAP = 0xFFFFFFFF

_LOGGER = logging.getLogger(__name__)


class Session:
    """One session of a connection; its channel number is the same in both directions.

    Attributes:
        ended: the peer has said that it is over.
        window: how many transfers the client accepts now.
        unsettled: the deliveries that the client has not settled.
    """

    def __init__(self, connection: "Connection", channel: int, begin: Begin) -> None:
        self.connection = connection
        self.channel = channel
        self.ended = False
        self.window = begin.incoming_window
        self.next_outgoing_id = 1
        self.next_delivery_id = 0
        self._next_incoming_id = begin.next_outgoing_id
        self._received = 0
        self._discarding = False
        self.links: dict[int, Link] = {}
        self.unsettled = Unsettled()
        connection.send(
            channel,
            Begin(
                remote_channel=channel,
                next_outgoing_id=self.next_outgoing_id,
                incoming_window=INCOMING_WINDOW,
                outgoing_window=OUTGOING_WINDOW,
                handle_max=MAX_HANDLE,
            ),
        )

    def handle(self, performative: Performative, payload: bytes) -> None:
        """Handle a frame of this session.

        Raises:
            SessionError: the session cannot continue.
        """
        if isinstance(performative, End):
            self._on_end()
        elif self._discarding:
            return
        elif isinstance(performative, Transfer):
            self._on_transfer(performative, payload)
        elif isinstance(performative, Flow):
            self._on_flow(performative)
        elif isinstance(performative, Attach):
            self._on_attach(performative)
        elif isinstance(performative, Detach):
            self._link(performative.handle).on_detach(performative)
            del self.links[performative.handle]
        elif isinstance(performative, Disposition):
            on_disposition(self, performative)
        else:
            raise SessionError(NOT_IMPLEMENTED, f"{type(performative).__name__} is not understood here")

    def pump(self) -> None:
        """Send what waited for the window or for the connection."""
        for link in list(self.links.values()):
            link.pump()

    def detach_unauthorised(self) -> None:
        """Detach the links to entities that the client may no longer use."""
        for link in self.links.values():
            try:
                if link.attached and link.address is not None:
                    self.connection.claims.require(link.address)
            except AmqpError as error:
                _LOGGER.warning("a link of %s is detached: %s", self.connection.agent, error)
                link.detach(error)

    def release(self) -> None:
        """Release all links: the session or its connection is over."""
        for link in self.links.values():
            link.release()
        self.links.clear()

    def end(self, error: AmqpError) -> None:
        """End the session with an error; what still comes on it is ignored until the client ends it too."""
        self._discarding = True
        self.release()
        self.connection.send(self.channel, End(error=error_value(error)))

    def send_flow(self, link: Link | None = None, *, drain: bool = False) -> None:
        """Tell the client the windows, and a link's credit."""
        self._received = 0
        flow = Flow(
            next_incoming_id=self._next_incoming_id,
            incoming_window=INCOMING_WINDOW,
            next_outgoing_id=self.next_outgoing_id,
            outgoing_window=OUTGOING_WINDOW,
        )
        if link:
            flow.handle, flow.delivery_count = link.handle, link.delivery_count
            flow.link_credit, flow.available, flow.drain = link.credit, 0, drain
        self.connection.send(self.channel, flow)

    def _on_attach(self, attach: Attach) -> None:
        current = self.links.get(attach.handle)
        if attach.handle > MAX_HANDLE or (current and current.attached):
            raise SessionError(HANDLE_IN_USE, f"handle {attach.handle} is in use or too high")
        link = self.links[attach.handle] = open_link(self, attach)
        link.pump()

    def _on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        self._next_incoming_id = (self._next_incoming_id + 1) & _WRAP
        self._received += 1
        self._link(transfer.handle).on_transfer(transfer, payload)
        if self._received >= INCOMING_WINDOW // 2:
            self.send_flow()

    def _on_flow(self, flow: Flow) -> None:
        known = 1 if flow.next_incoming_id is None else flow.next_incoming_id
        in_flight = (self.next_outgoing_id - known) & _WRAP
        self.window = max(0, flow.incoming_window - in_flight)
        if flow.handle is not None:
            self._link(flow.handle).on_flow(flow)
        elif flow.echo:
            self.send_flow()
        self.pump()

    def _on_end(self) -> None:
        self.ended = True
        self.release()
        if not self._discarding:
            self.connection.send(self.channel, End())

    def _link(self, handle: int) -> Link:
        link = self.links.get(handle)
        if link is None:
            raise SessionError(UNATTACHED_HANDLE, f"handle {handle} is not attached")
        return link
