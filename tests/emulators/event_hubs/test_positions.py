"""Where a consumer begins, and what it hears if that place does not exist."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from quartet_emulators.event_hubs import EventHubsEmulator
from quartet_emulators.event_hubs.performatives import Detach, Disposition

from tests.emulators.event_hubs.conftest import running
from tests.emulators.event_hubs.sdk import bodies, receive
from tests.emulators.event_hubs.wire import Wire, condition, logged_in, message

WEEK = ["mon", "tue", "wed", "thu", "fri"]
PARTITION = "saga-events/Partitions/0"
SOURCE = "saga-events/ConsumerGroups/$Default/Partitions/0"


async def publish_week(wire: Wire) -> None:
    """One event a millisecond, so that their times differ."""
    await wire.attach_sender(PARTITION)
    for day in WEEK:
        wire.send(message(day.encode()))
        await wire.hear(Disposition)
        await asyncio.sleep(0.002)


async def test_a_consumer_begins_at_an_event_or_behind_it(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire:
        await publish_week(wire)
        await wire.attach_receiver(SOURCE)
        wire.give_credit(5)
        wednesday = (await wire.receive(5))[2][0x72]
    assert isinstance(wednesday, dict)

    async def begin(position: object, *, inclusive: bool) -> list[str]:
        events = await receive(
            emulator,
            3 if inclusive else 2,
            group="order" if inclusive else "payment",
            partition_id="0",
            starting_position=position,
            starting_position_inclusive=inclusive,
        )
        return bodies(events)

    places = [
        wednesday["x-opt-offset"],
        int(wednesday["x-opt-sequence-number"]),
        dt.datetime.fromtimestamp(wednesday["x-opt-enqueued-time"] / 1000, dt.UTC),
    ]
    heard = await asyncio.gather(
        *(begin(place, inclusive=True) for place in places),
        *(begin(place, inclusive=False) for place in places),
    )
    assert heard == [["wed", "thu", "fri"]] * 3 + [["thu", "fri"]] * 3


async def test_latest_hears_only_what_comes_later(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as wire, logged_in(emulator.port) as listener:
        await publish_week(wire)
        await listener.attach_receiver(SOURCE, selector="amqp.annotation.x-opt-offset > '@latest'")
        listener.give_credit(10)
        await wire.publish(PARTITION, [message(b"sat")])
        assert [event[0x75] for event in await listener.receive(1)] == [b"sat"]


@pytest.mark.parametrize("last", ["offset", "sequence-number"])
async def test_the_last_event_is_a_valid_place_to_begin_behind(emulator: EventHubsEmulator, last: str) -> None:
    async with logged_in(emulator.port) as wire, logged_in(emulator.port) as listener:
        await publish_week(wire)
        position = emulator.hubs["saga-events"].partition("0").last
        assert position is not None
        value = position.offset if last == "offset" else position.sequence_number
        await listener.attach_receiver(SOURCE, selector=f"amqp.annotation.x-opt-{last} > '{value}'")
        listener.give_credit(10)
        await wire.publish(PARTITION, [message(b"sat")])
        assert [event[0x75] for event in await listener.receive(1)] == [b"sat"]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("amqp.annotation.x-opt-offset > '99999999'", "com.microsoft:argument-error"),
        ("amqp.annotation.x-opt-sequence-number >= '17'", "com.microsoft:argument-error"),
        ("amqp.annotation.x-opt-offset > 'no offset'", "amqp:not-allowed"),
        ("colour = 'teal'", "amqp:not-allowed"),
    ],
)
async def test_a_place_that_does_not_exist_is_an_error(
    emulator: EventHubsEmulator, selector: str, expected: str
) -> None:
    """As after a hub was recreated while the checkpoints were kept. (The SDK reports nothing.)"""
    async with logged_in(emulator.port) as wire:
        await publish_week(wire)
        attach = await wire.attach_receiver(SOURCE, selector=selector)
        detach, _ = await wire.hear(Detach)
    assert (attach.source, attach.target) == (None, None)
    assert detach.closed
    assert condition(detach.error) == expected


async def test_a_restart_keeps_events_numbers_and_offsets(tmp_path: Path) -> None:
    async with running(tmp_path) as first, logged_in(first.port) as wire:
        await wire.publish(PARTITION, [message(b"before"), message(b"still before")])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(10)
        before = await wire.receive(2)
    async with running(tmp_path) as second, logged_in(second.port) as wire:
        await wire.publish(PARTITION, [message(b"after")])
        await wire.attach_receiver(SOURCE)
        wire.give_credit(10)
        after = await wire.receive(3)
    assert after[:2] == before
    assert after[2][0x75] == b"after"
    annotations = [event[0x72] for event in after]
    assert all(isinstance(each, dict) for each in annotations)
    assert [each["x-opt-sequence-number"] for each in annotations if isinstance(each, dict)] == [0, 1, 2]


async def test_a_consumer_far_behind_reads_from_the_database(emulator: EventHubsEmulator) -> None:
    """More than fits in a partition's tail in memory, and with much more to come than one read gives."""
    async with logged_in(emulator.port) as wire:
        for number in range(60):
            await wire.publish(PARTITION, [message(b"%d " % number + b"x" * 150_000)] * 2)
    assert len(emulator.hubs["saga-events"].partition("0").tail) < 60
    async with logged_in(emulator.port) as wire:
        await wire.attach_receiver(SOURCE)
        for seen in range(0, 120, 40):
            wire.give_credit(40, seen=seen)
            for number, event in enumerate(await wire.receive(40), start=seen):
                annotations, data = event[0x72], event[0x75]
                assert isinstance(annotations, dict)
                assert isinstance(data, bytes)
                assert annotations["x-opt-sequence-number"] == number
                assert data.split()[0] == b"%d" % (number // 2)
