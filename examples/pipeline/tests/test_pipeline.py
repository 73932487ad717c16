"""Whole files: one at a time, in every order, and many under faults. Each run ends with the rows added up."""

import json
from collections import Counter
from collections.abc import Mapping
from random import Random

import pytest

from examples.pipeline.app import PIPELINE, rows_add_up
from examples.pipeline.events import FileArrived, FileEvent, FileWithdrawn
from examples.pipeline.lake import Held, Lake
from examples.pipeline.step import Refused
from examples.pipeline.tests.files import ARRIVED, BAD, GOOD, MIXED, NO_CSV, TWICE, blobs_with, lakes
from quartet.testing import Violation, World, explore, problems, simulate


def rows(world: World) -> dict[str, int]:
    """How many rows are where."""
    held: Counter[str] = Counter()
    for effect in world.effects("publishing"):
        assert isinstance(effect, Held)
        if effect.place != "named":
            held[effect.place] += effect.rows
    return dict(held)


def test_every_failure_reaches_each_participant_with_work_to_undo() -> None:
    assert problems(PIPELINE) == ()


@pytest.mark.parametrize(
    ("text", "end", "where"),
    [
        (GOOD, "FileReleased.v1", {"landed": 3, "published": 3, "rejected": 0}),
        (MIXED, "FileReleased.v1", {"landed": 5, "published": 3, "rejected": 2}),
        (TWICE, "FileDiscarded.v1", {"landed": 4, "quarantined": 4}),
        (BAD, "FileDiscarded.v1", {"landed": 1, "quarantined": 1}),
        (NO_CSV, "FileDiscarded.v1", {"landed": 0, "quarantined": 0}),
    ],
)
def test_a_file_is_published_or_quarantined(text: str, end: str, where: dict[str, int]) -> None:
    world = World(PIPELINE, lakes(blobs_with(f=text)))
    world.say(ARRIVED)
    world.run()
    assert [data.type for data in world.ends("f")] == [end]
    assert rows(world) == where
    assert list(rows_add_up(world)) == []


def test_a_day_has_one_file() -> None:
    world = World(PIPELINE, lakes(blobs_with(f=GOOD, g=MIXED)))
    world.say(ARRIVED)
    world.run()
    world.say(replace_file(ARRIVED, "g"))
    world.run()
    assert [data.type for data in world.ends("g")] == ["FileDiscarded.v1"]
    assert rows(world) == {"landed": 8, "published": 3, "rejected": 0, "quarantined": 5}
    assert list(rows_add_up(world)) == []


def replace_file(event: FileArrived, file_id: str) -> FileArrived:
    return event.model_copy(update={"file_id": file_id})


def test_a_row_that_is_lost_is_found() -> None:
    blobs = blobs_with(f=MIXED)
    world = World(PIPELINE, lakes(blobs))
    world.say(ARRIVED)
    world.run()
    del blobs.stored["rejects/f.parquet"]
    (line,) = rows_add_up(world)
    assert line.startswith("f: {")
    assert line.endswith("does not add up")


MANIFEST = b'{"days": {"2026-11-27": "other"}, "refused": []}'
ENDS = {"FileReleased.v1", "FileDiscarded.v1"}


def ports(text: str, **kinds: type[Lake]) -> Mapping[str, Lake]:
    """The lake with a file, and with another one of the next day that is published."""
    blobs = blobs_with(f=text)
    blobs.stored["manifest.json"] = (MANIFEST, 1)
    return lakes(blobs, **kinds)


