"""Faults of Event Hubs, on the wire: what exactly is stored, said and left unsaid."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quartet_emulators.event_hubs import EventHubsEmulator, NamespaceConfig
from quartet_emulators.event_hubs.config import HubConfig
from quartet_emulators.event_hubs.performatives import ACCEPTED, Attach, Detach, Disposition, Transfer
from quartet_emulators.event_hubs.types import Described
from quartet_emulators.faults import Injector

from tests.emulators.event_hubs.wire import Wire, condition, logged_in, message
from tests.emulators.faults.rules import switch_on

CONFIG = NamespaceConfig("emulatorNs1", (HubConfig("saga-events", 2, ("$Default", "order")),))
TARGET = "saga-events/Partitions/0"
SOURCE = "saga-events/ConsumerGroups/order/Partitions/0"


@pytest.fixture
def faults() -> Injector:
    return Injector("event_hubs")


@pytest.fixture
async def emulator(tmp_path: Path, faults: Injector) -> AsyncIterator[EventHubsEmulator]:
    emulator = EventHubsEmulator(tmp_path, CONFIG, faults=faults)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def wire(emulator: EventHubsEmulator) -> AsyncIterator[Wire]:
    async with logged_in(emulator.port) as wire:
        yield wire


def stored(emulator: EventHubsEmulator) -> int:
    return emulator.hubs["saga-events"].partitions[0].next_sequence


async def cut_off(wire: Wire) -> bool:
    """Wait until the connection breaks, in whatever way."""
    try:
        return await wire.ended()
    except ConnectionResetError:
        return True


async def published(emulator: EventHubsEmulator, *texts: bytes) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish(TARGET, [message(text) for text in texts])


async def received(wire: Wire, count: int) -> bytes:
    """The bodies of the next events, joined."""
    return b"".join(body for event in await wire.receive(count) if isinstance(body := event[0x75], bytes))


@pytest.mark.parametrize(("fault", "kept"), [("lost_acknowledgement", 1), ("drop_connection", 0)])
async def test_a_send_is_cut_off_after_or_before_it_is_stored(
    emulator: EventHubsEmulator, faults: Injector, wire: Wire, fault: str, kept: int
) -> None:
    await wire.attach_sender(TARGET)
    switch_on(faults, fault)
    wire.send(message(b"a"))
    assert await cut_off(wire)
    assert stored(emulator) == kept


@pytest.mark.parametrize(("fault", "said"), [("server_busy", Disposition), ("detach", Detach)])
async def test_a_send_is_refused(
    emulator: EventHubsEmulator, faults: Injector, wire: Wire, fault: str, said: type[Disposition] | type[Detach]
) -> None:
    await wire.attach_sender(TARGET)
    switch_on(faults, fault, first=1)
    wire.send(message(b"a"))
    answer, _ = await wire.hear(said)
    if isinstance(answer, Disposition):
        assert isinstance(answer.state, Described)
        assert isinstance(answer.state.value, list)
        assert condition(answer.state.value[0]) == "com.microsoft:server-busy"
    else:
        assert condition(answer.error) == "amqp:link:detach-forced"
    assert stored(emulator) == 0


async def test_a_send_is_stored_twice_and_acknowledged_once(faults: Injector, wire: Wire) -> None:
    await wire.attach_sender(TARGET)
    switch_on(faults, "duplicate", first=1)
    for text in (b"a", b"b"):
        wire.send(message(text))
        disposition, _ = await wire.hear(Disposition)
        assert disposition.state == ACCEPTED
    await wire.attach_receiver(SOURCE)
    wire.give_credit(10)
    assert await received(wire, 3) == b"aab"


async def test_a_slow_acknowledgement_is_of_a_stored_event(
    emulator: EventHubsEmulator, faults: Injector, wire: Wire
) -> None:
    await wire.attach_sender(TARGET)
    switch_on(faults, "slow", seconds=0.2)
    began = asyncio.get_running_loop().time()
    wire.send(message(b"a"))
    disposition, _ = await wire.hear(Disposition)
    assert asyncio.get_running_loop().time() - began >= 0.2
    assert (disposition.state, stored(emulator)) == (ACCEPTED, 1)


@pytest.mark.parametrize("operation", ["send", "attach_sender"])
async def test_a_half_open_connection_hears_and_says_nothing(
    emulator: EventHubsEmulator, faults: Injector, wire: Wire, operation: str
) -> None:
    switch_on(faults, "half_open", seconds=0.2, match={"operation": operation})
    began = asyncio.get_running_loop().time()
    if operation == "send":
        await wire.attach_sender(TARGET)
        wire.send(message(b"a"))
    else:
        wire.say(Attach(name="s", handle=0, role=False, target=Described(0x29, [TARGET]), initial_delivery_count=0))
    wire.send(message(b"b"))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await wire.hear(Disposition)
    assert asyncio.get_running_loop().time() - began >= 0.2
    assert stored(emulator) == 0


@pytest.mark.parametrize(
    ("fault", "said"), [("refuse", "amqp:internal-error"), ("server_busy", "com.microsoft:server-busy")]
)
async def test_links_are_refused(faults: Injector, wire: Wire, fault: str, said: str) -> None:
    switch_on(faults, fault, first=2, match={"operation": "attach_*"})
    for attaching in (wire.attach_sender(TARGET), wire.attach_receiver(SOURCE)):
        attach = await attaching
        assert (attach.source, attach.target) == (None, None)
        detach, _ = await wire.hear(Detach)
        assert condition(detach.error) == said
    assert (await wire.attach_sender(TARGET, handle=5)).target is not None


@pytest.mark.parametrize("fault", ["redeliver", "rewind"])
async def test_events_are_redelivered(emulator: EventHubsEmulator, faults: Injector, wire: Wire, fault: str) -> None:
    await published(emulator, b"a", b"b", b"c", b"d")
    switch_on(faults, fault, first=1, **({"events": 2} if fault == "rewind" else {}))
    await wire.attach_receiver(SOURCE)
    wire.give_credit(50)
    again = b"cd" if fault == "rewind" else b"abcd"
    assert await received(wire, 4 + len(again)) == b"abcd" + again
    await published(emulator, b"e")
    assert await received(wire, 1) == b"e"


async def test_a_rewind_on_every_delivery_still_makes_progress(
    emulator: EventHubsEmulator, faults: Injector, wire: Wire
) -> None:
    switch_on(faults, "rewind", events=100)
    await wire.attach_receiver(SOURCE)
    wire.give_credit(50)
    await published(emulator, b"a")
    assert await received(wire, 2) == b"aa"
    await published(emulator, b"b")
    assert await received(wire, 3) == b"bab"
    assert faults.injected["rewind"] == 2


async def test_an_idle_receiver_meets_no_fault(emulator: EventHubsEmulator, faults: Injector, wire: Wire) -> None:
    switch_on(faults, "detach", match={"partition": "0", "group": "ORDER"})
    await wire.attach_receiver(SOURCE)
    wire.give_credit(50)
    await wire.attach_receiver("saga-events/ConsumerGroups/order/Partitions/1", handle=2)
    assert faults.rules[0].looked_at == 0
    await published(emulator, b"a")
    detach, _ = await wire.hear(Detach)
    assert (condition(detach.error), faults.rules[0].looked_at) == ("amqp:link:detach-forced", 1)


async def test_a_stolen_link_says_so(emulator: EventHubsEmulator, faults: Injector, wire: Wire) -> None:
    await published(emulator, b"a")
    switch_on(faults, "steal", first=1)
    await wire.attach_receiver(SOURCE)
    wire.give_credit(50)
    detach, _ = await wire.hear(Detach)
    assert condition(detach.error) == "amqp:link:stolen"
    assert (await wire.attach_receiver(SOURCE, handle=2)).source is not None
    wire.give_credit(50, handle=2)
    assert await received(wire, 1) == b"a"


async def test_a_slow_delivery_is_complete_and_in_order(
    emulator: EventHubsEmulator, faults: Injector, wire: Wire
) -> None:
    await published(emulator, b"a")
    switch_on(faults, "slow", seconds=0.2)
    began = asyncio.get_running_loop().time()
    await wire.attach_receiver(SOURCE)
    wire.give_credit(50)
    await published(emulator, b"b")
    assert await received(wire, 2) == b"ab"
    assert asyncio.get_running_loop().time() - began >= 0.2


async def test_a_connection_that_is_dropped_while_it_receives(
    emulator: EventHubsEmulator, faults: Injector, wire: Wire
) -> None:
    switch_on(faults, "drop_connection", match={"operation": "receive"})
    await wire.attach_receiver(SOURCE)
    wire.give_credit(50)
    await published(emulator, b"a")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await wire.hear(Transfer)


async def test_recreated_hubs_are_empty_and_stay_empty(emulator: EventHubsEmulator, wire: Wire) -> None:
    await published(emulator, b"a", b"b")
    emulator.recreate_hubs()
    assert await cut_off(wire)
    assert stored(emulator) == 0
    await published(emulator, b"c")
    port = emulator.port
    await emulator.stop()
    await emulator.start()
    assert (stored(emulator), emulator.port) == (1, port)
    async with logged_in(port) as later:
        await later.attach_receiver(SOURCE)
        later.give_credit(50)
        assert await received(later, 1) == b"c"


async def test_a_send_in_progress_is_not_acknowledged_by_a_recreated_hub(
    emulator: EventHubsEmulator, wire: Wire
) -> None:
    await wire.attach_sender(TARGET)
    broker_log = emulator.hubs.log
    outcomes: list[object] = []
    broker_log.append(emulator.hubs["saga-events"].partitions[0], [], outcomes.append)
    emulator.recreate_hubs()
    assert (outcomes, stored(emulator)) == ([None], 0)
    assert await cut_off(wire)
