"""Dead letters in Cosmos DB: they are read as they were stored, and one of two that close one gets an error."""

import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError

from quartet.azure.cosmos.dead_letters import CosmosDeadLetters
from quartet.engine.dead_letters.store import DISCARDED, Settled
from quartet.engine.declaration.hubs import REFUSED
from quartet.engine.ports import DeadLetter, Message
from tests.cosmos_fixture import Cosmos, running_cosmos
from tests.runtime.fakes import NOON

PROPERTIES = {b"cloudEvents:id": b"e-1", b"cloudEvents:time": 1_782_000_000_000}  # as the SDK gives them
BINARY = Message(b"\x00\xff", None, cast(Mapping[str, object], PROPERTIES), 7, "4096")
LETTER = DeadLetter(BINARY, "3", "handler_failed", "ZeroDivisionError", 1, "o-1", "e-1", "OrderCreated.v1", NOON)
NAMELESS = replace(LETTER, message=replace(BINARY, sequence_number=8), saga_id=None, event_id=None, event_type=None)
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path) as running:
        yield running


@pytest.fixture
async def box(cosmos: Cosmos) -> CosmosDeadLetters:
    return CosmosDeadLetters(await cosmos.container("dead-letters"), 16)


async def test_a_stored_dead_letter_has_everything_that_a_redrive_needs(box: CosmosDeadLetters) -> None:
    await box.put([LETTER, NAMELESS])
    first, second = await box.find()
    assert first.letter == replace(LETTER, message=replace(BINARY, properties=first.letter.message.properties))
    assert first.letter.message.properties == {"cloudEvents:id": "e-1", "cloudEvents:time": 1_782_000_000_000}
    assert second.letter.saga_id is None
    assert first.id == LETTER.id != second.id


async def test_a_message_without_data_stays_without_data(box: CosmosDeadLetters) -> None:
    """The rendering of an AMQP value may look like an event: a redrive must not take it for one."""
    await box.put([replace(NAMELESS, message=replace(BINARY, body=b'{"a": 1}', body_form="value"))])
    [stored] = await box.find()
    assert (stored.letter.message.body, stored.letter.message.body_form) == (b'{"a": 1}', "value")


async def test_a_dead_letter_keeps_the_hub_that_its_message_came_in_by(box: CosmosDeadLetters) -> None:
    """What may be said on one hub may not be said on another: a redrive compares again."""
    other = replace(LETTER, message=replace(LETTER.message, hub="orders"))
    await box.put([LETTER, other])
    assert {stored.id: stored.letter.message.hub for stored in await box.find()} == {
        LETTER.id: "",
        f"orders-{LETTER.id}": "orders",
    }


async def test_dead_letters_are_found_by_order_and_by_id(box: CosmosDeadLetters) -> None:
    await box.put([LETTER, NAMELESS])
    assert [stored.id for stored in await box.find(saga_id="o-1")] == [LETTER.id]
    assert await box.find(saga_id="o-2") == []
    found = await box.get(NAMELESS.id)
    assert found is not None
    assert found.letter.message.sequence_number == 8
    assert await box.get("0-0-none") is None


async def test_a_dead_letter_of_an_earlier_release_has_its_saga(box: CosmosDeadLetters, cosmos: Cosmos) -> None:
    await box.put([LETTER])
    container = await cosmos.container("dead-letters")
    [document] = [one async for one in container.query_items("SELECT * FROM c")]
    await container.replace_item(document["id"], document | {"order_id": document.pop("saga_id")})
    [stored] = await box.find(saga_id="o-1")
    assert stored.letter.saga_id == "o-1"
    assert await box.settle(stored, Settled(LATER, DISCARDED))
    assert await box.discarded_sagas() == {"o-1"}


async def test_dead_again_it_has_the_later_reason_the_first_time_and_all_attempts(box: CosmosDeadLetters) -> None:
    await box.put([LETTER])
    await box.put([replace(LETTER, reason="retries_used_up", detail="busy", attempts=5, dead_at=LATER)])
    [stored] = await box.find()
    assert (stored.letter.reason, stored.letter.detail) == ("retries_used_up", "busy")
    assert (stored.letter.attempts, stored.letter.dead_at) == (6, NOON)


