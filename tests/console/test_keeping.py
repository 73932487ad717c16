"""The console forgets sagas that ended long ago, and nothing of which an event may still be unread."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import structlog

from quartet.console.keeping import MOST, Keeping
from quartet.console.overviews import Standing
from quartet.console.progress import Progress
from quartet.console.projection.facts import Batch, Place, Position
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.engine.errors import OutageError
from tests.console.stores.asking import LONG_AGO, found
from tests.console.stores.facts import MAIN, MINUTE, batch, fact, taken

DAY: Final = 86_400_000
END: Final = MINUTE * 60_000 + 3_000
"""When the trip 1 ended, in ms."""
DAYS: Final = 2


class _Away(SqliteProjection):
    is_away = False

    async def ended_before(self, before: int, most: int) -> list[str]:
        if self.is_away:
            raise OutageError("the server is away")
        return [*await super().ended_before(before, most)]


@dataclass(slots=True)
class Reader:
    """Reads the hubs: as far as it says."""

    upto: int | None = None
    following: bool = True

    def standing(self, now: int) -> Standing:  # noqa: ARG002 -- the port has it
        return Standing(self.following, 0, 0, "")

    def read_upto(self, now: int) -> int | None:
        return now if self.upto is None else self.upto


@dataclass(slots=True)
class Scene:
    """A projection with one trip that has ended and one that is open, and a clock that the test moves."""

    projection: _Away
    reader: Reader = field(default_factory=Reader)
    now: int = END
    log: structlog.testing.LogCapture = field(default_factory=structlog.testing.LogCapture)
    forgotten: list[str] = field(default_factory=list)

    def keeping(self) -> Keeping:
        return Keeping(
            self.projection,
            self.reader,
            self.reader.read_upto,
            days=DAYS,
            forget=self.forget,
            log=structlog.wrap_logger(structlog.PrintLogger(), processors=[self.log]),
            now=lambda: self.now,
        )

    def forget(self, sagas: Collection[str]) -> None:
        self.forgotten += sagas

    async def kept(self) -> list[str]:
        return sorted(await found(self.projection, ""))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    projection = _Away(tmp_path)
    await projection.take(batch(*taken("trip-1", 1), fact("trip-2", "TripBooked.v1", 4)))
    yield Scene(projection)
    await projection.close()


async def test_a_saga_that_ended_is_kept_for_these_days_and_no_longer(scene: Scene) -> None:
    keeping = scene.keeping()
    scene.now = END + DAYS * DAY
    assert not await keeping.turn()
    assert (await scene.kept(), scene.forgotten) == (["trip-1", "trip-2"], [])
    scene.now += 1
    assert not await keeping.turn()
    assert (await scene.kept(), scene.forgotten) == (["trip-2"], ["trip-1"])


async def test_an_open_saga_is_kept_however_old_it_is(scene: Scene) -> None:
    scene.now = END + 1_000 * DAY
    await scene.keeping().turn()
    assert await scene.kept() == ["trip-2"]


async def test_while_old_events_are_read_the_days_count_from_what_was_read(scene: Scene) -> None:
    """A console that was off for a month, or begins again, may read more of a saga that seems to be old."""
    scene.now, scene.reader.upto = END + 30 * DAY, END + DAYS * DAY
    keeping = scene.keeping()
    await keeping.turn()
    assert await scene.kept() == ["trip-1", "trip-2"]
    scene.reader.upto += 1
    await keeping.turn()
    assert await scene.kept() == ["trip-2"]


async def test_nothing_is_removed_while_the_hubs_cannot_be_read(scene: Scene) -> None:
    scene.now, scene.reader.following = END + 30 * DAY, False
    assert not await scene.keeping().turn()
    assert (await scene.kept(), scene.forgotten) == (["trip-1", "trip-2"], [])


async def test_the_figures_of_old_minutes_go_too(scene: Scene) -> None:
    assert await scene.projection.marks(0, 2 * MINUTE)
    scene.now = END + (DAYS + 1) * DAY
    await scene.keeping().turn()
    assert await scene.projection.marks(0, 2 * MINUTE) == {}
    assert (await scene.projection.totals(LONG_AGO)).sagas == 1


async def test_there_may_be_more_after_a_turn_that_removed_all_it_may(scene: Scene) -> None:
    facts = [one for number in range(MOST) for one in taken(f"trip-{number + 10}", 10 + 3 * number)]
    await scene.projection.take(Batch(MAIN, Position(facts[-1].key.sequence_number, END), facts))
    scene.now = END + 30 * DAY
    keeping = scene.keeping()
    assert await keeping.turn()
    assert len(await scene.kept()) == 2
    assert not await keeping.turn()
    assert await scene.kept() == ["trip-2"]


async def test_a_store_that_is_away_is_said_once_and_tried_again(scene: Scene) -> None:
    scene.now, scene.projection.is_away = END + 30 * DAY, True
    keeping = scene.keeping()
    assert not await keeping.turn()
    assert not await keeping.turn()
    assert [line["event"] for line in scene.log.entries] == ["old sagas cannot be removed"]
    scene.projection.is_away = False
    await keeping.turn()
    assert await scene.kept() == ["trip-2"]


def test_how_far_all_was_read_is_known_only_when_each_partition_with_events_was_begun() -> None:
    progress, one, other, now = Progress(), Place("trips", "0"), Place("trips", "1"), 9_000
    assert progress.read_upto(now) is None
    progress.begin({})
    progress.saw_ends(one, 0, -1)
    assert progress.read_upto(now) == now
    progress.saw_ends(one, 0, 5)
    assert progress.read_upto(now) is None
    progress.begin({one: Position(3, 7_000)})
    assert progress.read_upto(now) == 7_000
    progress.read(one, Position(5, 8_000))
    assert progress.read_upto(now) == now
    progress.saw_ends(other, 4, 4)
    assert progress.read_upto(now) is None
