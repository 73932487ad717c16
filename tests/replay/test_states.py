"""The state after each event, of a participant that wrote once for several."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from quartet import Choreography, Decided, Event, Outcome, on
from quartet.engine.records.record import Record
from quartet.events import EventData
from quartet.replay.states import states_after
from quartet.replay.stored import Taken
from quartet.testing import World
from tests.replay.shelf import PLACED, SHELF, Book, Labelled, Placed, Printer, Removed, place, remove, shelf_with

REMOVED = Removed(book_id="b-1")
OTHER = Placed(book_id="b-1", title="Emma")


def played(*said: EventData, recording: bool = True) -> World:
    world = World(SHELF, {"shelf": Printer()}, recording=recording)
    for data in said:
        world.say(data)
    world.run()
    return world


def after(
    world: World, app: Choreography = SHELF, change: Callable[[Record[Any]], Record[Any]] = lambda record: record
) -> dict[str, list[tuple[str, Any]]]:
    """By participant, the type of each event, and the state after it; with something changed in its record."""
    taken = [Taken(name, one) for name, messages in world.hub.partitions.items() for one in messages]
    record = world.stores["shelf"].get("b-1")
    assert isinstance(record, Record)
    types = dict(zip(record.handled, ("Placed", "Removed"), strict=False))
    found = asyncio.run(states_after(app, "b-1", taken, {"shelf": change(record)}, app.hubs()))
    return {name: [(types[key], state) for key, state in states] for name, states in found.items()}


def test_each_event_has_the_state_after_it() -> None:
    assert after(played(PLACED, REMOVED)) == {
        "shelf": [
            ("Placed", {"title": "Persuasion", "label": "PER"}),
            ("Removed", {"title": "Persuasion", "label": ""}),
        ]
    }


def test_an_event_that_is_not_handled_yet_is_left_out() -> None:
    world = played(PLACED)
    world.say(REMOVED)
    assert [event for event, _ in after(world)["shelf"]] == ["Placed"]


def test_what_was_not_recorded_is_not_guessed() -> None:
    assert after(played(PLACED, REMOVED, recording=False)) == {}


def test_what_the_present_code_decides_otherwise_is_not_shown() -> None:
    async def place_again(event: Event[Placed], book: Book | None, printer: Printer) -> Outcome[Book]:
        decided = await place(event, book, printer)
        assert isinstance(decided, Decided)
        return Decided(Book(event.data.title.upper(), "PER"), decided.answers)

    changed = shelf_with(reactions=(on(Placed, place_again, says={Labelled}, creates=True), on(Removed, remove)))
    assert after(played(PLACED), changed) == {}


def test_a_participant_with_dead_letters_is_left_out() -> None:
    world = played(PLACED)
    assert after(world).keys() == {"shelf"}
    assert after(world, change=lambda record: replace(record, parked=("0-1-x",))) == {}
    assert after(world, change=lambda record: replace(record, discarded=("0-1-x",))) == {}


def test_an_event_that_the_hub_no_longer_holds_makes_the_rest_unknown() -> None:
    world = played(PLACED, REMOVED)
    for messages in world.hub.partitions.values():
        del messages[:1]
    assert after(world) == {}
