"""Receivers that want to settle: what they get stays unsettled until they say its outcome."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from quartet_emulators.event_hubs import EventHubsEmulator
from quartet_emulators.event_hubs.link import Link
from quartet_emulators.event_hubs.performatives import Detach, Disposition, End, Flow, Transfer
from quartet_emulators.event_hubs.session import Session
from quartet_emulators.event_hubs.types import Described, Symbol, ULong
from quartet_emulators.event_hubs.unsettled import Unsettled, on_disposition

from tests.emulators.event_hubs.sdk import bodies, receiving
from tests.emulators.event_hubs.wire import Wire, condition, logged_in, message, sections

PARTITION = "saga-events/Partitions/0"
SOURCE = "saga-events/ConsumerGroups/order/Partitions/0"
UNSETTLED, SETTLED, MIXED = 0, 1, 2
FIRST, SECOND = 0, 1


def unsettled(emulator: EventHubsEmulator) -> int:
    return sum(connection.unsettled for connection in emulator.connections)


async def after_all_was_read(wire: Wire) -> Flow:
    """The emulator's answer to an echo, which comes behind whatever it said to what was written before."""
    wire.say(Flow(next_incoming_id=1, incoming_window=10_000, next_outgoing_id=0, outgoing_window=10_000, echo=True))
    return (await wire.hear(Flow))[0]


async def receiver_of(wire: Wire, count: int, rcv: int = FIRST) -> list[Transfer]:
    """Publish this many events, and receive them unsettled."""
    await wire.publish(PARTITION, [message(b"%d" % number) for number in range(count)])
    await wire.attach_receiver(SOURCE, settle_modes=(UNSETTLED, rcv))
    wire.give_credit(100)
    return [(await wire.hear(Transfer))[0] for _ in range(count)]


async def test_deliveries_are_unsettled_if_the_receiver_asks_for_it(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        transfers = await receiver_of(wire, 3)
        assert [transfer.settled for transfer in transfers] == [False] * 3
        assert [transfer.delivery_id for transfer in transfers] == [0, 1, 2]
        assert len({transfer.delivery_tag for transfer in transfers}) == 3
        assert unsettled(emulator) == 3


@pytest.mark.parametrize("mode", [None, SETTLED, MIXED])
async def test_they_are_settled_if_it_does_not(emulator: EventHubsEmulator, mode: int | None) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"x")])
        attach = await wire.attach_receiver(SOURCE, settle_modes=(mode, SECOND))
        assert (attach.snd_settle_mode, attach.rcv_settle_mode) == (SETTLED, FIRST)
        wire.give_credit(1)
        assert (await wire.hear(Transfer))[0].settled is True
        assert unsettled(emulator) == 0


@pytest.mark.parametrize("rcv", [None, FIRST, SECOND])
async def test_the_attach_says_which_modes_the_link_has(emulator: EventHubsEmulator, rcv: int | None) -> None:
    async with logged_in(emulator.port) as wire:
        attach = await wire.attach_receiver(SOURCE, settle_modes=(UNSETTLED, rcv))
        assert (attach.snd_settle_mode, attach.rcv_settle_mode) == (UNSETTLED, rcv or FIRST)


@pytest.mark.parametrize("outcome", [0x24, 0x25, 0x26, 0x27, None])
async def test_any_outcome_settles_and_nothing_is_delivered_again(
    emulator: EventHubsEmulator, outcome: int | None
) -> None:
    """A hub is a log: who wants an event again, begins before it."""
    async with logged_in(emulator.port) as wire:
        await receiver_of(wire, 4)
        wire.settle(1, 2, outcome=outcome)
        await after_all_was_read(wire)
        assert unsettled(emulator) == 2
        wire.settle(0, outcome=outcome)
        wire.settle(0, 1_000_000_000, outcome=outcome)  # the same again, and more than there is
        await after_all_was_read(wire)
        assert unsettled(emulator) == 0
        async with logged_in(emulator.port) as publisher:
            await publisher.publish(PARTITION, [message(b"next")])
        _, payload = await wire.hear(Transfer)
        assert sections(payload)[0x75] == b"next"


