"""Closed dead letters expire. Open ones do not, and a discarded one keeps its effect."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy

from quartet.azure.cosmos.dead_letters import CosmosDeadLetters, dead_letter_document
from quartet.azure.cosmos.provision import PER_DOCUMENT, open_database
from quartet.azure.settings import DEAD_LETTER_DAYS, Settings
from quartet.engine.dead_letters.store import DISCARDED, Settled
from quartet.engine.declaration.participant import DEAD_LETTERS, DEPLOYMENT
from quartet.engine.errors import OutageError
from quartet.engine.ports import DeadLetter, Message
from tests.cosmos_fixture import running_cosmos
from tests.emulators.cosmos.clock import Clock
from tests.runtime.fakes import NOON

SPECS = (DEAD_LETTERS, DEPLOYMENT)
SECRET = "12 Rose Lane"
MESSAGE = Message(b'{"street": "12 Rose Lane"}', "application/json", {"street": SECRET}, 7, "4096")
LETTER = DeadLetter(MESSAGE, "3", "handler_failed", SECRET, 1, "o-1", "e-1", "OrderCreated.v1", NOON)
NAMELESS = replace(LETTER, message=replace(MESSAGE, sequence_number=8), saga_id=None, event_id=None, event_type=None)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A container of dead letters on a server whose time the test moves."""

    client: CosmosClient
    clock: Clock
    box: CosmosDeadLetters
    container: ContainerProxy

    async def open(self) -> list[str]:
        return [stored.id for stored in await self.box.find()]

    async def documents(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one async for one in self.container.query_items("SELECT * FROM c")}

    async def settle(self, outcome: str) -> None:
        [stored] = await self.box.find()
        assert await self.box.settle(stored, Settled(NOON, outcome))

    def after(self, **time: float) -> None:
        self.clock.now += timedelta(**time).total_seconds()


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    clock = Clock()
    async with running_cosmos(tmp_path, clock) as cosmos:
        database = await open_database(cosmos.client, "desk", SPECS, buckets=16, may_create=True)
        container = database.get_container_client(DEAD_LETTERS.name)
        yield Shelf(cosmos.client, clock, CosmosDeadLetters(container, 16, days=30), container)


async def test_an_open_dead_letter_never_expires(shelf: Shelf) -> None:
    await shelf.box.put([LETTER])
    shelf.after(days=36_500)
    assert await shelf.open() == [LETTER.id]


async def test_a_redriven_one_expires_after_its_days(shelf: Shelf) -> None:
    await shelf.box.put([LETTER])
    await shelf.settle("handled")
    shelf.after(days=30, seconds=-2)
    [kept] = await shelf.box.find(settled=True)
    expected = datetime.fromtimestamp(int(Clock().now), UTC) + timedelta(days=30)
    assert (kept.letter.message.body, kept.expires_at) == (MESSAGE.body, expected)
    shelf.after(seconds=2)
    assert await shelf.documents() == {}


async def test_a_discarded_one_loses_its_content_and_keeps_its_effect(shelf: Shelf) -> None:
    await shelf.box.put([LETTER])
    await shelf.settle(DISCARDED)
    before = await shelf.documents()
    assert set(before) == {LETTER.id, f"{LETTER.id}.copy"}
    assert SECRET not in str(before[LETTER.id])
    assert before[f"{LETTER.id}.copy"]["detail"] == SECRET

    shelf.after(days=30)
    assert set(await shelf.documents()) == {LETTER.id}
    assert await shelf.box.discarded_sagas() == {"o-1"}
    [kept] = await shelf.box.find(settled=True)
    assert (kept.id, kept.settled, kept.expires_at) == (LETTER.id, Settled(NOON, DISCARDED), None)


async def test_the_copy_is_no_dead_letter_of_its_own(shelf: Shelf) -> None:
    await shelf.box.put([LETTER])
    await shelf.settle(DISCARDED)
    assert await shelf.open() == []
    [kept] = await shelf.box.find(settled=True)
    assert not kept.is_copy


@pytest.mark.parametrize("days", [0, 31])
async def test_without_a_saga_it_stays_discarded_whenever_its_event_is_delivered(shelf: Shelf, days: int) -> None:
    await shelf.box.put([NAMELESS])
    await shelf.settle(DISCARDED)
    shelf.after(days=days)
    await shelf.box.put([NAMELESS])
    assert await shelf.open() == []


