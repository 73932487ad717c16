"""A ledger: the first entry under a key stands."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.runtime.cosmos_ledger import CosmosLedger
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
