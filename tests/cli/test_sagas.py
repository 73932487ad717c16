"""Where sagas of any application stand, read from what its participants have stored."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from quartet.cli import application
from quartet.cli.lag.lag import Standstill
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.provisioning import provision
from quartet.cli.reading.stored import Stored
from quartet.cli.status.ends import ends_of, wait_for_ends
from quartet.cli.status.sagas import overview, saga_status
from quartet.cli.status.view import ends_view, overview_json, overview_view, saga_json, saga_view
from quartet.engine.declaration.participant import Participant
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Record
from quartet.events import EventData, bucket_of
from quartet.process.application import Application
from quartet.process.service import Service
from tests.cosmos_fixture import running_cosmos
from tests.topology.oven import BAKER, BAKERY, MILLER, BreadBaked, BreadBurnt, FlourGround, FlourReturned, Sack

APP = replace(BAKERY, services=(Service(MILLER, ports=lambda _: None), Service(BAKER, ports=lambda _: None)))


@pytest.fixture(autouse=True)
def bakery() -> None:
    application.use(Application("tests:APP", APP))


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path) as running:
        cosmos = Cosmos(running.client, running.settings)
        await provision(cosmos, APP)
        yield cosmos


async def store(
    cosmos: Cosmos, participant: Participant[Sack, Any], saga_id: str, *said: type[EventData], sack: Sack | None
) -> None:
    """What a participant has recorded of a saga: a state, and one event that it answered."""
    pk = bucket_of(saga_id, cosmos.settings.buckets)
    answers = tuple({"type": event.type} for event in said)
    record = Record(saga_id, pk, sack, {"/tests#e-1": answers}, partition="0")
    await cosmos.container(participant).create_item(RecordCodec(participant.state).encode(record))


def shown(view: RenderableType) -> str:
    console = Console(width=140, no_color=True)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


async def test_a_saga_is_shown_with_its_end_and_what_each_participant_has_recorded(cosmos: Cosmos) -> None:
    await store(cosmos, MILLER, "rye-1", FlourGround, sack=Sack(full=False))
    await store(cosmos, BAKER, "rye-1", BreadBaked, sack=Sack())
    stored = Stored(cosmos)
    known = await saga_status(stored, APP, "rye-1")
    assert known.is_known
    text = shown(saga_view(known))
    assert "Saga rye-1  ended with BreadBaked.v1" in text
    assert "full: false" in text
    assert saga_json(known, stored.unparsed) == {
        "saga_id": "rye-1",
        "ends": ["BreadBaked.v1"],
        "participants": {
            "miller": {"state": {"full": False}, "said": ["FlourGround.v1"]},
            "baker": {"state": {"full": True}, "said": ["BreadBaked.v1"]},
        },
        "dead_letters": [],
        "unreadable": [],
    }


async def test_a_saga_without_an_end_has_not_ended_and_an_unknown_one_is_not_known(cosmos: Cosmos) -> None:
    await store(cosmos, MILLER, "rye-1", FlourGround, sack=Sack())
    assert "Saga rye-1  has not ended" in shown(saga_view(await saga_status(Stored(cosmos), APP, "rye-1")))
    assert not (await saga_status(Stored(cosmos), APP, "rye-2")).is_known


async def test_unreadable_states_are_reported(cosmos: Cosmos) -> None:
    await store(cosmos, MILLER, "rye-1", FlourGround, sack=Sack())
    pk = bucket_of("rye-1", cosmos.settings.buckets)
    await cosmos.container(BAKER).create_item({"id": "rye-1", "pk": pk, "version": 99, "handled": {}, "partition": ""})
    stored = Stored(cosmos)
    known = await saga_status(stored, APP, "rye-1")
    assert "cannot be read" in shown(saga_view(known))
    assert [one.place for one in stored.unparsed] == ["bakery/sacks"]


async def test_all_sagas_are_counted_by_their_ends(cosmos: Cosmos) -> None:
    for number in range(3):
        await store(cosmos, MILLER, f"rye-{number}", FlourGround, sack=Sack())
        await store(cosmos, BAKER, f"rye-{number}", BreadBaked, sack=Sack())
    await store(cosmos, MILLER, "oat-1", FlourGround, FlourReturned, sack=Sack())
    await store(cosmos, BAKER, "oat-1", BreadBurnt, sack=Sack())
    await store(cosmos, MILLER, "late-1", FlourGround, sack=Sack())
    seen = await overview(Stored(cosmos), APP)
    assert (seen.total, seen.ended) == (5, {"BreadBaked.v1": 3, "FlourReturned.v1": 1})
    assert seen.open == {"late-1": ("FlourGround.v1",)}
    text = shown(overview_view(seen, Standstill(silent=(("baker", 7),))))
    assert "5 sagas, 3 ended with BreadBaked.v1, 1 ended with FlourReturned.v1, 1 not ended" in text
    assert "late-1" in text
    assert "baker does not run" in text
    assert overview_json(seen, None, ())["partitions"] is None


async def test_a_saga_has_ended_also_if_the_record_no_longer_holds_the_answer_that_ended_it(cosmos: Cosmos) -> None:
    pk = bucket_of("rye-1", cosmos.settings.buckets)
    record = Record("rye-1", pk, Sack(), {"/tests#e-65": ()}, partition="0", said_before=("BreadBaked.v1",))
    await cosmos.container(BAKER).create_item(RecordCodec(BAKER.state).encode(record))
    assert (await saga_status(Stored(cosmos), APP, "rye-1")).ends == ("BreadBaked.v1",)
    assert (await overview(Stored(cosmos), APP)).ended == {"BreadBaked.v1": 1}
    assert await ends_of(Stored(cosmos), APP, {"rye-1"}) == {"rye-1": "BreadBaked.v1"}


async def test_waiting_ends_when_all_sagas_have_ended_or_none_ends_within_the_limit(cosmos: Cosmos) -> None:
    await store(cosmos, BAKER, "rye-1", BreadBaked, sack=Sack())
    counted: list[int] = []
    stored = Stored(cosmos)
    assert await wait_for_ends(stored, APP, {"rye-1"}, seconds=0, progress=counted.append) == {"rye-1": "BreadBaked.v1"}
    assert await wait_for_ends(stored, APP, {"rye-1", "late-1"}, seconds=0, every=0) == {"rye-1": "BreadBaked.v1"}
    assert sum(counted) == 1
    assert "1 BreadBaked.v1" in shown(ends_view({"rye-1": "BreadBaked.v1"}))
    assert "none has ended" in shown(ends_view({}))
