"""Links: the common part, one for messages that come in, one for messages that go out."""

import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulators.event_hubs.errors import INVALID_FIELD, MESSAGE_SIZE_EXCEEDED, NOT_ALLOWED, AmqpError
from emulators.event_hubs.frames import HEADER_SIZE
from emulators.event_hubs.performatives import (
    Attach,
    Detach,
    Disposition,
    Flow,
    Transfer,
    error_value,
    rejected,
    ACCEPTED,
)

if TYPE_CHECKING:
    from emulators.event_hubs.session import Session

MAX_MESSAGE_SIZE = 1024 * 1024
"""The largest message in bytes, a batch included, as in the real service."""

CREDIT = 1000
"""How many messages a client may send ahead on one link."""

_READ_AT_ONCE = 256
_SETTLED, _FIRST = 1, 0
_WRAP = 0xFFFFFFFF
_UINT = struct.Struct(">I").pack


class SessionError(AmqpError):
    """An error that ends the session it happened in."""


@dataclass(slots=True)
class Delivery:
    """A message on its way in."""

    delivery_id: int
    message_format: int
    settled: bool


class Link:
    """One attached link, or what is left of one that was refused or detached until the client knows."""

    def __init__(self, session: "Session", attach: Attach) -> None:
        self.session = session
        self.handle = attach.handle
        self.name = attach.name
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
        """Detach the link for good and say why."""
        if self.attached:
            self.release()
            self._send_detach(error)

    def on_detach(self, detach: Detach) -> None:
        """The client detaches the link, or answers our detach."""
        if self.attached:
            self.release()
            self.session.connection.send(
                self.session.channel, Detach(handle=self.handle, closed=detach.closed)
            )

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
                rcv_settle_mode=_FIRST,
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
        """Say that a message was accepted, or why not; if the client settled it already, it does not listen."""
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
        if self._size > MAX_MESSAGE_SIZE:
            self._forget()
            self.detach(
                AmqpError(
                    MESSAGE_SIZE_EXCEEDED,
                    f"The received message (delivery-id:{transfer.delivery_id}) exceeds the limit"
                    f" ({MAX_MESSAGE_SIZE} bytes) currently allowed on the link.",
                )
            )
            return
        self._parts.append(payload)
        self._delivery.settled |= bool(transfer.settled)
        if transfer.aborted:
            self._forget()
        elif not transfer.more:
            self._complete(self._delivery)

    def on_flow(self, flow: Flow) -> None:
        """The sender tells its state; it wants ours only if it says so."""
        if flow.echo and self.attached:
            self._give_credit()

    def _complete(self, delivery: Delivery) -> None:
        message = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._forget()
        self.delivery_count = (self.delivery_count + 1) & _WRAP
        self.credit -= 1
        if self.credit <= CREDIT // 2:
            self._give_credit()
        self.on_message(delivery, message)

    def _forget(self) -> None:
        self._delivery = None
        self._parts = []
        self._size = 0

    def _give_credit(self) -> None:
        self.credit = CREDIT
        self.session.send_flow(self)


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
        self._before_id = (
            b"\x02\x00" + channel + b"\x00\x53\x14\xc0" + bytes([size, 11]) + fields[0] + fields[1]
        )
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
                rcv_settle_mode=_FIRST,
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
        """Nobody may send here."""
        raise SessionError(NOT_ALLOWED, f"a transfer on handle {self.handle}, where the client receives")

    def on_flow(self, flow: Flow) -> None:
        """Take the client's credit, counted from where it was when it said so."""
        if not self.attached:
            return
        if flow.link_credit is not None:
            ahead = (self.delivery_count - (flow.delivery_count or 0)) & _WRAP
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
            messages = self.take(min(self.credit, session.window, _READ_AT_ONCE)) if self.credit else ()
            if not messages:
                break
            self._send(messages)
        if self._drain and self.attached and not self._unsent and session.window > 0 and connection.writable:
            self.delivery_count = (self.delivery_count + self.credit) & _WRAP
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
            delivery_id = (delivery_id + 1) & _WRAP
        session.next_delivery_id = delivery_id
        self.delivery_count = (self.delivery_count + len(messages)) & _WRAP
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
        self.session.next_outgoing_id = (self.session.next_outgoing_id + count) & _WRAP
