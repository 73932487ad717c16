"""An operator's process may die at any request, and be run again: no order waits forever, nothing is done twice."""

import asyncio
import random
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

import pytest
from quartet_emulators.cosmos.in_process import InProcessAccount

from quartet.azure.cosmos.dead_letters import CosmosDeadLetters
from quartet.azure.cosmos.records import CosmosRecords
from quartet.engine.dead_letters.redrive import Redrive
from quartet.engine.dead_letters.store import DISCARDED, Settled, StoredLetter
from quartet.engine.declaration.retry_policy import Backoff, RetryPolicy
from quartet.engine.engine import Engine
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import Message
from quartet.engine.records.record import Json, Record
from quartet.events import encode, to_json
from quartet.testing.cluster.servers.cosmos import MemoryCosmos
from services.inventory.service import ITEMS
from services.operations.participants import INVENTORY
from services.operations.publish.catalogue import Product
from services.operations.seed.seeding import Seeded, seed
from tests.runtime.fakes import DESK_SERVICE, NOON, QUIET, Desk, Parcel, messages, order_created, reserved
from tests.runtime.mortal import DiedError, Mortal

BUG = ZeroDivisionError("a spoon in the gears")
MOST_REQUESTS = 100


@dataclass(slots=True)
class Said:
    """A `Publisher` that dies with its process."""

    life: Mortal
    events: list[Json]

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        del partition
        self.life.step(lambda: self.events.extend(events))


@dataclass(slots=True)
class World:
    """The stores, and what was said on the hub."""

    cosmos: MemoryCosmos = field(
        default_factory=lambda: MemoryCosmos([DESK_SERVICE], InProcessAccount, lambda: 0.0, lambda *_: None)
    )
    said: list[Json] = field(default_factory=list)
    desk: Desk = field(default_factory=Desk)

    def letters(self, life: Mortal) -> CosmosDeadLetters:
        return CosmosDeadLetters(life.container(self.cosmos, DESK_SERVICE, "dead-letters"), 16)

    def records(self, life: Mortal) -> CosmosRecords[Parcel]:
        return CosmosRecords(life.container(self.cosmos, DESK_SERVICE), Parcel, 16)

    def engine(self, life: Mortal) -> Engine[Parcel]:
        return Engine(
            DESK_SERVICE,
            ports=self.desk,
            store=self.records(life),
            publisher=Said(life, self.said),
            dead_letters=self.letters(life),
            buckets=16,
            now=lambda: NOON,
            retry=RetryPolicy(3, 10, backoff=Backoff(0.001, 0.001), outage_backoff=Backoff(0.001, 0.001)),
            rng=random.Random(7),
            look_first=True,
            log=QUIET,
        )

    def redrive(self, life: Mortal) -> Redrive[Parcel]:
        return Redrive(self.engine(life), self.letters(life), lambda: NOON)

    async def record(self) -> Record[Parcel]:
        return (await self.records(Mortal()).load(["o-1"]))["o-1"]

    async def open_letters(self) -> list[StoredLetter]:
        return await self.letters(Mortal()).find()

    async def assert_nobody_waits_behind_what_is_settled(self) -> None:
        record = await self.record()
        settled = {one.id for one in await self.letters(Mortal()).find(settled=True) if one.settled}
        assert settled.isdisjoint(record.parked)
        assert settled.isdisjoint(record.owed)


async def waiting_order() -> tuple[World, list[Message]]:
    """An order that was opened, then met what cannot be read, and of which two more events wait."""
    world = World()
    some = messages(
        order_created("o-1"),
        encode({**to_json(reserved("o-1")), "type": "OrderEaten.v1"}),
        reserved("o-1", "a"),
        reserved("o-1", "b"),
    )
    await world.engine(Mortal()).process("0", some)
    assert len((await world.record()).parked) == 3
    return world, some


async def discard_first(world: World, life: Mortal, letter_id: str) -> None:
    """`dead-letters discard ID`."""
    found = [one for one in await world.letters(life).find(settled=True) if one.id == letter_id]
    for stored in found:
        await world.redrive(life).discard(stored)


async def redrive_all(world: World, life: Mortal) -> None:
    """`dead-letters redrive --all`."""
    async for _report in world.redrive(life).run(await world.letters(life).find()):
        pass


async def dies(work: Awaitable[None]) -> bool:
    """Whether the process dies before the work is done."""
    try:
        async with asyncio.timeout(stretched(30)):
            await work
    except DiedError:
        return True
    return False


@pytest.mark.parametrize("is_answered", [False, True], ids=["before it is sent", "before it is answered"])
async def test_a_discard_that_dies_at_any_request_can_be_run_again(is_answered: bool) -> None:
    for dies_at in range(1, MOST_REQUESTS):
        world, some = await waiting_order()
        unreadable = some[1].letter_id("0")
        life = Mortal(dies_at, is_answered)
        if not await dies(discard_first(world, life, unreadable)):
            break
        await world.assert_nobody_waits_behind_what_is_settled()
        await discard_first(world, Mortal(), unreadable)
        await world.assert_nobody_waits_behind_what_is_settled()
        assert len(await world.open_letters()) == 2
        await redrive_all(world, Mortal())
        await assert_all_was_handled_once(world)
        [settled] = [one for one in await world.letters(Mortal()).find(settled=True) if one.id == unreadable]
        assert settled.settled is not None
        assert settled.settled.outcome == DISCARDED
    assert 3 < dies_at < MOST_REQUESTS, "every request was tried"


