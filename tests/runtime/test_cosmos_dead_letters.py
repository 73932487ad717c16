"""Dead letters in Cosmos DB: everything comes back as it was, and two who settle one are told apart."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from shared.runtime.cosmos_dead_letters import CosmosDeadLetters
from shared.runtime.letter_box import Settled
from shared.runtime.ports import DeadLetter, Message
from tests.cosmos_fixture import running_cosmos
from tests.runtime.fakes import NOON

PROPERTIES = {b"cloudEvents:id": b"e-1", b"cloudEvents:time": 1_782_000_000_000}  # as the SDK gives them
BINARY = Message(b"\x00\xff", None, cast(Mapping[str, object], PROPERTIES), 7, "4096")
LETTER = DeadLetter(BINARY, "3", "handler_failed", "ZeroDivisionError", 1, "o-1", "e-1", "OrderCreated.v1", NOON)
NAMELESS = replace(LETTER, message=replace(BINARY, sequence_number=8), order_id=None, event_id=None, event_type=None)
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[CosmosDeadLetters]:
    async with running_cosmos(tmp_path) as cosmos:
        yield CosmosDeadLetters(await cosmos.container("dead-letters"), 16)


async def test_what_is_needed_to_handle_it_again_comes_back(box: CosmosDeadLetters) -> None:
    await box.put([LETTER, NAMELESS])
    first, second = await box.find()
    assert first.letter == replace(LETTER, message=replace(BINARY, properties=first.letter.message.properties))
    assert first.letter.message.properties == {"cloudEvents:id": "e-1", "cloudEvents:time": 1_782_000_000_000}
    assert second.letter.order_id is None
    assert first.id == LETTER.id != second.id


async def test_an_orders_letters_and_one_by_id(box: CosmosDeadLetters) -> None:
    await box.put([LETTER, NAMELESS])
    assert [stored.id for stored in await box.find(order_id="o-1")] == [LETTER.id]
    assert await box.find(order_id="o-2") == []
    found = await box.get(NAMELESS.id)
    assert found is not None
    assert found.letter.message.sequence_number == 8
    assert await box.get("0-0-none") is None


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


async def test_of_two_who_settle_one_the_second_is_told(box: CosmosDeadLetters) -> None:
    await box.put([LETTER])
    [stored] = await box.find()
    assert await box.settle(stored, Settled(LATER, "handled"))
    assert not await box.settle(stored, Settled(LATER, "discarded"))
    [kept] = await box.find(settled=True)
    assert kept.settled == Settled(LATER, "handled")
