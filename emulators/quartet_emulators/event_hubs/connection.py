"""One client's connection: headers, SASL, open, heartbeats, close, and frames to and from its sessions."""

import asyncio
import logging
import uuid
from collections.abc import Callable

from quartet_emulators.event_hubs import sasl
from quartet_emulators.event_hubs.authorisation import Claims, Grant
from quartet_emulators.event_hubs.broker import Broker
from quartet_emulators.event_hubs.errors import (
    CONNECTION_FORCED,
    FRAMING_ERROR,
    INTERNAL_ERROR,
    INVALID_FIELD,
    NOT_ALLOWED,
    AmqpError,
)
from quartet_emulators.event_hubs.frames import (
    AMQP_FRAME,
    AMQP_HEADER,
    EMPTY_FRAME,
    HEADER_SIZE,
    SASL_FRAME,
    SASL_HEADER,
    read_frame,
    read_size,
    write_frame,
)
from quartet_emulators.event_hubs.link import SessionError
from quartet_emulators.event_hubs.output import Output
from quartet_emulators.event_hubs.performatives import Begin, Close, Open, Performative, SaslInit, error_value
from quartet_emulators.event_hubs.session import Session

MAX_FRAME_SIZE = 65536
"""The largest frame that is accepted, in bytes, as in the real service."""

SMALLEST_MAX_FRAME_SIZE = 512
MAX_CHANNEL = 4999

