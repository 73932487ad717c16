"""Links on which the client receives and we send."""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.errors import NOT_ALLOWED
from quartet_emulators.event_hubs.link import FIRST, MAX_MESSAGE_SIZE, SECOND, WRAP, Link, SessionError
from quartet_emulators.event_hubs.performatives import Attach, Flow, Transfer
from quartet_emulators.event_hubs.transfer_frames import TransferFrames

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.session import Session

_MOST_READ = 256
_UNSETTLED, _SETTLED = 0, 1


class OutgoingLink(Link):
    """The client receives, we send.

    Deliveries are settled as they are sent, unless the client asks for unsettled ones: these stay in the session's
    ``unsettled`` until the client settles them.
    """

    def __init__(self, session: "Session", attach: Attach) -> None:
        super().__init__(session, attach)
        self._drain = False
        self._unsent: deque[bytes] = deque()
        self._settled = attach.snd_settle_mode != _UNSETTLED
        self._frames = TransferFrames(session.channel, attach.handle, settled=self._settled)

    def accept(self, attach: Attach) -> None:
        """Answer the attach; the client then gives credit."""
        self.attached = True
        self.session.connection.send(
            self.session.channel,
            Attach(
                name=attach.name,
                handle=attach.handle,
                role=False,
                snd_settle_mode=_SETTLED if self._settled else _UNSETTLED,
                rcv_settle_mode=SECOND if attach.rcv_settle_mode == SECOND and not self._settled else FIRST,
                source=attach.source,
                target=attach.target,
                initial_delivery_count=0,
                max_message_size=MAX_MESSAGE_SIZE,
                offered_capabilities=self.offered_capabilities,
            ),
        )

    @property
    def offered_capabilities(self) -> object:
        """The capabilities that the client asked for and gets."""
        return None

    def release(self) -> None:
        """Forget what is unsettled: a link that is attached again begins where its client says."""
        super().release()
        self.session.unsettled.forget(self)

    def take(self, limit: int) -> Sequence[bytes]:
        """The next messages to send, at most ``limit``; none if there are none yet."""
        raise NotImplementedError

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        """Refuse it: a client cannot send on this link."""
        raise SessionError(NOT_ALLOWED, f"{len(payload)} bytes on handle {transfer.handle}, where the client receives")

    def on_flow(self, flow: Flow) -> None:
        """Take the client's credit, counted from where it was when it said so."""
        if not self.attached:
            return
        if flow.link_credit is not None:
            ahead = (self.delivery_count - (flow.delivery_count or 0)) & WRAP
            self.credit = max(0, flow.link_credit - ahead)
        self._drain = flow.drain
        self.pump()
        if flow.echo:
            self.session.send_flow(self)

    def pump(self) -> None:
        """Send as many messages as credit, window and the connection's buffer allow."""
        session, connection = self.session, self.session.connection
        while self.attached and session.window > 0 and connection.writable:
            if self._unsent:
                self._send_unsent()
                continue
            messages = self.take(min(self.credit, session.window, _MOST_READ)) if self.credit else ()
            if not messages:
                break
            self._send(messages)
        if self._drain and self.attached and not self._unsent and session.window > 0 and connection.writable:
            self.delivery_count = (self.delivery_count + self.credit) & WRAP
            self.credit, self._drain = 0, False
            session.send_flow(self, drain=True)

    def _send(self, messages: Sequence[bytes]) -> None:
        session, frames = self.session, self._frames
        limit = session.connection.max_frame_size - frames.overhead
        first = delivery_id = session.next_delivery_id
        chunks, sent = [], 0
        for message in messages:
            size = len(message)
            if size <= limit and not self._unsent:
                chunks.append(frames.head(size, delivery_id))
                chunks.append(message)
                sent += 1
            else:
                self._unsent.extend(frames.parts(message, delivery_id, limit))
            delivery_id = (delivery_id + 1) & WRAP
        session.next_delivery_id = delivery_id
        if not self._settled:
            session.unsettled.add(self, first, len(messages))
        self.delivery_count = (self.delivery_count + len(messages)) & WRAP
        self.credit -= len(messages)
        self._count_transfers(sent)
        session.connection.write(chunks)

    def _send_unsent(self) -> None:
        count = min(len(self._unsent), self.session.window)
        self.session.connection.write([self._unsent.popleft() for _ in range(count)])
        self._count_transfers(count)

    def _count_transfers(self, count: int) -> None:
        self.session.window -= count
        self.session.next_outgoing_id = (self.session.next_outgoing_id + count) & WRAP