@pytest.mark.parametrize("letter", [LETTER, NAMELESS])
async def test_settled_it_is_kept_out_of_sight_until_it_dies_again(box: CosmosDeadLetters, letter: DeadLetter) -> None:
    await box.put([letter])
    [stored] = await box.find()
    assert await box.settle(stored, Settled(LATER, "handled"))
    assert await box.find() == []
    [kept] = await box.find(settled=True)
    assert kept.settled == Settled(LATER, "handled")

    await box.put([letter])
    [again] = await box.find()
    assert again.settled is None


async def test_of_two_that_close_one_dead_letter_the_second_gets_an_error(box: CosmosDeadLetters) -> None:
    await box.put([LETTER])
    [stored] = await box.find()
    assert await box.settle(stored, Settled(LATER, "handled"))
    assert not await box.settle(stored, Settled(LATER, "discarded"))
    [kept] = await box.find(settled=True)
    assert kept.settled == Settled(LATER, "handled")


@pytest.mark.parametrize("letter", [NAMELESS, *(replace(LETTER, reason=reason) for reason in sorted(REFUSED))])
async def test_a_dead_letter_that_blocks_no_saga_stays_discarded_when_its_event_fails_again(
    box: CosmosDeadLetters, letter: DeadLetter
) -> None:
    await box.put([letter])
    [stored] = await box.find()
    assert await box.settle(stored, Settled(LATER, DISCARDED))
    await box.put([letter])
    assert await box.find() == []
    [kept] = await box.find(settled=True)
    assert kept.settled == Settled(LATER, DISCARDED)


async def test_the_sagas_of_discarded_dead_letters_are_known(box: CosmosDeadLetters) -> None:
    await box.put([LETTER, NAMELESS])
    assert await box.discarded_sagas() == set()
    for stored in await box.find():
        await box.settle(stored, Settled(LATER, DISCARDED))
    assert await box.discarded_sagas() == {"o-1"}


async def test_many_dead_letters_are_one_request_per_bucket(cosmos: Cosmos, box: CosmosDeadLetters) -> None:
    flood = [replace(LETTER, message=replace(BINARY, sequence_number=n)) for n in range(90)]
    await box.put(flood)
    assert cosmos.requests("batch") == 1
    await box.put([*flood[:2], replace(LETTER, message=replace(BINARY, sequence_number=90))])
    assert len(await box.find()) == 91
    assert [stored.letter.attempts for stored in await box.find()][:3] == [2, 2, 1]


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**64,
        b"\xff\xfe",
        "\ud800",
        {"a": math.nan},
        [1, b"x"],
        UUID(int=7),
        None,
        True,
        "€",
    ],
)
async def test_a_property_of_any_type_can_be_kept(box: CosmosDeadLetters, value: object) -> None:
    message = replace(BINARY, properties={"x": value, "\ud800": 1}, content_type="text/\udcff")
    await box.put([replace(LETTER, message=message, detail="\ud800")])
    [stored] = await box.find()
    assert stored.letter.message.body == message.body
    assert stored.id == LETTER.id


async def test_a_dead_letter_without_its_body_keeps_its_id(box: CosmosDeadLetters) -> None:
    small = LETTER.reduced(keep_body=False)
    await box.put([small])
    [stored] = await box.find()
    assert stored.id == LETTER.id
    assert stored.letter.message.body == b""
    assert stored.letter.message.properties["body-bytes"] == len(BINARY.body)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_an_event_of_a_megabyte_with_a_megabyte_of_properties_is_kept_somehow(box: CosmosDeadLetters) -> None:
    huge = replace(BINARY, body=b"\x00" * 1_000_000, properties={"x": "\x01" * 500_000})
    with pytest.raises(CosmosHttpResponseError):
        await box.put([replace(LETTER, message=huge)])
    reduced = replace(LETTER, message=huge).reduced(keep_body=True)
    await box.put([reduced])
    [stored] = await box.find()
    assert stored.letter.message.body == huge.body
