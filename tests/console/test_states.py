"""What each event changed: seen in the change feed, told once, and honest about what was not seen."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from examples.trip.booking import HOTEL
from quartet.azure.settings import load_settings
from quartet.cli.lag.silence import silent_log
from quartet.cli.timeline.timeline import read_timeline
from quartet.console.door import Door
from quartet.console.states.diff import MOST_CHANGES, differences
from quartet.console.states.following import StateFollower
from quartet.console.states.store import MOST_CHANGES as MOST_OF_A_SAGA
from quartet.console.states.store import StateStore
from quartet.console.states.version import Change, Reader, Version
from quartet.console.views import ChangeView, SaidView, StateView
from quartet.events import bucket_of
from services.shop import SHOP
from tests.saga.shop import Shop, order

NOBODY = Version("t-1", 1.0, None, {})


def version(*keys: str, **state: object) -> Version:
    return Version("t-1", 2.0, state, dict.fromkeys(keys, 1))


def change(before: Version | None, now: Version, *, is_first_look: bool = False) -> Change | None:
    return Reader(HOTEL).change(before, now, is_first_look=is_first_look)


def test_differences_name_the_path_of_each_value() -> None:
    before = {"status": "OPEN", "items": [{"quantity": 1}], "note": "x", "paid": 1}
    after = {"status": "DONE", "items": [{"quantity": 2}, {"quantity": 5}], "paid": True}
    assert [(one.path, one.before, one.after) for one in differences(before, after)] == [
        ("status", "OPEN", "DONE"),
        ("items/0/quantity", 1, 2),
        ("items/1", None, {"quantity": 5}),
        ("note", "x", None),
        ("paid", 1, True),
    ]
    assert differences(before, before) == []


def test_differences_have_a_bound() -> None:
    found = differences({}, {str(number): "x" * 9_000 for number in range(1_000)})
    assert len(found) == MOST_CHANGES + 1
    assert all(len(str(one.after)) < 3_000 for one in found)


def test_one_event_is_one_change() -> None:
    assert change(version("a", status="OPEN"), version("a", "b", status="DONE")) == Change(
        "hotel", 2.0, ("b",), (ChangeView(path="status", before="OPEN", after="DONE"),)
    )


def test_several_events_in_one_change_are_marked() -> None:
    """This participant calls its provider, so it writes after each event: the versions between were not seen."""
    seen = change(version("a"), version("a", "b", "c", status="DONE"))
    assert seen is not None
    assert (seen.keys, seen.is_merged) == (("b", "c"), True)
    assert "several writes" in seen.note
    late = change(None, version("a", "b"), is_first_look=True)
    assert late is not None
    assert "began to look after" in late.note


def test_what_no_event_changed_is_said_to_be_so() -> None:
    seen = change(version("a", status="OPEN"), version("a", status="DONE"))
    assert seen is not None
    assert (seen.keys, seen.note) == ((), "changed without an event: by hand, or by an operator")
    assert change(version("a", status="OPEN"), version("a", status="OPEN")) is None


def test_an_event_that_is_answered_again_counts() -> None:
    """An open compensation is handled again when an operator redrives it."""
    again = change(Version("t-1", 1.0, {}, {"a": 0}), Version("t-1", 2.0, {}, {"a": 1}))
    assert again is not None
    assert again.keys == ("a",)


def test_a_dead_letter_that_blocks_is_shown() -> None:
    blocked = change(NOBODY, Version("t-1", 2.0, None, {}, ("0-7-abc",)))
    assert blocked is not None
    assert "blocks" in blocked.note


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"id": 7, "pk": None},
        {"id": "t-1", "pk": "1", "_etag": "x", "version": 99, "handled": {}, "partition": "0"},
        {"id": "t-1", "pk": "1", "_etag": "x", "handled": {"a": 5}, "partition": "0", "status": "???"},
    ],
)
def test_a_record_of_another_release_is_shown_as_such(document: dict[str, Any]) -> None:
    strange = Reader(HOTEL).version(document)
    assert strange.problem
    told = change(version("a"), strange)
    assert told is not None
    assert "this release cannot read the record" in told.note
    after = change(strange, version("a", "b"))
    assert after is not None
    assert after.is_merged


def test_a_saga_keeps_its_last_changes(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "states.sqlite")
    for number in range(MOST_OF_A_SAGA + 20):
        store.keep("hotel", {"t-1": (version(), [Change("hotel", float(number), (str(number),), ())])}, str(number))
    store.close()
    store = StateStore(tmp_path / "states.sqlite")
    kept = store.changes("t-1")
    assert [kept[0].keys, kept[-1].keys, len(kept)] == [("20",), ("119",), MOST_OF_A_SAGA]
    assert store.continuation("hotel") == "119"


# With the real shop


async def said_in(saga_id: str) -> list[SaidView]:
    return [
        SaidView(
            number=said.number, at="", ms=0, type=said.type, kind="step", sayer="", source=said.source,
            event_id=said.event_id, cause=said.cause, repeats=said.repeats, remark="", problem="", hub="",
            partition=said.partition, sequence_number=said.sequence_number, heard_by=(),
        )
        for said in await read_timeline(saga_id, load_settings())
    ]  # fmt: skip


@asynccontextmanager
async def following(shop: Shop, store: StateStore) -> AsyncIterator[tuple[StateFollower, list[str]]]:
    """A follower, and the sagas that it has told of."""
    news: list[str] = []
    with patch.dict(os.environ, shop.environment):
        async with Door(load_settings()) as door:
            yield StateFollower(door.cosmos, SHOP, store, news=news.extend, log=silent_log(), page=5), news


async def poll_all(follower: StateFollower) -> None:
    for name in SHOP.names:
        while await follower.poll(name):
            pass
    assert not any(follower.problems.values())


def changed(views: tuple[StateView, ...], participant: str, path: str) -> list[tuple[object, object]]:
    return [
        (one.before, one.after)
        for view in views
        if view.participant == participant
        for one in view.changes
        if one.path == path
    ]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_states_of_an_order_are_followed(shop: Shop, tmp_path: Path) -> None:
    await shop.stock(bellows=2)
    await shop.publish(order("followed-1", {"bellows": 1}))
    await shop.until("followed-1", "COMPLETED")
    await shop.until_stored("inventory", "followed-1", lambda document: document["status"] == "SHIPPED")
    store = StateStore(tmp_path / "states.sqlite")
    async with following(shop, store) as (follower, news):
        await poll_all(follower)
        assert "followed-1" in news
        events = await said_in("followed-1")
        views = await follower.of("followed-1", events)
        by = {view.participant: view for view in views}
        assert set(by) == set(SHOP.names)
        heard = {name: {one.number for one in events if one.type in SHOP.participant(name).hears} for name in by}
        assert {name: {*view.events} for name, view in by.items()} == heard
        assert changed(views, "payment", "status") == [(None, "CHARGED")]
        assert all(follower.handled("followed-1").values())

        before = follower.requests
        await poll_all(follower)
        assert follower.requests - before == len(SHOP.names), "one request for each container that has no news"

    news.clear()
    await shop.container("payments").patch_item(
        "followed-1", bucket_of("followed-1", 16), [{"op": "set", "path": "/status", "value": "REFUNDED"}]
    )
    async with following(shop, store) as (follower, news):  # another process continues
        await poll_all(follower)
        assert news == ["followed-1"]
        views = await follower.of("followed-1", events)
        assert changed(views, "payment", "status") == [(None, "CHARGED"), ("CHARGED", "REFUNDED")]
        assert views[-1].note == "changed without an event: by hand, or by an operator"
        await shop.container("payments").patch_item(
            "followed-1", bucket_of("followed-1", 16), [{"op": "set", "path": "/status", "value": "CHARGED"}]
        )
    store.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_feed_that_cannot_be_read_is_said_to_be_unknown(shop: Shop) -> None:
    store = StateStore(None)
    async with following(shop, store) as (follower, _):
        [*views] = await follower.of("never-seen", [])
        assert {view.participant for view in views} == set(SHOP.names)
        assert {view.note for view in views} == {"what follows is not known: not looked at yet"}
    store.close()


def test_what_was_seen_of_a_saga_can_be_forgotten() -> None:
    store = StateStore(None)
    seen = {
        saga: (Version(saga, 1.0, {"status": "OPEN"}, {"a": 1}), [Change("hotel", 1.0, ("a",), ())]) for saga in "xy"
    }
    store.keep("hotel", seen, "here")
    store.forget_sagas(["x"])
    assert (store.changes("x"), len(store.changes("y"))) == ([], 1)
    assert list(store.versions("hotel", "xy")) == ["y"]
    assert store.continuation("hotel") == "here"
    store.close()
