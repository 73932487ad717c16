"""A ledger: the first entry under a key stands."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quartet.azure.cosmos.client import BatchLimits
from quartet.azure.cosmos.ledger import CosmosLedger
from tests.cosmos_fixture import Cosmos, running_cosmos


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path) as running:
        yield running


async def test_the_first_entry_under_a_key_stands(cosmos: Cosmos) -> None:
    container = await cosmos.container("book")
    mine, theirs = CosmosLedger(container), CosmosLedger(container)

    entry, is_new = await mine.record("0", {"id": "payment_o-1", "outcome": "charged"})
    assert (entry["outcome"], is_new) == ("charged", True)

    entry, is_new = await theirs.record("0", {"id": "payment_o-1", "outcome": "voided"})
    assert (entry["outcome"], is_new) == ("charged", False)


async def test_entries_made_at_the_same_time_are_one_request(cosmos: Cosmos) -> None:
    ledger = CosmosLedger(await cosmos.container("book"))
    results = await asyncio.gather(*(ledger.record("0", {"id": f"payment_{n}", "n": n}) for n in range(80)))
    assert [(entry["n"], is_new) for entry, is_new in results] == [(n, True) for n in range(80)]
    assert cosmos.requests("batch") == 1


async def test_one_known_key_does_not_hold_up_the_others(cosmos: Cosmos) -> None:
    ledger = CosmosLedger(await cosmos.container("book"))
    await ledger.record("0", {"id": "known", "by": "first"})
    names = ["a", "known", "b"]
    results = await asyncio.gather(*(ledger.record("0", {"id": name, "by": "second"}) for name in names))
    assert [(entry["by"], is_new) for entry, is_new in results] == [
        ("second", True),
        ("first", False),
        ("second", True),
    ]


async def test_two_callers_under_one_key_agree(cosmos: Cosmos) -> None:
    ledger = CosmosLedger(await cosmos.container("book"))
    results = await asyncio.gather(*(ledger.record("0", {"id": "one", "by": who}) for who in ("ada", "bob")))
    assert [(entry["by"], is_new) for entry, is_new in results] == [("ada", True), ("ada", False)]


async def test_an_entry_is_found_by_its_key_in_its_bucket(cosmos: Cosmos) -> None:
    ledger = CosmosLedger(await cosmos.container("book"))
    await ledger.record("0", {"id": "one", "by": "ada"})
    found = await ledger.look_up("0", "one")
    assert found is not None
    assert (found["id"], found["by"], found["pk"]) == ("one", "ada", "0")
    assert await ledger.look_up("0", "two") is None
    assert await ledger.look_up("1", "one") is None


async def test_entries_are_listed_by_outcome_from_all_buckets(cosmos: Cosmos) -> None:
    ledger = CosmosLedger(await cosmos.container("book"))
    for number, outcome in enumerate(("charged", "voided", "refunded", "charged")):
        await ledger.record(str(number % 2), {"id": f"e-{number}", "outcome": outcome})
    listed = {entry["id"] async for entry in ledger.entries({"charged", "refunded"})}
    assert listed == {"e-0", "e-2", "e-3"}
    assert [entry async for entry in ledger.entries({"lost"})] == []


async def test_a_ledger_keeps_the_limits_that_it_is_given(cosmos: Cosmos) -> None:
    ledger = CosmosLedger(await cosmos.container("book"), BatchLimits(operations=3))
    await asyncio.gather(*(ledger.record("0", {"id": f"e-{n}"}) for n in range(7)))
    assert cosmos.requests("batch") == 3


async def test_the_first_entry_is_returned(cosmos: Cosmos) -> None:
    """Also if some of those who ask together find theirs entered before."""
    ledger = CosmosLedger(await cosmos.container("book"))
    await asyncio.gather(*(ledger.record("0", {"id": f"e-{n}", "by": "ada"}) for n in (0, 2)))
    results = await asyncio.gather(*(ledger.record("0", {"id": f"e-{n}", "by": "bob"}) for n in range(4)))
    assert [(entry["by"], is_new) for entry, is_new in results] == [
        ("ada", False),
        ("bob", True),
        ("ada", False),
        ("bob", True),
    ]


async def test_a_key_of_another_bucket_is_another_key(cosmos: Cosmos) -> None:
    ledger = CosmosLedger(await cosmos.container("book"))
    await ledger.record("1", {"id": "one", "by": "ada"})
    await ledger.record("0", {"id": "two", "by": "ada"})
    results = await asyncio.gather(*(ledger.record("0", {"id": name, "by": "bob"}) for name in ("one", "two")))
    assert [(entry["by"], entry["pk"], is_new) for entry, is_new in results] == [
        ("bob", "0", True),
        ("ada", "0", False),
    ]
