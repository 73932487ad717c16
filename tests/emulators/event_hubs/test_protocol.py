"""The protocol's rules, kept by us and by clients that do not keep them."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quartet_emulators.event_hubs import EventHubsEmulator
from quartet_emulators.event_hubs.frames import AMQP_HEADER, EMPTY_FRAME, SASL_HEADER, write_frame
from quartet_emulators.event_hubs.messages import BATCH_FORMAT
from quartet_emulators.event_hubs.performatives import (
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Flow,
    Open,
    Performative,
    Transfer,
)
from quartet_emulators.event_hubs.types import Array, Described, Symbol, ULong

from tests.emulators.event_hubs.conftest import running
from tests.emulators.event_hubs.wire import condition, connected, logged_in, message

PARTITION = "saga-events/Partitions/0"
SOURCE = "saga-events/ConsumerGroups/order/Partitions/0"


async def is_alive(emulator: EventHubsEmulator) -> bool:
    async with logged_in(emulator.port) as wire:
        await wire.publish("saga-events/Partitions/3", [message(b"alive")])
    return True


async def test_no_more_is_sent_than_the_credit_allows(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"%d" % number) for number in range(10)])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(3)
        assert [event[0x75] for event in await wire.receive(3)] == [b"0", b"1", b"2"]
        wire.say(Flow(incoming_window=100, next_outgoing_id=0, outgoing_window=100, echo=True))
        frame = await wire.hear(Flow)  # the answer to the echo is the next thing that comes
        assert frame[0].next_outgoing_id == 4
        wire.give_credit(2, seen=3)
        assert [event[0x75] for event in await wire.receive(2)] == [b"3", b"4"]


async def test_no_more_is_sent_than_the_window_allows(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"x" * 150_000), message(b"y")])
        await wire.attach_receiver(SOURCE)
        flow = Flow(next_incoming_id=1, incoming_window=2, next_outgoing_id=0, outgoing_window=9, handle=1)
        flow.delivery_count, flow.link_credit = 0, 10
        wire.say(flow)
        parts = [await wire.hear(Transfer) for _ in range(2)]
        assert [part.more for part, _ in parts] == [True, True]
        wire.say(Flow(next_incoming_id=3, incoming_window=2, next_outgoing_id=0, outgoing_window=9))
        parts += [await wire.hear(Transfer) for _ in range(2)]
        assert [part.more for part, _ in parts] == [True, True, False, False]
        assert b"".join(payload for _, payload in parts).count(b"x") > 150_000
        assert [part.delivery_id for part, _ in parts] == [0, 0, 0, 1]


async def test_a_drained_link_gives_its_credit_back(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"only")])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(10, drain=True)
        assert len(await wire.receive(1)) == 1
        flow, _ = await wire.hear(Flow)
        assert (flow.drain, flow.link_credit, flow.delivery_count) == (True, 0, 10)


async def test_frames_are_no_larger_than_the_client_takes(emulator: EventHubsEmulator) -> None:
    async with connected(emulator.port) as wire:
        await wire.shake_hands(max_frame_size=512)
        body = bytes(range(256)) * 40
        await wire.publish(PARTITION, [message(body)])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(1)
        payload, more = b"", True
        while more:
            frame = await wire.frame()
            assert len(frame) <= 512
            if frame[10] == Transfer.CODE:
                more = frame[8:].split(b"\xa0\x01\x00\x43\x41", 1)[1][0] == 0x41
                payload += frame.split(b"\x40\x40\x40\x40\x40", 1)[1]
    assert body in payload


async def test_a_client_that_does_not_read_does_not_delay_others(emulator: EventHubsEmulator) -> None:
    """Deliveries wait in the log, not in memory, until the client reads on."""
    async with logged_in(emulator.port) as slow, logged_in(emulator.port) as quick:
        for _ in range(20):
            await quick.publish(PARTITION, [message(b"x" * 50_000)] * 20)
        await slow.attach_receiver(SOURCE)
        slow.give_credit(400)
        assert await is_alive(emulator)
        await quick.attach_receiver(SOURCE)
        quick.give_credit(400)
        await quick.receive(400)
        assert sum(connection.buffered for connection in emulator.connections) < 2_000_000
        assert len(await slow.receive(400)) == 400


async def test_heartbeats_keep_a_silent_connection(emulator: EventHubsEmulator) -> None:
    async with connected(emulator.port) as wire:
        await wire.shake_hands(idle=100)
        assert await wire.frame() == EMPTY_FRAME
        assert await wire.frame() == EMPTY_FRAME


async def test_a_silent_client_gets_an_error_and_is_disconnected(tmp_path: Path) -> None:
    async with running(tmp_path, idle_timeout=0.2) as emulator, connected(emulator.port) as wire:
        opened = await wire.shake_hands()
        assert opened.idle_time_out == 200
        close, _ = await wire.hear(Close)
        assert condition(close.error) == "amqp:connection:forced"
        assert await wire.ended()


async def test_messages_that_cannot_be_read_are_rejected_and_the_link_stays(
    emulator: EventHubsEmulator,
) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.attach_sender(PARTITION)
        wire.send(b"nonsense")
        wire.send(b"nonsense", message_format=BATCH_FORMAT)
        wire.send(message(b"x"), message_format=7)
        outcomes = [(await wire.hear(Disposition))[0].state for _ in range(3)]
        assert [condition(_error(outcome)) for outcome in outcomes] == [
            "amqp:decode-error",
            "amqp:decode-error",
            "amqp:not-implemented",
        ]
        wire.send(message(b"sense"))
        assert (await wire.hear(Disposition))[0].state == Described(ULong(0x24), [])


def _error(outcome: Described | None) -> Described:
    assert outcome is not None
    assert outcome.descriptor == 0x25
    assert isinstance(outcome.value, list)
    error = outcome.value[0]
    assert isinstance(error, Described)
    return error


async def test_events_that_were_not_stored_are_not_acknowledged(
    emulator: EventHubsEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"stored")])
        database = emulator.hubs.log.database
        database.execute("ALTER TABLE events RENAME TO lost")
        await wire.attach_sender(PARTITION)
        wire.send(message(b"not stored"))
        outcome = (await wire.hear(Disposition))[0].state
        assert condition(_error(outcome)) == "amqp:internal-error"
        database.execute("ALTER TABLE lost RENAME TO events")
        wire.send(message(b"stored again"))
        assert (await wire.hear(Disposition))[0].state == Described(ULong(0x24), [])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(10)
        assert [event[0x75] for event in await wire.receive(2)] == [b"stored", b"stored again"]
    assert "events were not stored: no such table" in caplog.text
    caplog.clear()


async def test_a_message_beyond_the_limit_is_rejected_and_the_link_stays(emulator: EventHubsEmulator) -> None:
    """A client that has not sent the last part hears of no detach, and waits for its timeout."""
    async with logged_in(emulator.port) as wire:
        attach = await wire.attach_sender(PARTITION)
        assert attach.max_message_size == 1024 * 1024
        for too_large in (1024 * 1024, 5_000_000):
            wire.send(message(b"x" * too_large))
            outcome = (await wire.hear(Disposition))[0].state
            assert condition(_error(outcome)) == "amqp:link:message-size-exceeded"
        wire.send(message(b"x" * 1_000_000))
        assert (await wire.hear(Disposition))[0].state == Described(ULong(0x24), [])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(10)
        assert [event[0x75] for event in await wire.receive(1)] == [b"x" * 1_000_000]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Described(ULong(0x29), ["attic"]), "amqp:not-found"),
        (Described(ULong(0x29), ["saga-events/Partitions/77"]), "amqp:not-found"),
        (Described(ULong(0x29), ["saga-events/Subscriptions/1"]), "amqp:not-found"),
        (Described(ULong(0x29), [None, None, None, None, True]), "amqp:not-implemented"),
        (Described(ULong(0x30), [None]), "amqp:not-implemented"),
        (None, "amqp:not-implemented"),
    ],
)
async def test_links_that_cannot_be_attached_are_refused(
    emulator: EventHubsEmulator, target: Described | None, expected: str
) -> None:
    async with logged_in(emulator.port) as wire:
        wire.say(Attach(name="s", handle=0, role=False, target=target))
        attach, _ = await wire.hear(Attach)
        assert (attach.source, attach.target) == (None, None)
        assert condition((await wire.hear(Detach))[0].error) == expected


@pytest.mark.parametrize("kind", [Symbol("apache.org:selector-filter:string"), ULong(0x468C00000004)])
async def test_a_filter_may_have_any_name(emulator: EventHubsEmulator, kind: object) -> None:
    """Qpid Proton calls it ``selector``; some clients give the descriptor as a number."""
    selector = Described(kind, "amqp.annotation.x-opt-offset > '-1'")
    source = Described(ULong(0x28), [SOURCE, *[None] * 6, {Symbol("selector"): selector}])
    async with logged_in(emulator.port) as wire:
        wire.say(Attach(name="r", handle=0, role=True, source=source))
        assert (await wire.hear(Attach))[0].source == source


async def test_a_filter_that_is_not_known_is_refused(emulator: EventHubsEmulator) -> None:
    source = Described(ULong(0x28), [SOURCE, *[None] * 6, {Symbol("colour"): Described(Symbol("colour"), "teal")}])
    async with logged_in(emulator.port) as wire:
        wire.say(Attach(name="r", handle=0, role=True, source=source))
        assert condition((await wire.hear(Detach))[0].error) == "amqp:not-implemented"


@pytest.mark.parametrize(
    ("performative", "expected"),
    [
        (Transfer(handle=5, delivery_id=0), "amqp:session:unattached-handle"),
        (Detach(handle=5), "amqp:session:unattached-handle"),
        (Attach(name="s", handle=256, role=False), "amqp:session:handle-in-use"),
    ],
)
async def test_an_error_of_a_session_ends_that_session(
    emulator: EventHubsEmulator, performative: Performative, expected: str
) -> None:
    async with logged_in(emulator.port) as wire:
        wire.say(performative)
        end, _ = await wire.hear(End)
        assert condition(end.error) == expected
        wire.say(End())
        wire.say(Begin(next_outgoing_id=0, incoming_window=9, outgoing_window=9))
        await wire.hear(Begin)
        assert (await wire.attach_sender(PARTITION)).target is not None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (write_frame(0, b"\x00\x53\x99\x45"), "amqp:decode-error"),
        (write_frame(0, b"\x00\x53\x12\xc0"), "amqp:decode-error"),
        (write_frame(0, b"\x00\x53\x12\xc0\x04\x03\x40\x40\x40"), "amqp:decode-error"),
        (write_frame(0, b"\xa1\x02hi"), "amqp:decode-error"),
        (b"\x00\x00\x00\x07\x02\x00\x00\x00", "amqp:connection:framing-error"),
        (b"\x7f\xff\xff\xff\x02\x00\x00\x00", "amqp:connection:framing-error"),
        (b"\x00\x00\x00\x08\x01\x00\x00\x00", "amqp:connection:framing-error"),
        (b"\x00\x00\x00\x08\x02\x01\x00\x00", "amqp:connection:framing-error"),
        (write_frame(9, End().encode()), "amqp:not-allowed"),
        (write_frame(0, Open(container_id="again").encode()), "amqp:not-allowed"),
        (
            write_frame(0, Begin(next_outgoing_id=0, incoming_window=1, outgoing_window=1).encode()),
            "amqp:not-allowed",
        ),
    ],
)
async def test_a_bad_frame_closes_its_connection_only(emulator: EventHubsEmulator, data: bytes, expected: str) -> None:
    async with logged_in(emulator.port) as wire, logged_in(emulator.port) as other:
        wire.write(data)
        close, _ = await wire.hear(Close)
        assert condition(close.error) == expected
        assert await wire.ended()
        await other.publish(PARTITION, [message(b"unharmed")])


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", AMQP_HEADER),
        (b"AMQP\x00\x00\x09\x01", AMQP_HEADER),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", b""),
        (SASL_HEADER + write_frame(0, Open(container_id="x").encode()), SASL_HEADER),
        (AMQP_HEADER + write_frame(0, End().encode()), AMQP_HEADER),
    ],
)
async def test_a_client_of_another_protocol_gets_our_protocol_header(
    emulator: EventHubsEmulator, first: bytes, answer: bytes
) -> None:
    async with connected(emulator.port) as wire:
        wire.write(first)
        if answer:
            assert await wire.header() == answer
        assert await wire.ended()
    assert await is_alive(emulator)


async def test_any_bytes_after_the_handshake_do_no_harm(emulator: EventHubsEmulator) -> None:
    """Every example runs on a connection of its own; the server answers a well-behaved client afterwards."""
    examples: list[bytes] = []

    @settings(max_examples=60, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(
        st.one_of(
            st.binary(max_size=100),
            st.builds(write_frame, st.integers(0, 2), st.binary(max_size=60), st.binary(max_size=20)),
            st.builds(
                lambda code, rest: write_frame(0, b"\x00\x53" + bytes([code]) + rest),
                st.integers(0x10, 0x18),
                st.binary(max_size=60),
            ),
        )
    )
    def collect(data: bytes) -> None:
        examples.append(data)

    collect()
    for data in examples:
        async with logged_in(emulator.port) as wire:
            wire.write(data)
            await wire.finish()
    assert len(examples) >= 50
    assert await is_alive(emulator)


async def test_capabilities_may_come_as_an_array(emulator: EventHubsEmulator) -> None:
    capability = Array([Symbol("com.microsoft:enable-receiver-runtime-metric")])
    source = Described(ULong(0x28), [SOURCE])
    async with logged_in(emulator.port) as wire:
        wire.say(Attach(name="r", handle=1, role=True, source=source, desired_capabilities=capability))
        attach, _ = await wire.hear(Attach)
        assert attach.offered_capabilities == capability


async def test_stopping_says_goodbye(tmp_path: Path) -> None:
    async with running(tmp_path) as emulator, logged_in(emulator.port) as wire:
        stopping = asyncio.create_task(emulator.stop())
        close, _ = await wire.hear(Close)
        assert condition(close.error) == "amqp:connection:forced"
        await stopping
