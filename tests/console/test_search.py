"""A search finds what it says, page by page, and reads no more than its index."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from quartet.console.projection.port import Page
from quartet.console.projection.query import Query, parse_query
from quartet.console.projection.sqlite.schema import FILE
from quartet.console.projection.sqlite.searching import plan
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.projection.summary import Summary
from quartet.console.rows import Listing
from tests.console.made import START, STEP, Maker, queries, saga_id

COUNT = 600
NOW = START + COUNT * STEP


@pytest.fixture(scope="module")
def projection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteProjection]:
    made = SqliteProjection(tmp_path_factory.mktemp("projection"))

    async def fill() -> None:
        for batch in Maker().batches(COUNT):
            await made.take(batch)

    asyncio.run(fill())
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="module")
def everything(projection: SqliteProjection) -> list[Summary]:
    return list(asyncio.run(projection.search(Query(), stuck_before=0, limit=10 * COUNT)).sagas)


async def search(projection: SqliteProjection, text: str, limit: int = 10 * COUNT, cursor: str | None = None) -> Page:
    return await projection.search(parse_query(text, NOW), stuck_before=NOW, limit=limit, cursor=cursor)


def values(summary: Summary) -> set[tuple[str, str]]:
    return {("id", summary.id), *((term.field, term.value) for term in summary.terms)}


def matches(summary: Summary, text: str) -> bool:
    """The meaning of a search, told without an index."""
    for part in text.split():
        field, colon, value = part.partition(":")
        if field == "status":
            states = {summary.phase, summary.status.lower()}
            if value not in states and not (value == "stuck" and summary.phase in {"open", "compensating"}):
                return False
        elif field in {"after", "before"}:
            bound = getattr(parse_query(part, NOW), field)
            if (summary.first.at >= bound) != (field == "after"):
                return False
        else:
            wanted, start = (field, value) if colon else (None, part)
            if not any(wanted in {None, name} and found.lower().startswith(start) for name, found in values(summary)):
                return False
    return True


def cases() -> Iterator[str]:
    for texts in queries(COUNT).values():
        yield from texts[:4]
    yield from ("ORD-0000007", "after:30s", "after:2026-01-01 cust-0", "status:failed reason:payment_declined rosin")


@pytest.mark.parametrize("text", list(cases()))
async def test_it_finds_all_that_match_the_newest_first(
    projection: SqliteProjection, everything: list[Summary], text: str
) -> None:
    found = [one.id for one in (await search(projection, text)).sagas]
    assert found == [one.id for one in everything if matches(one, text.lower())]


@pytest.mark.parametrize("text", ["", "cust-", "status:ended", "p", "rosin cust-0", "id:ord-00"])
async def test_pages_are_the_whole_in_pieces(projection: SqliteProjection, text: str) -> None:
    whole = [one.id for one in (await search(projection, text)).sagas]
    assert whole
    pieces, cursor = [], None
    while True:
        page = await search(projection, text, 7, cursor)
        pieces += [one.id for one in page.sagas]
        assert len(page.sagas) == 7 or page.next is None
        if page.next is None:
            break
        cursor = page.next
    assert pieces == whole


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("after:yesterday", "after: takes a time"),
        ("before:", "before: says no value"),
        ("x" * 500, "at most 400 characters"),
        ("a " * 30, "at most 12 words"),
    ],
)
def test_a_search_that_means_nothing_says_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_query(text, NOW)


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", ".ord-1", "-1.ord-1", "²2.ord", "9" * 30 + ".a"])
async def test_a_cursor_that_is_none_is_refused(projection: SqliteProjection, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        await search(projection, "", 7, cursor)


async def test_characters_of_a_pattern_are_characters(projection: SqliteProjection) -> None:
    for text in ("%", "ord_0", "*", "'", '"', "\U0010ffff", "a:b:c", ":", "::"):
        assert (await search(projection, text)).sagas == []


@pytest.mark.parametrize("kind", list(queries(COUNT)))
def test_no_search_reads_a_whole_table(projection: SqliteProjection, kind: str) -> None:
    """But for the newest sagas, which an index has in their order."""
    [(_, _, path)] = projection._reader.execute("PRAGMA database_list").fetchall()  # noqa: SLF001 -- its file
    assert Path(path).name == FILE
    connection = sqlite3.connect(path)
    for text in queries(COUNT)[kind]:
        _, statement = plan(connection, parse_query(text, NOW), stuck_before=NOW, cursor=None)
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement.sql} LIMIT 51", statement.values)]
        for step in steps:
            assert not step.startswith("SCAN") or "sagas_newest" in step, (text, steps)
    connection.close()


async def test_an_open_saga_without_news_is_stuck_and_one_that_ended_is_not(projection: SqliteProjection) -> None:
    whole = await projection.saga(saga_id(0))
    assert whole is not None
    started = Summary(whole.summary.id, whole.summary.first, whole.summary.last, events=1, counted=1)
    later = whole.summary.last.key.at + 1
    assert Listing(later, later).row(started).status == "stuck"
    assert not Listing(later, later - 1).row(started).is_stuck
    assert not Listing(later, later).row(whole.summary).is_stuck