_TLS_HANDSHAKE = 0x16
_LOGGER = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """Speaks AMQP 1.0 with one client.

    ``abort`` drops it without a close frame, ``close`` sends one with the reason, ``silence`` keeps it open and mute.

    Attributes:
        agent: the name of the client, for the counters and the log.
        claims: what the client has been granted.
        max_frame_size: the largest frame that may be sent, in bytes.
        gone: done when the connection is over.
    """

    def __init__(self, broker: Broker, connections: set["Connection"]) -> None:
        loop = asyncio.get_running_loop()
        self.broker = broker
        self.agent = "unknown"
        self.claims = Claims(broker.now)
        self.max_frame_size = SMALLEST_MAX_FRAME_SIZE
        self.gone: asyncio.Future[None] = loop.create_future()
        self._connections = connections
        self._loop = loop
        self._peer = "?"
        self._unread = b""
        self._awaits_header = True
        self._authenticating = False
        self._opened = False
        self._closed = False
        self._silent = False
        self._later: set[asyncio.TimerHandle] = set()
        self._sessions: dict[int, Session] = {}
        self._ended: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._heartbeat = float("inf")
        self._last_read = loop.time()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server makes no other
        self._transport = transport
        self._output = Output(transport, self._loop)
        self._peer = str(transport.get_extra_info("peername"))
        self._connections.add(self)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has disconnected, for any reason."""
        self._closed = True
        self._connections.discard(self)
        if exc:
            _LOGGER.info("%s (%s) was lost: %s", self._peer, self.agent, exc)
        self._output.discard_schedule()
        if self._timer:
            self._timer.cancel()
        for handle in self._later:
            handle.cancel()
        for session in self._sessions.values():
            session.release()
        self._sessions.clear()
        self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Handle every whole frame; a client that sends invalid ones loses its own connection only."""
        if self._silent:
            return
        self._last_read = self._loop.time()
        try:
            self._read(self._unread + data if self._unread else data)
        except AmqpError as error:
            self.close(error)
        except Exception:
            _LOGGER.exception("%s (%s) met a bug in this emulator", self._peer, self.agent)
            self.close(AmqpError(INTERNAL_ERROR, "a bug in the emulator; see its log"))

    def pause_writing(self) -> None:
        """The client reads more slowly than we send."""
        self._output.paused = True

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._output.paused = False
        for session in list(self._sessions.values()):
            session.pump()

    # out

    @property
    def writable(self) -> bool:
        """Whether deliveries may be written now; if not, ``Session.pump`` is called when they may."""
        return not (self._closed or self._silent) and self._output.writable

    @property
    def buffered(self) -> int:
        """How many bytes wait to be sent."""
        return self._output.size

    @property
    def unsettled(self) -> int:
        """How many deliveries the client has not settled, of those that it wanted unsettled."""
        return sum(len(session.unsettled) for session in self._sessions.values())

    def send(self, channel: int, performative: Performative) -> None:
        """Send a performative without payload."""
        self.write([write_frame(channel, performative.encode())])

    def write(self, chunks: list[bytes]) -> None:
        """Send encoded frames, unless the connection is closed already."""
        if not (self._closed or self._silent):
            self._output.write(chunks)

    def close(self, error: AmqpError | None = None) -> None:
        """Send a close frame, with the reason if there is one, and close the connection once that is sent."""
        if self._closed:
            return
        if error:
            level = logging.INFO if error.condition == CONNECTION_FORCED else logging.WARNING
            _LOGGER.log(level, "%s (%s) is closed: %s", self._peer, self.agent, error)
        if self._opened:
            self.send(0, Close(error=error_value(error) if error else None))
        self._output.flush()
        self._closed = True
        self._transport.close()

    def abort(self) -> None:
        """Drop the connection without a close frame."""
        self._closed = True
        self._transport.abort()

    def silence(self, seconds: float) -> None:
        """Receive and send nothing for this time, as behind a network that loses packets; then drop the connection."""
        self._silent = True
        self.later(seconds, self.abort)

    # in

    def _read(self, data: bytes) -> None:
        position = 0
        while len(data) - position >= HEADER_SIZE and not (self._closed or self._silent):
            if self._awaits_header:
                self._on_header(data[position : position + HEADER_SIZE])
                position += HEADER_SIZE
                continue
            size = read_size(data, position, MAX_FRAME_SIZE)
            if len(data) - position < size:
                break
            self._on_frame(data[position : position + size])
            position += size
        self._unread = data[position:]

    def _on_header(self, header: bytes) -> None:
        self._awaits_header = False
        if header == SASL_HEADER and not self._opened:
            self._authenticating = True
            self.write([SASL_HEADER, write_frame(0, sasl.mechanisms().encode(), kind=SASL_FRAME)])
        elif header == AMQP_HEADER:
            self.write([AMQP_HEADER])
        elif header[0] == _TLS_HANDSHAKE:
            raise AmqpError(
                FRAMING_ERROR,
                "the client speaks TLS; put UseDevelopmentEmulator=true in its connection string",
            )
        else:
            self.write([AMQP_HEADER])  # the standard's answer to a header that is not understood
            raise AmqpError(FRAMING_ERROR, f"{header!r} is not the header of AMQP 1.0")

    def _on_frame(self, frame: bytes) -> None:
        kind, channel, performative, payload = read_frame(frame)
        if kind != (SASL_FRAME if self._authenticating else AMQP_FRAME):
            raise AmqpError(FRAMING_ERROR, f"a frame of kind {kind} is out of place")
        if performative is None:
            return
        if self._authenticating:
            self._on_sasl(performative)
        elif isinstance(performative, Open):
            self._on_open(performative)
        elif not self._opened:
            raise AmqpError(NOT_ALLOWED, f"{type(performative).__name__} before Open")
        elif isinstance(performative, Close):
            self.close()
        elif isinstance(performative, Begin):
            self._on_begin(channel, performative)
        else:
            self._on_session_frame(channel, performative, payload)

    def _on_sasl(self, performative: Performative) -> None:
        if not isinstance(performative, SaslInit):
            raise AmqpError(NOT_ALLOWED, f"{type(performative).__name__} during authentication")
        grant, outcome = sasl.authenticate(performative)
        self.write([write_frame(0, outcome.encode(), kind=SASL_FRAME)])
        if outcome.code != sasl.OK:
            _LOGGER.warning("%s was refused by SASL %s", self._peer, performative.mechanism)
            self.close()
            return
        if grant:
            self.grant(grant)
        self._authenticating = False
        self._awaits_header = True

    def _on_open(self, performative: Open) -> None:
        if self._opened:
            raise AmqpError(NOT_ALLOWED, "a second Open")
        self._opened = True
        self.agent = _agent_of(performative)
        self.send(
            0,
            Open(
                container_id=uuid.uuid4().hex,
                hostname=performative.hostname,
                max_frame_size=MAX_FRAME_SIZE,
                channel_max=MAX_CHANNEL,
                idle_time_out=int(self.broker.idle_timeout * 1000),
            ),
        )
        if performative.max_frame_size < SMALLEST_MAX_FRAME_SIZE:
            raise AmqpError(INVALID_FIELD, f"max-frame-size must be at least {SMALLEST_MAX_FRAME_SIZE}")
        self.max_frame_size = min(performative.max_frame_size, MAX_FRAME_SIZE)
        if performative.idle_time_out:
            self._heartbeat = performative.idle_time_out / 1000 / 2
        self._watch()

    def _on_begin(self, channel: int, performative: Begin) -> None:
        if channel in self._sessions or channel > MAX_CHANNEL:
            raise AmqpError(NOT_ALLOWED, f"a session cannot begin on channel {channel}")
        self._ended.discard(channel)
        self._sessions[channel] = Session(self, channel, performative)

    def _on_session_frame(self, channel: int, performative: Performative, payload: bytes) -> None:
        session = self._sessions.get(channel)
        if session is None and channel in self._ended:
            # The Azure SDK for Python detaches its links after it has ended their session.
            _LOGGER.debug("%s: %s on the ended channel %d", self._peer, type(performative).__name__, channel)
            return
        if session is None:
            raise AmqpError(NOT_ALLOWED, f"{type(performative).__name__} on channel {channel} without a session")
        try:
            session.handle(performative, payload)
        except SessionError as error:
            _LOGGER.warning("%s (%s): session %d is ended: %s", self._peer, self.agent, channel, error)
            session.end(error)
        if session.ended:
            del self._sessions[channel]
            self._ended.add(channel)

    # time

    def time(self) -> float:
        """The event loop's clock, in seconds."""
        return self._loop.time()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Do something after this many seconds, unless the connection has ended by then."""

        def due() -> None:
            self._later.discard(handle)
            call()

        handle = self._loop.call_later(seconds, due)
        self._later.add(handle)

    def grant(self, grant: Grant) -> None:
        """Let the client use what a token opens, until it expires."""
        self.claims.add(grant)
        self._watch()

    def _watch(self) -> None:
        """Do what time asks for: close if the client is silent, send a heartbeat, detach what has expired."""
        if self._timer:
            self._timer.cancel()
        if self._silent:
            return
        now, idle = self._loop.time(), self.broker.idle_timeout
        if now - self._last_read >= idle:
            self.close(
                AmqpError(
                    CONNECTION_FORCED,
                    f"The connection was inactive for more than the allowed {idle * 1000:.0f} milliseconds"
                    " and is closed by container.",
                )
            )
            return
        if now - self._output.last_write >= self._heartbeat:
            self.write([EMPTY_FRAME])
            self._output.flush()
        for session in self._sessions.values():
            session.detach_unauthorised()
        due = min(self._last_read + idle, self._output.last_write + self._heartbeat)
        expiry = self.claims.next_expiry()
        if expiry is not None:
            due = min(due, now + expiry)
        self._timer = self._loop.call_at(due, self._watch)


def _agent_of(performative: Open) -> str:
    """The part of the user agent that the client's user supplied, or all of it, or ``unknown``.

    The Azure SDKs put what their user supplied before their own name: ``mine azsdk-python-eventhubs/5.15.1``.
    """
    text = (performative.properties or {}).get("user-agent")
    if not isinstance(text, str) or not text:
        return "unknown"
    supplied = text.split("azsdk-", 1)[0].strip()
    return supplied or text
