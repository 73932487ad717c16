"""Server-sent events: what a reader has not taken is coalesced, and a new reader gets an overview immediately."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator

import pytest

from quartet.console.live import MOST_PENDING, MOST_READERS, MOST_SAGAS, Live, TooManyReadersError
from quartet.console.views import OverviewView, Unknown
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched

COUNTER = itertools.count()


def overview(sagas: int) -> OverviewView:
    absent = Unknown(problem="x")
    return OverviewView(
        at="2026-01-01T00:00:00Z",
        following=True,
        behind_events=0,
        behind_seconds=0,
        problem="",
        sagas=sagas,
        open=0,
        compensating=0,
        stuck=0,
        ended={},
        flow=(),
        history=(),
        steps=(),
        lag=absent,
        letters=absent,
        stuck_sagas=(),
        recent=(),
        findings=absent,
    )


class Source:
    """Makes overviews, and counts them."""

    def __init__(self) -> None:
        self.sagas = 0
        self.made = 0
        self.is_away = False

    async def __call__(self) -> OverviewView:
        self.made += 1
        if self.is_away:
            raise OutageError("the file is locked")
        return overview(self.sagas)


async def until(events: AsyncIterator[str], kind: str) -> str:
    """The data of the next event of a kind."""
    async with asyncio.timeout(stretched(30)):
        async for text in events:
            if text.startswith(f"event: {kind}\n"):
                return text.split("data: ", 1)[1].strip()
    raise AssertionError(f"no {kind}")


async def test_a_reader_gets_an_overview_first_and_another_one_only_if_it_changed() -> None:
    source = Source()
    live = Live(source)
    running = asyncio.create_task(live.run())
    events = live.events()
    assert json.loads(await until(events, "overview"))["sagas"] == 0
    live.news(["a"])
    assert json.loads(await until(events, "sagas")) == ["a"]
    source.sagas = 1
    live.news(["b"])
    assert json.loads(await until(events, "overview"))["sagas"] == 1
    again = live.events()
    assert json.loads(await until(again, "overview"))["sagas"] == 1
    running.cancel()
    await events.aclose()
    await again.aclose()


async def test_without_a_reader_no_overview_is_made() -> None:
    source = Source()
    live = Live(source)
    running = asyncio.create_task(live.run())
    live.news(["a"])
    for _ in range(5):
        await asyncio.sleep(0)
    assert source.made == 0
    assert not live.watched.is_set()
    running.cancel()


async def test_a_slow_reader_gets_the_newest_sagas_each_once() -> None:
    live = Live(Source())
    events = live.events()
    await until(events, "overview")
    for _ in range(20):
        live.news([f"saga-{number}" for number in range(3 * MOST_PENDING)])
    live.close()
    named: list[str] = []
    async for text in events:
        if text.startswith("event: sagas"):
            some = json.loads(text.split("data: ", 1)[1])
            assert len(some) <= MOST_SAGAS
            named += some
    assert len(named) == len(set(named)) <= MOST_PENDING
    assert set(named) <= {f"saga-{number}" for number in range(2 * MOST_PENDING, 3 * MOST_PENDING)}


async def test_what_a_slow_reader_has_not_taken_is_bounded() -> None:
    live = Live(Source())
    events = live.events()
    await until(events, "overview")
    for _ in range(10 * MOST_PENDING):
        live.news([f"saga-{next(COUNTER)}"])
    [reader] = live._readers  # noqa: SLF001 -- there is no other way to look at what is kept
    assert len(reader.pending) == MOST_PENDING
    await events.aclose()
    assert not live._readers  # noqa: SLF001 -- the same


async def test_an_end_says_goodbye() -> None:
    live = Live(Source())
    events = live.events()
    await until(events, "overview")
    live.close()
    assert await until(events, "bye") == "{}"


async def test_one_reader_too_many_is_refused() -> None:
    live = Live(Source())
    readers = [live.events() for _ in range(MOST_READERS)]
    for events in readers:
        await anext(events)
    with pytest.raises(TooManyReadersError):
        await anext(live.events())
    await readers[0].aclose()
    await anext(live.events())


async def test_a_projection_that_does_not_answer_costs_a_tick() -> None:
    source = Source()
    source.is_away = True
    live = Live(source)
    events = live.events()
    assert (await anext(events)).startswith("retry")
    running = asyncio.create_task(live.run())
    source.is_away = False
    assert json.loads(await until(events, "overview"))["sagas"] == 0
    running.cancel()
    await events.aclose()


async def test_a_reader_without_news_gets_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quartet.console.live._HEARTBEAT", 0.01)
    live = Live(Source())
    events = live.events()
    await until(events, "overview")
    async with asyncio.timeout(stretched(30)):
        assert [await anext(events) for _ in range(3)] == [": heartbeat\n\n"] * 3
    live.news(["a"])
    assert json.loads(await until(events, "sagas")) == ["a"]
    await events.aclose()