@pytest.mark.parametrize(
    ("text", "day", "silences", "ends"),
    [
        (MIXED, "2026-11-26", 0, {"FileReleased.v1"}),
        (MIXED, "2026-11-26", 1, ENDS),
        (MIXED, "2026-11-27", 1, {"FileDiscarded.v1"}),
        (TWICE, "2026-11-26", 1, {"FileDiscarded.v1"}),
        (BAD, "2026-11-26", 1, {"FileDiscarded.v1"}),
    ],
    ids=["released", "given up", "day taken", "not unique", "rejected"],
)
def test_a_file_in_every_order_with_a_crash_a_repeat_and_a_silence_anywhere(
    text: str, day: str, silences: int, ends: set[str]
) -> None:
    arrived = FileArrived(file_id="f", day=day)
    report = explore(PIPELINE, ports=lambda: ports(text), events=[arrived], silences=silences)
    assert report.complete
    assert report.ends == ends


def test_a_withdrawal_at_any_moment_with_a_crash_anywhere() -> None:
    events = [ARRIVED, FileWithdrawn(file_id="f")]
    report = explore(PIPELINE, ports=lambda: ports(MIXED), events=events, repeats=0)
    assert report.complete
    assert report.ends == ENDS


class Doubtful(Lake):
    """A lake in which no reader finds what was loaded."""

    async def read_back(self, file_id: str, day: str, rows: int) -> Refused | None:
        await Lake.read_back(self, file_id, day, rows)
        return Refused("not_as_loaded")


def test_the_manifest_is_restored_when_a_later_step_fails() -> None:
    blobs = blobs_with(f=MIXED)
    blobs.stored["manifest.json"] = (MANIFEST, 1)
    world = World(PIPELINE, lakes(blobs, release=Doubtful))
    world.say(ARRIVED)
    world.run()
    assert "FilePublished.v1" in [data.type for data in world.answers("f")]
    assert [data.type for data in world.ends("f")] == ["FileDiscarded.v1"]
    assert json.loads(blobs.stored["manifest.json"][0]) == {"days": {"2026-11-27": "other"}, "refused": ["f"]}
    assert rows(world) == {"landed": 5, "quarantined": 5}


def test_a_file_that_is_not_released_in_every_order_with_a_crash_anywhere() -> None:
    report = explore(PIPELINE, ports=lambda: ports(MIXED, release=Doubtful), events=[ARRIVED], repeats=0)
    assert report.complete
    assert report.ends == {"FileDiscarded.v1"}


class Forgetful(Lake):
    """A lake that leaves the file in the manifest."""

    async def restore(self, file_id: str) -> None:
        await self.blobs.read(f"data/{file_id}.parquet")


def test_a_manifest_that_is_not_restored_is_found() -> None:
    with pytest.raises(Violation, match="f: is discarded, and its rows are"):
        explore(PIPELINE, ports=lambda: ports(MIXED, release=Doubtful, publishing=Forgetful), events=[ARRIVED])


def any_file(random: Random) -> list[FileEvent]:
    withdrawn = [FileWithdrawn(file_id="f")] if random.random() < 0.3 else []
    return [FileArrived(file_id="f", day=random.choice(["2026-11-26", "2026-11-27"])), *withdrawn]


def test_many_files_under_faults() -> None:
    texts = {"a": GOOD, "b": MIXED, "c": TWICE, "d": MIXED}
    simulate(PIPELINE, ports=lambda: lakes(blobs_with(**texts)), first=any_file, sagas=tuple(texts), runs=30)


class Careless(Lake):
    """A lake in which the file decides whether it can be staged, also if a process has staged it before."""

    async def load(self, file_id: str, version: str) -> int | Refused:
        landed = await self.blobs.read(f"landing/{file_id}.csv")
        if landed is None or landed.version != version:
            return Refused("changed")
        return await Lake.load(self, file_id, version)


def test_what_a_dead_process_has_staged_is_found() -> None:
    events = [ARRIVED, FileWithdrawn(file_id="f")]
    with pytest.raises(Violation) as found:
        explore(PIPELINE, ports=lambda: ports(MIXED, loading=Careless), events=events, repeats=0)
    assert "f: is discarded, and its rows are" in str(found.value)
    assert "loading: crashes after `call Careless.load` for FileValidated.v1" in str(found.value)
