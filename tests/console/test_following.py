"""The follower loses nothing and counts nothing twice: its projection equals one that is read from the beginning."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from examples.trip.app import TRIP
from quartet.console.projection.facts import Batch, Place, Position
from quartet.console.projection.query import Query
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.engine.errors import OutageError
from quartet.events import OUTSIDE, partition_of
from services.shop import SHOP
from tests.console.console_fixture import content, following, recorded, running_hub

SAGAS: Final = recorded("samples/recordings/orders.jsonl")
EVENTS: Final = sum(map(len, SAGAS))
Event = Mapping[str, Any]


def by_partition(sagas: Sequence[tuple[Event, ...]]) -> dict[str, list[Event]]:
    """The events of sagas, each saga in one of four partitions; the sagas of a partition are mixed."""
    found: dict[str, list[Event]] = {}
    for number in range(4):
        rounds = itertools.zip_longest(*sagas[number::4])
        found[str(number)] = [event for events in rounds for event in events if event is not None]
    return found


async def rebuilt(hub: Any, directory: Path, events: int) -> dict[str, list[tuple[Any, ...]]]:  # noqa: ANN401 -- any hub
    """What a projection holds that reads the hub from its beginning."""
    async with following(hub, directory) as console:
        await console.until_read(events)
    return content(directory)


async def test_every_saga_is_there_with_its_end_its_reason_and_its_events(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub, following(hub, tmp_path / "a") as console:
        for partition, events in by_partition(SAGAS).items():
            await hub.send(partition, events)
        await console.until_read(EVENTS)
        totals = await console.projection.totals(0)
        assert totals.sagas == len(SAGAS)
        ends = [event["type"] for saga in SAGAS for event in saga if event["type"] in {one.type for one in SHOP.ends}]
        assert totals.ended == {type_: ends.count(type_) for type_ in set(ends)}
        for saga in SAGAS:
            found = await console.projection.saga(saga[0]["subject"])
            assert found is not None
            assert [fact.event_id for fact in found.facts] == [event["id"] for event in saga]
            assert found.summary.events == len(saga)
        assert set(console.told) == {saga[0]["subject"] for saga in SAGAS}


async def test_a_console_that_is_killed_again_and_again_ends_like_one_that_was_not(tmp_path: Path) -> None:
    """Each life is ended in the middle of the load, without a word to the projection."""
    async with running_hub(tmp_path) as hub:
        parts = by_partition(SAGAS)
        sent = 0
        for step in range(3):
            async with following(hub, tmp_path / "a") as console:
                for partition, events in parts.items():
                    some = events[step::3]
                    sent += len(some)
                    await hub.send(partition, some)
                await console.until(lambda: bool(console.told))
        async with following(hub, tmp_path / "a") as console:
            await console.until_read(sent)
        assert sent == EVENTS
        assert content(tmp_path / "a") == await rebuilt(hub, tmp_path / "b", EVENTS)


async def test_duplicates_change_no_end_and_no_latency(tmp_path: Path) -> None:
    saga = SAGAS[0]
    async with running_hub(tmp_path) as hub, following(hub, tmp_path / "a") as console:
        await hub.send("0", saga)
        await console.until_read(len(saga))
        once = content(tmp_path / "a")
        await hub.send("0", [*saga, *saga])
        await console.until_read(3 * len(saga))
        found = await console.projection.saga(saga[0]["subject"])
    assert found is not None
    assert found.summary.events == 3 * len(saga)
    repeated = content(tmp_path / "a")
    assert repeated["steps"] == once["steps"]
    assert repeated["marks"] == once["marks"]


HOSTILE: Final[list[bytes]] = [
    b"",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    json.dumps(
        {"specversion": "1.0", "subject": "known", "type": "x" * 10_000, "source": "\u202e", "id": "1"}
    ).encode(),
    json.dumps({**SAGAS[0][0], "source": "/services/shipping", "type": "OrderShipped.v1"}).encode(),
    json.dumps({**SAGAS[0][0], "subject": "other"}).encode(),
    json.dumps(
        {**SAGAS[0][0], "id": "a" * 900, "data": {"order_id": SAGAS[0][0]["subject"], "items": [[]] * 9_000}}
    ).encode(),
    json.dumps({**SAGAS[0][0], "type": "Unheard.v1", "data": {"a_id": "\x00\x1b[2J"}}).encode(),
    b'{"subject": "named-only", "x": ' + b"9" * 300_000,
]


async def test_hostile_messages_are_shown_with_their_problem_and_change_nothing(tmp_path: Path) -> None:
    saga = SAGAS[0]
    async with running_hub(tmp_path) as hub, following(hub, tmp_path / "a") as console:
        await hub.send("0", [*HOSTILE[:5], *saga, *HOSTILE[5:]])
        await console.until_read(len(HOSTILE) + len(saga))
        found = await console.projection.saga(saga[0]["subject"])
        named = await console.projection.saga("named-only")
        totals = await console.projection.totals(0)
    assert found is not None
    assert named is not None
    assert [fact.problem for fact in found.facts if not fact.problem] == [""] * len(saga)
    assert len([fact for fact in found.facts if fact.problem]) == 3
    assert found.summary.phase == "ended"
    assert found.summary.counted == len(saga)
    assert named.summary.status == "without effect"
    assert "cannot be read" in named.summary.why
    assert totals.open == 0
    assert totals.strays == 3
    assert "event skipped" not in console.said


async def test_a_saga_with_very_many_events_stays_small_and_says_so(tmp_path: Path) -> None:
    saga = SAGAS[0]
    async with running_hub(tmp_path) as hub, following(hub, tmp_path / "a") as console:
        await hub.send("0", saga * 400)
        await console.until_read(400 * len(saga))
        found = await console.projection.saga(saga[0]["subject"])
    assert found is not None
    assert found.summary.events == 400 * len(saga)
    assert len(found.facts) == 1_000


async def test_a_hub_that_goes_away_is_followed_again_when_it_is_back(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub, following(hub, tmp_path / "a", check_seconds=0.1) as console:
        await hub.send("0", SAGAS[0])
        await console.until_read(len(SAGAS[0]))
        assert console.follower.standing(0).following
        await hub.stop()
        await console.until(lambda: not console.follower.standing(0).following)
        assert "Event Hubs" in console.follower.standing(0).problem
        await hub.start()
        await hub.send("0", SAGAS[1])
        await console.until_read(len(SAGAS[0]) + len(SAGAS[1]))
        await console.until(lambda: console.follower.standing(0).following)
        assert content(tmp_path / "a") == await rebuilt(hub, tmp_path / "b", len(SAGAS[0]) + len(SAGAS[1]))


async def test_a_hub_that_was_recreated_is_read_from_its_beginning(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub, following(hub, tmp_path / "a") as console:
        await hub.send("0", SAGAS[0])
        await console.until_read(len(SAGAS[0]))
    other = tmp_path / "other"
    other.mkdir()
    async with running_hub(other) as hub:
        await hub.send("0", SAGAS[1])
        async with following(hub, tmp_path / "a") as console:
            await console.until(lambda: SAGAS[1][0]["subject"] in console.told)
            await console.until_read(len(SAGAS[1]))
        assert content(tmp_path / "a") == await rebuilt(hub, tmp_path / "b", len(SAGAS[1]))
    assert any("recreated" in line for line in console.said)


async def test_two_hubs_of_authors_tell_one_saga(tmp_path: Path) -> None:
    """The events of a saga come from a hub for each author, in any order between them."""
    sagas = recorded("examples/trip/recordings.jsonl")
    async with running_hub(tmp_path, TRIP, "authors") as hub, following(hub, tmp_path / "a") as console:
        count = 0
        for saga in sagas[:3]:
            for event in reversed(saga):
                author = str(event["source"]).rpartition("/")[2]
                partition = partition_of(event["subject"], ("0", "1", "2", "3"))
                await hub.send(partition, [event], author if author in TRIP.names else OUTSIDE)
                count += 1
        await console.until_read(count)
        for saga in sagas[:3]:
            found = await console.projection.saga(saga[0]["subject"])
            assert found is not None
            assert {fact.event_id for fact in found.facts} == {event["id"] for event in saga}
            assert not [fact.problem for fact in found.facts if fact.problem]
            assert found.summary.ended is not None


async def test_events_that_the_hub_has_dropped_are_missed_and_said_so(tmp_path: Path) -> None:
    """The position says that event 5 comes next, and the hub begins with a later one: it is read from there."""
    async with running_hub(tmp_path) as hub, following(hub, tmp_path / "a") as console:
        await hub.send("0", SAGAS[0])
        await console.until_read(len(SAGAS[0]))
        progress = console.follower.progress
        progress.saw_ends(Place("", "0"), 50, 60)
        assert progress.start_of(Place("", "0")) == "-1"
        assert progress.missed() == {Place("", "0"): 50 - len(SAGAS[0])}


class _Away(SqliteProjection):
    """A projection whose store does not answer a few times."""

    failures = 3

    async def take(self, batch: Batch) -> None:
        if self.failures:
            self.failures -= 1
            raise OutageError("the disk is full")
        await super().take(batch)


async def test_a_batch_waits_for_a_projection_that_does_not_answer(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub, following(hub, tmp_path / "a") as console:
        console.projection.__class__ = _Away
        await hub.send("0", SAGAS[0])
        await console.until_read(len(SAGAS[0]))
    assert "following interrupted" in console.said
    assert [len(content(tmp_path / "a")["events"])] == [len(SAGAS[0])]


async def test_what_was_kept_before_is_not_kept_again(tmp_path: Path) -> None:
    """A batch that overlaps with the position is kept from there on."""
    async with running_hub(tmp_path) as hub:
        await hub.send("0", SAGAS[0])
        before = await rebuilt(hub, tmp_path / "a", len(SAGAS[0]))
        async with following(hub, tmp_path / "a") as console:
            whole = await console.projection.saga(SAGAS[0][0]["subject"])
            assert whole is not None
            last = Position(len(SAGAS[0]) - 1, whole.facts[-1].key.at)
            await console.projection.take(Batch(Place("", "0"), last, whole.facts))
            assert content(tmp_path / "a") == before
            again = replace(whole.facts[0], key=whole.facts[0].key._replace(sequence_number=99))
            await console.projection.take(Batch(Place("", "0"), Position(99, again.key.at), [*whole.facts, again]))
            page = await console.projection.search(Query(), stuck_before=0, limit=5)
    assert [one.events for one in page.sagas] == [len(SAGAS[0]) + 1]
