"""Links on which the client receives and we send."""

import struct
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.errors import NOT_ALLOWED
from quartet_emulators.event_hubs.link import FIRST, MAX_MESSAGE_SIZE, WRAP, Link, SessionError
from quartet_emulators.event_hubs.performatives import Attach, Flow, Transfer

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.session import Session

_MOST_READ = 256
_SETTLED = 1
_UINT = struct.Struct(">I").pack


class OutgoingLink(Link):
    """The client receives, we send; every transfer is settled already."""

    def __init__(self, session: "Session", attach: Attach) -> None:
        super().__init__(session, attach)
        self._drain = False
        self._unsent: deque[bytes] = deque()
        channel = session.channel.to_bytes(2, "big")
        fields = b"\x70" + _UINT(attach.handle), b"\x70", b"\xa0\x01\x00\x43\x41", b"\x40\x40\x40\x40\x40"
        # handle, delivery-id (four bytes follow), one tag for all and format 0 and settled, more, five nulls
        size = sum(map(len, fields)) + len(_UINT(0)) + len(b"\x42") + 1
        self._before_id = b"\x02\x00" + channel + b"\x00\x53\x14\xc0" + bytes([size, 11]) + fields[0] + fields[1]
        self._last = fields[2] + b"\x42" + fields[3]
        self._more = fields[2] + b"\x41" + fields[3]
        self._overhead = 4 + len(self._before_id) + 4 + len(self._last)
        self._head = struct.Struct(f">I{len(self._before_id)}sI{len(self._last)}s").pack

    def accept(self, attach: Attach) -> None:
        """Answer the attach; the client then gives credit."""
        self.attached = True
        self.session.connection.send(
            self.session.channel,
            Attach(
                name=attach.name,
                handle=attach.handle,
                role=False,
                snd_settle_mode=_SETTLED,
                rcv_settle_mode=FIRST,
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
        session = self.session
        head, before, last, overhead = self._head, self._before_id, self._last, self._overhead
        limit = session.connection.max_frame_size - overhead
        delivery_id, chunks, sent = session.next_delivery_id, [], 0
        for message in messages:
            size = len(message)
            if size <= limit and not self._unsent:
                chunks.append(head(size + overhead, before, delivery_id, last))
                chunks.append(message)
                sent += 1
            else:
                self._unsent.extend(self._frames(message, delivery_id, limit))
            delivery_id = (delivery_id + 1) & WRAP
        session.next_delivery_id = delivery_id
        self.delivery_count = (self.delivery_count + len(messages)) & WRAP
        self.credit -= len(messages)
        self._count_transfers(sent)
        session.connection.write(chunks)

    def _frames(self, message: bytes, delivery_id: int, limit: int) -> list[bytes]:
        """A message that takes several frames; all but the last say that more follows."""
        parts = [message[start : start + limit] for start in range(0, len(message), limit)]
        return [
            self._head(
                len(part) + self._overhead,
                self._before_id,
                delivery_id,
                self._last if index == len(parts) - 1 else self._more,
            )
            + part
            for index, part in enumerate(parts)
        ]

    def _send_unsent(self) -> None:
        count = min(len(self._unsent), self.session.window)
        self.session.connection.write([self._unsent.popleft() for _ in range(count)])
        self._count_transfers(count)

    def _count_transfers(self, count: int) -> None:
        self.session.window -= count
        self.session.next_outgoing_id = (self.session.next_outgoing_id + count) & WRAP
