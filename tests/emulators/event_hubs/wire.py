"""A client of the bare protocol, for what an SDK would never say and for what must be quick."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from quartet_emulators.event_hubs.decoding import decode
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.frames import AMQP_HEADER, SASL_FRAME, SASL_HEADER, read_frame, write_frame
from quartet_emulators.event_hubs.messages import BATCH_FORMAT
from quartet_emulators.event_hubs.performatives import (
    Attach,
    Begin,
    Detach,
    Disposition,
    Flow,
    Open,
    Performative,
    SaslInit,
    Transfer,
)
from quartet_emulators.event_hubs.types import Described, Symbol, ULong

from quartet.engine.failures.timeouts import stretched

KEY = b"\0RootManageSharedAccessKey\0SAS_KEY_VALUE"
LIMIT = stretched(30.0)

P = TypeVar("P", bound=Performative)


def message(body: bytes, annotations: dict[object, object] | None = None) -> bytes:
    """An encoded message."""
    section = b"\x00\x53\x72" + encode(annotations) if annotations else b""
    return section + b"\x00\x53\x75" + encode(body)


def batch(messages: Sequence[bytes]) -> bytes:
    """The envelope of a batch."""
    return b"".join(b"\x00\x53\x75" + encode(each) for each in messages)


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._deliveries = 0
        self._nodes: dict[str, int] = {}

    # frames

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    def say(self, performative: Performative, payload: bytes = b"", channel: int = 0, kind: int = 0) -> None:
        self.write(write_frame(channel, performative.encode(), payload, kind))

    async def header(self) -> bytes:
        return await asyncio.wait_for(self._reader.readexactly(8), LIMIT)

    async def frame(self) -> bytes:
        """The next frame, as bytes."""
        async with asyncio.timeout(LIMIT):
            size = await self._reader.readexactly(4)
            return size + await self._reader.readexactly(int.from_bytes(size, "big") - 4)

    async def hear(self, kind: type[P]) -> tuple[P, bytes]:
        """The next frame of a kind, with its payload; frames of other kinds before it are dropped."""
        while True:
            _, _, performative, payload = read_frame(await self.frame())
            if isinstance(performative, kind):
                return performative, payload

    async def ended(self) -> bool:
        """Wait until the server closes the connection."""
        async with asyncio.timeout(LIMIT):
            while await self._reader.read(65536):
                pass
        return True

    def close(self) -> None:
        self._writer.close()

    async def finish(self) -> None:
        """Send nothing more, and wait until the server has read all and closed the connection."""
        self._writer.write_eof()
        await self.ended()

    # conversations

    async def shake_hands(self, *, key: bytes | None = KEY, max_frame_size: int = 65536, idle: int = 0) -> Open:
        """Log in with a key, or anonymously; then open the connection and a session."""
        self.write(SASL_HEADER)
        init = SaslInit(mechanism="PLAIN", initial_response=key) if key else SaslInit(mechanism="ANONYMOUS")
        self.say(init, kind=SASL_FRAME)
        self.write(AMQP_HEADER)
        self.say(Open(container_id="wire", max_frame_size=max_frame_size, idle_time_out=idle or None))
        self.say(Begin(next_outgoing_id=0, incoming_window=10_000, outgoing_window=10_000))
        assert await self.header() == SASL_HEADER
        await self.frame()
        await self.frame()
        assert await self.header() == AMQP_HEADER
        opened, _ = await self.hear(Open)
        await self.hear(Begin)
        return opened

    async def attach_sender(self, address: str, handle: int = 0) -> Attach:
        target = Described(ULong(0x29), [address])
        self.say(
            Attach(
                name=f"s{handle}",
                handle=handle,
                role=False,
                source=Described(ULong(0x28), ["here"]),
                target=target,
                initial_delivery_count=0,
            )
        )
        return (await self.hear(Attach))[0]

    async def attach_receiver(
        self,
        address: str,
        handle: int = 1,
        *,
        selector: str | None = "amqp.annotation.x-opt-offset > '-1'",
        epoch: int | None = None,
        capability: str | None = None,
        settle_modes: tuple[int | None, int | None] = (None, None),
    ) -> Attach:
        """Attach a receiver; ``settle_modes`` are those that it asks of the sender, and its own."""
        name = Symbol("apache.org:selector-filter:string")
        filters = {name: Described(name, selector)} if selector else None
        self.say(
            Attach(
                name=f"r{handle}",
                handle=handle,
                role=True,
                snd_settle_mode=settle_modes[0],
                rcv_settle_mode=settle_modes[1],
                source=Described(ULong(0x28), [address, *[None] * 6, filters]),
                target=Described(ULong(0x29), ["here"]),
                properties=None if epoch is None else {Symbol("com.microsoft:epoch"): epoch},
                desired_capabilities=Symbol(capability) if capability else None,
            )
        )
        return (await self.hear(Attach))[0]

    def give_credit(self, credit: int, handle: int = 1, seen: int = 0, *, drain: bool = False) -> None:
        self.say(
            Flow(
                next_incoming_id=1 + seen,
                incoming_window=10_000,
                next_outgoing_id=0,
                outgoing_window=10_000,
                handle=handle,
                delivery_count=seen,
                link_credit=credit,
                drain=drain,
            )
        )

    def settle(
        self,
        first: int,
        last: int | None = None,
        *,
        outcome: int | None = 0x24,
        settled: bool = True,
        role: bool = True,
    ) -> None:
        """Say the outcome of deliveries: accepted, unless it is said otherwise."""
        state = None if outcome is None else Described(ULong(outcome), [])
        self.say(Disposition(role=role, first=first, last=last, settled=settled, state=state))

    def send(self, payload: bytes, handle: int = 0, message_format: int = 0) -> None:
        """Send a message in as many frames as it takes."""
        parts = [payload[start : start + 60_000] for start in range(0, len(payload), 60_000)]
        for index, part in enumerate(parts):
            self.say(
                Transfer(
                    handle=handle,
                    delivery_id=self._deliveries,
                    delivery_tag=b"t",
                    message_format=message_format,
                    settled=False,
                    more=index < len(parts) - 1,
                ),
                part,
            )
        self._deliveries += 1

    async def publish(self, address: str, messages: Sequence[bytes], handle: int = 9) -> None:
        """Send one batch and wait until it is accepted."""
        await self.attach_sender(address, handle)
        self.send(batch(messages), handle, BATCH_FORMAT)
        disposition, _ = await self.hear(Disposition)
        assert disposition.state == Described(ULong(0x24), [])
        self.say(Detach(handle=handle, closed=True))
        await self.hear(Detach)

    async def ask(self, node: str, properties: dict[object, object], body: object = None) -> int:
        """Send a request to a node and return the status of the answer."""
        if node not in self._nodes:
            handle = 100 + 2 * len(self._nodes)
            self._nodes[node] = handle
            await self.attach_sender(node, handle)
            await self.attach_receiver(node, handle + 1, selector=None)
            self.give_credit(100, handle + 1)
        request_id = len(self._nodes) + self._deliveries
        fields = encode([request_id, *[None] * 12])
        parts = (0x73, fields), (0x74, encode(properties)), (0x77, encode(body))
        self.send(b"".join(b"\x00\x53" + bytes([code]) + data for code, data in parts), self._nodes[node])
        (response,) = await self.receive(1)
        answers, echoed = response[0x74], response[0x73]
        assert isinstance(answers, dict)
        assert isinstance(echoed, list)
        assert echoed[5] == request_id
        return int(answers["status-code"])

    async def receive(self, count: int) -> list[dict[int, object]]:
        """Receive this many messages, each as its sections by descriptor."""
        received: list[dict[int, object]] = []
        while len(received) < count:
            transfer, payload = await self.hear(Transfer)
            while transfer.more:
                transfer, part = await self.hear(Transfer)
                payload += part
            received.append(sections(payload))
        return received


def sections(payload: bytes) -> dict[int, object]:
    """A message's sections by descriptor; of several data sections, the last."""
    found: dict[int, object] = {}
    position = 0
    while position < len(payload):
        section, position = decode(payload, position)
        assert isinstance(section, Described)
        assert isinstance(section.descriptor, int)
        found[int(section.descriptor)] = section.value
    return found


def condition(error: Described | None) -> str:
    """The condition of an error."""
    assert error is not None
    assert isinstance(error.value, list)
    return str(error.value[0])


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Wire]:
    """A TCP connection on which nothing has been said yet."""
    wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield wire
    finally:
        wire.close()


@asynccontextmanager
async def logged_in(port: int) -> AsyncIterator[Wire]:
    """A connection with a session."""
    async with connected(port) as wire:
        await wire.shake_hands()
        yield wire