async def test_an_order_behind_a_discarded_dead_letter_is_unblocked_by_discarding_it_again() -> None:
    """A process that closed the dead letter first, and then died, has left such an order."""
    world, some = await waiting_order()
    unreadable = some[1].letter_id("0")
    letters = world.letters(Mortal())
    [stored] = [one for one in await letters.find() if one.id == unreadable]
    assert await letters.settle(stored, Settled(NOON, DISCARDED))
    await discard_first(world, Mortal(), unreadable)
    await redrive_all(world, Mortal())
    await assert_all_was_handled_once(world)


@pytest.mark.parametrize("is_answered", [False, True], ids=["before it is sent", "before it is answered"])
async def test_a_redrive_that_dies_at_any_request_can_be_run_again(is_answered: bool) -> None:
    for dies_at in range(1, MOST_REQUESTS):
        world, some = await waiting_order()
        await discard_first(world, Mortal(), some[1].letter_id("0"))
        if not await dies(redrive_all(world, Mortal(dies_at, is_answered))):
            break
        await world.assert_nobody_waits_behind_what_is_settled()
        await redrive_all(world, Mortal())
        await assert_all_was_handled_once(world)
    assert 6 < dies_at < MOST_REQUESTS, "every request was tried"


async def assert_all_was_handled_once(world: World) -> None:
    record = await world.record()
    assert (record.parked, record.owed, record.parked_beyond) == ((), (), 0)
    assert record.state == Parcel(3, "ada")
    assert await world.open_letters() == []


CATALOGUE = [Product(product_id="rosin", name="Rosin", quantity=5), Product(product_id="bow", name="Bow", quantity=2)]


@dataclass(slots=True)
class Shelves:
    """What seeding asks of its connection."""

    cosmos: MemoryCosmos
    life: Mortal

    def container(self, _: object, name: str) -> object:
        return self.life.container(self.cosmos, INVENTORY, name)


async def put(cosmos: MemoryCosmos, life: Mortal, delivery: str | None) -> Seeded:
    return await seed(Shelves(cosmos, life), CATALOGUE, delivery=delivery)  # type: ignore[arg-type]  # all that it asks


def stock(cosmos: MemoryCosmos) -> dict[str, tuple[int, int]]:
    return {
        one["id"]: (one["available_quantity"], one["seeded_quantity"])
        for one in cosmos.documents(INVENTORY.database, ITEMS.name)
        if one["id"] == one["product_id"]
    }


@pytest.mark.parametrize("is_answered", [False, True], ids=["before it is sent", "before it is answered"])
@pytest.mark.parametrize(
    ("delivery", "before", "after"),
    [
        (None, {}, {"rosin": (5, 5), "bow": (2, 2)}),
        ("monday", {}, {"rosin": (5, 5), "bow": (2, 2)}),
        ("monday", {"rosin": (5, 5), "bow": (2, 2)}, {"rosin": (10, 10), "bow": (4, 4)}),
    ],
    ids=["seed", "the first delivery", "restock"],
)
async def test_seeding_that_dies_at_any_request_can_be_run_again(
    delivery: str | None,
    before: dict[str, tuple[int, int]],
    after: dict[str, tuple[int, int]],
    is_answered: bool,
) -> None:
    for dies_at in range(1, MOST_REQUESTS):
        cosmos = MemoryCosmos([INVENTORY], InProcessAccount, lambda: 0.0, lambda *_: None)
        if before:
            await put(cosmos, Mortal(), None)
        assert stock(cosmos) == before
        try:
            await put(cosmos, Mortal(dies_at, is_answered), delivery)
        except DiedError:
            await put(cosmos, Mortal(), delivery)
            assert stock(cosmos) == after
        else:
            break
    assert 2 < dies_at < MOST_REQUESTS, "every request was tried"


async def test_a_delivery_counts_once_and_another_one_counts_too() -> None:
    cosmos = MemoryCosmos([INVENTORY], InProcessAccount, lambda: 0.0, lambda *_: None)
    assert await put(cosmos, Mortal(), "monday") == Seeded(created=2)
    assert await put(cosmos, Mortal(), "monday") == Seeded(restocked=2)
    assert stock(cosmos) == {"rosin": (5, 5), "bow": (2, 2)}
    assert await put(cosmos, Mortal(), "tuesday") == Seeded(restocked=2)
    assert stock(cosmos) == {"rosin": (10, 10), "bow": (4, 4)}
    assert await put(cosmos, Mortal(), None) == Seeded(unchanged=2)