@pytest.mark.parametrize("outcome", ["handled", DISCARDED])
@pytest.mark.parametrize("days", [0, 31])
async def test_one_that_fails_again_is_open_has_its_content_and_never_expires(
    shelf: Shelf, outcome: str, days: int
) -> None:
    await shelf.box.put([LETTER])
    await shelf.settle(outcome)
    shelf.after(days=days)
    await shelf.box.put([LETTER])
    shelf.after(days=1000)
    [stored] = await shelf.box.find()
    assert (stored.letter.message.body, stored.letter.detail) == (MESSAGE.body, SECRET)
    assert stored.settled is None
    assert stored.expires_at is None


async def test_of_two_that_discard_one_the_second_gets_an_error(shelf: Shelf) -> None:
    await shelf.box.put([LETTER])
    [stored] = await shelf.box.find()
    assert await shelf.box.settle(stored, Settled(NOON, DISCARDED))
    assert not await shelf.box.settle(stored, Settled(NOON, DISCARDED))


def letter_of(size: int) -> DeadLetter:
    return replace(LETTER, message=replace(MESSAGE, body=b"\xff" * size))


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_one_that_is_too_large_for_a_copy_loses_its_content_immediately(shelf: Shelf) -> None:
    """Cosmos DB takes 2 MB in a batch: the document alone fits, and with the one that stays it does not."""
    small = len(json.dumps(dead_letter_document(letter_of(10_000), 16)))
    room = 2 * 1024 * 1024 - 500 - small
    await shelf.box.put([letter_of(10_000 + room // 4 * 3)])
    await shelf.settle(DISCARDED)
    [document] = (await shelf.documents()).values()
    assert document["body"] == ""
    assert document["settled"]["outcome"] == DISCARDED


class Between:
    """A container in which something happens to the rows of a query before they arrive."""

    def __init__(self, container: ContainerProxy, happens: Callable[[list[object]], list[object]]) -> None:
        self._container = container
        self._happens = happens

    def __getattr__(self, name: str) -> object:
        return getattr(self._container, name)

    async def query_items(self, query: str, **options: Any) -> AsyncIterator[object]:  # noqa: ANN401 -- the SDK's
        found: list[object] = [row async for row in self._container.query_items(query, **options)]
        for row in self._happens(found):
            yield row

    def box(self) -> CosmosDeadLetters:
        return CosmosDeadLetters(cast(ContainerProxy, self), 16)


async def test_one_that_expires_while_it_is_stored_again_is_stored(shelf: Shelf) -> None:
    """It is found, and then it is gone before it can be opened."""
    await shelf.box.put([LETTER])
    await shelf.settle("handled")

    def a_month_passes(found: list[object]) -> list[object]:
        shelf.after(days=31)
        return found

    await Between(shelf.container, a_month_passes).box().put([LETTER])
    assert await shelf.open() == [LETTER.id]


async def test_one_that_exists_and_is_not_seen_is_an_outage(shelf: Shelf) -> None:
    await shelf.box.put([LETTER])
    with pytest.raises(OutageError, match="cannot be read yet"):
        await Between(shelf.container, lambda _: []).box().put([LETTER])


async def old_database(client: CosmosClient) -> DatabaseProxy:
    """A database of an earlier release: nothing expires in its containers."""
    database = await client.create_database("old")
    policy: Any = {
        "indexingMode": "consistent",
        "includedPaths": [{"path": "/pk/?"}],
        "excludedPaths": [{"path": "/*"}],
    }
    await database.create_container(DEAD_LETTERS.name, PartitionKey("/pk"), indexing_policy=policy)
    await database.create_container(DEPLOYMENT.name, PartitionKey("/id"))
    return database


async def test_a_service_with_a_key_lets_the_letters_of_an_earlier_release_expire(shelf: Shelf) -> None:
    database = await old_database(shelf.client)
    before = await database.get_container_client(DEAD_LETTERS.name).read()
    await open_database(shelf.client, "old", SPECS, buckets=16, may_create=True)
    after = await database.get_container_client(DEAD_LETTERS.name).read()
    assert (before.get("defaultTtl"), after["defaultTtl"]) == (None, PER_DOCUMENT)
    assert after["indexingPolicy"] == before["indexingPolicy"]


async def test_a_service_with_an_identity_changes_nothing(shelf: Shelf) -> None:
    database = await old_database(shelf.client)
    await open_database(shelf.client, "old", SPECS, buckets=16, may_create=False)
    assert (await database.get_container_client(DEAD_LETTERS.name).read()).get("defaultTtl") is None


def test_the_default_is_the_longest_retention_of_an_event_hub() -> None:
    servers = dict.fromkeys(
        ("cosmos_connection_string", "event_hubs_connection_string", "blob_connection_string"), "not used"
    )
    assert Settings.model_validate(servers).dead_letter_days == DEAD_LETTER_DAYS == 90
