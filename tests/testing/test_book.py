"""A book in memory and one in Cosmos DB keep the same promises."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from quartet.azure.cosmos.book import CosmosBook
from quartet.azure.cosmos.provision import open_database
from quartet.engine.declaration.book import Book
from quartet.engine.declaration.participant import DEPLOYMENT, ContainerSpec
from quartet.testing import MemoryBook
from tests.stack_fixture import running_stack


@asynccontextmanager
async def _book(kind: str, data_dir: Path) -> AsyncIterator[Book]:
    if kind == "memory":
        yield MemoryBook()
        return
    async with running_stack(data_dir) as servers:
        containers = (ContainerSpec("book"), DEPLOYMENT)
        database = await open_database(servers.cosmos, "books", containers, buckets=16, may_create=True)
        yield CosmosBook(database.get_container_client("book"), 16)


@pytest.mark.parametrize("kind", ["memory", "cosmos"])
async def test_the_first_entry_under_a_key_stands(kind: str, tmp_path: Path) -> None:
    async with _book(kind, tmp_path) as book:
        first, is_new = await book.enter("t-1", "sale_t-1", outcome="sold")
        second, is_new_again = await book.enter("t-1", "sale_t-1", outcome="cancelled")
        found = await book.look_up("t-1", "sale_t-1")
        assert (is_new, is_new_again) == (True, False)
        for entry in (first, second, found):
            assert entry is not None
            assert (entry["id"], entry["saga_id"], entry["outcome"]) == ("sale_t-1", "t-1", "sold")
        assert await book.look_up("t-1", "return_t-1") is None


@pytest.mark.parametrize("kind", ["memory", "cosmos"])
async def test_all_entries_of_all_sagas_are_listed(kind: str, tmp_path: Path) -> None:
    async with _book(kind, tmp_path) as book:
        for number in range(20):
            await book.enter(f"t-{number}", f"sale_t-{number}", outcome="sold")
        assert sorted([entry["saga_id"] async for entry in book.entries()]) == sorted(f"t-{n}" for n in range(20))


async def test_a_key_that_two_sagas_use_is_a_bug() -> None:
    book = MemoryBook()
    await book.enter("t", "t-returned", outcome="returned")
    with pytest.raises(AssertionError, match="t-returned is a key of saga t and of saga t-returned"):
        await book.enter("t-returned", "t-returned", outcome="sold")