async def test_what_says_no_outcome_settles_nothing(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await receiver_of(wire, 2)
        wire.settle(0, settled=False, outcome=None)
        wire.settle(0, settled=False, outcome=0x23)  # received: it continues
        wire.settle(0, role=False)  # of what the client has sent
        await after_all_was_read(wire)
        assert unsettled(emulator) == 2


@pytest.mark.parametrize("outcome", [0x24, 0x25, 0x26, 0x27])
async def test_a_receiver_that_settles_second_gets_the_leave_to(emulator: EventHubsEmulator, outcome: int) -> None:
    async with logged_in(emulator.port) as wire:
        await receiver_of(wire, 4, SECOND)
        wire.settle(1)
        wire.settle(0, 9, outcome=outcome, settled=False)
        answers = [(await wire.hear(Disposition))[0] for _ in range(2)]
        assert [(answer.first, answer.last) for answer in answers] == [(0, 0), (2, 3)]
        for answer in answers:
            assert (answer.role, answer.settled, answer.state) == (False, True, Described(ULong(outcome), []))
        assert unsettled(emulator) == 0


async def test_an_outcome_may_have_its_name_as_descriptor(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await receiver_of(wire, 1, SECOND)
        wire.say(Disposition(role=True, first=0, settled=False, state=Described(Symbol("amqp:released:list"), [])))
        assert (await wire.hear(Disposition))[0].state == Described(ULong(0x26), [])


async def test_credit_is_used_by_a_delivery_and_not_by_what_is_unsettled(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"%d" % number) for number in range(6)])
        await wire.attach_receiver(SOURCE, settle_modes=(UNSETTLED, FIRST))
        wire.give_credit(2)
        assert [event[0x75] for event in await wire.receive(2)] == [b"0", b"1"]
        wire.settle(0, 1)
        assert (await after_all_was_read(wire)).next_outgoing_id == 3  # settling gives no credit
        wire.give_credit(3, seen=2)
        assert [event[0x75] for event in await wire.receive(3)] == [b"2", b"3", b"4"]
        assert unsettled(emulator) == 3
        wire.give_credit(1, seen=5)  # and what is unsettled takes none
        assert [event[0x75] for event in await wire.receive(1)] == [b"5"]


async def test_a_message_of_several_frames_is_one_unsettled_delivery(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"x" * 150_000)])
        await wire.attach_receiver(SOURCE, settle_modes=(UNSETTLED, FIRST))
        wire.give_credit(10)
        transfers: list[Transfer] = []
        payload = b""
        while not transfers or transfers[-1].more:
            transfer, part = await wire.hear(Transfer)
            transfers.append(transfer)
            payload += part
        assert [transfer.settled for transfer in transfers] == [False] * 3
        assert len({(transfer.delivery_id, transfer.delivery_tag) for transfer in transfers}) == 1
        assert payload.count(b"x") > 150_000
        assert unsettled(emulator) == 1


async def test_a_link_that_is_detached_leaves_nothing_unsettled(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await receiver_of(wire, 3)
        await wire.attach_receiver(SOURCE, 2, settle_modes=(UNSETTLED, FIRST))
        wire.give_credit(1, handle=2, seen=0)
        await wire.receive(1)
        assert unsettled(emulator) == 4
        wire.say(Detach(handle=1, closed=True))
        await wire.hear(Detach)
        assert unsettled(emulator) == 1


async def test_a_range_that_goes_back_ends_the_session(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await receiver_of(wire, 3)
        wire.settle(2, 1)
        assert condition((await wire.hear(End))[0].error) == "amqp:invalid-field"


async def test_the_sdk_which_asks_for_unsettled_and_never_settles_receives_all(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(PARTITION, [message(b"%d" % number) for number in range(700)])
    async with receiving(emulator, group="order", partition_id="0") as inbox:
        await inbox.wait_for(700)
        assert bodies(inbox.events) == [str(number) for number in range(700)]
        assert unsettled(emulator) >= 700  # and perhaps a reply of $cbs
    await asyncio.gather(*(connection.gone for connection in emulator.connections))
    assert unsettled(emulator) == 0


def a_link() -> Link:
    return cast("Link", SimpleNamespace())


def test_deliveries_that_are_never_settled_cost_no_memory_each() -> None:
    deliveries, link = Unsettled(), a_link()
    for first in range(0, 1_000_000, 100):
        deliveries.add(link, first, 100)
    assert len(deliveries) == 1_000_000
    assert len(deliveries._runs) == 1  # noqa: SLF001 - this is the promise


def test_ids_begin_again_after_the_last() -> None:
    deliveries, old, new = Unsettled(), a_link(), a_link()
    deliveries.add(old, 0, 10)
    deliveries.add(new, 0xFFFFFFFE, 4)
    assert len(deliveries) == 12  # 8 of the old link: its 0 and 1 are the new link's now
    assert deliveries.take(0xFFFFFFFE, 0xFFFFFFFF) == [(0xFFFFFFFE, 0xFFFFFFFF)]
    deliveries.forget(old)
    assert deliveries.take(0, 9) == [(0, 1)]
    assert len(deliveries) == 0


def test_a_disposition_may_begin_before_the_ids_do_and_end_after() -> None:
    session = cast("Session", SimpleNamespace(unsettled=Unsettled()))
    session.unsettled.add(a_link(), 0xFFFFFFFD, 6)
    on_disposition(session, Disposition(role=True, first=0xFFFFFFFE, last=1, settled=True))
    assert session.unsettled.take(0, 9) == [(2, 2)]
    assert session.unsettled.take(0xFFFFFF00, 0xFFFFFFFF) == [(0xFFFFFFFD, 0xFFFFFFFD)]
