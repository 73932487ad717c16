"""How a recording is made of what is stored: which events, in which order, with which outcome."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from quartet import Decided, Event, Ignored, Outcome, on
from quartet.engine.declaration.retry_policy import RetryPolicy
from quartet.engine.engine import Engine
from quartet.engine.errors import OutageError, TransientError
from quartet.engine.records.record import RecordLimits
from quartet.events import EventData
from quartet.replay.gathering import gather
from quartet.replay.recording import Part, Recording, RecordingError
from quartet.replay.stored import Stored, Taken
from quartet.replay.verdict import Kind
from quartet.replay.verifying import verify
from quartet.testing import World, save_recordings, verify_replay
from quartet.testing.replay import recording_of
from tests.replay.shelf import PLACED, SHELF, Book, Labelled, Placed, Printer, Removed, place, shelf_with


def part(recording: Recording, name: str = "shelf") -> Part:
    [found] = [one for one in recording.parts if one.participant == name]
    return found


def told(recording: Recording) -> list[tuple[str, str]]:
    """The type and the outcome of each step."""
    return [(recording.events[step.heard]["type"], step.outcome) for step in part(recording).steps]


def played(printer: Printer, *said: EventData, recording: bool = True) -> World:
    world = World(SHELF, {"shelf": printer}, recording=recording)
    for data in said:
        world.say(data)
    world.run()
    return world


def test_nothing_is_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    world = played(Printer(), PLACED, recording=False)
    assert "recorded_runs" not in world.stores["shelf"].documents["b-1"]
    with pytest.raises(ValueError, match="recording=True"):
        save_recordings(world, tmp_path / "none.jsonl")


def test_what_was_handled_before_recording_began_has_no_calls_and_stays_in_its_place() -> None:
    world = played(Printer(), PLACED, recording=False)
    world.recording = True
    world.say(Removed(book_id="b-1"))
    world.run()
    recording = recording_of(world, "b-1")
    assert [step.calls is None for step in part(recording).steps] == [True, False]
    [finding] = verify(SHELF, [recording]).findings
    assert (finding.kind, finding.text) == (Kind.MISSING, "it calls label, and what that answered was not recorded")


def test_what_is_handled_after_recording_ended_comes_last() -> None:
    world = played(Printer(), PLACED)
    world.recording = False
    world.say(Removed(book_id="b-1"))
    world.run()
    assert [step.calls is None for step in part(recording_of(world, "b-1")).steps] == [False, True]


def test_a_repeat_is_one_step_and_other_data_is_rejected() -> None:
    world = World(SHELF, {"shelf": Printer()}, recording=True)
    for data, name in ((PLACED, "a"), (PLACED, "a"), (PLACED, "b"), (Placed(book_id="b-1", title="Emma"), "c")):
        world.say(data, id=name)
        world.run()
    recording = recording_of(world, "b-1")
    assert told(recording) == [("Placed.v1", "decided"), ("Placed.v1", "ignored"), ("Placed.v1", "rejected")]
    assert verify(SHELF, [recording]).findings == ()


def test_an_open_dead_letter_is_a_failure_and_what_waits_behind_it_is_no_step() -> None:
    world = played(Printer(broken=True), PLACED, Removed(book_id="b-1"))
    recording = recording_of(world, "b-1")
    assert told(recording) == [("Placed.v1", "failed")]
    assert verify(SHELF, [recording]).findings == ()


def test_a_redriven_event_is_in_the_place_where_it_was_handled() -> None:
    printer = Printer(broken=True)
    world = played(printer, PLACED, Removed(book_id="b-1"))
    printer.broken = False
    world.redrive()
    recording = recording_of(world, "b-1")
    assert told(recording) == [("Placed.v1", "decided"), ("Removed.v1", "decided")]
    assert verify(SHELF, [recording]).findings == ()


def test_retries_are_played_back_with_as_many_attempts_as_there_were() -> None:
    world = played(Printer(errors=[TransientError("jam")] * 5), PLACED)
    recording = recording_of(world, "b-1")
    assert told(recording) == [("Placed.v1", "failed")]
    assert part(recording).steps[0].attempts == 5
    patient = shelf_with(retry=RetryPolicy(attempts=9))
    assert verify(patient, [recording]).findings == ()


def test_an_outage_leaves_no_trace() -> None:
    world = played(Printer(errors=[OutageError("no power"), TransientError("jam")]), PLACED)
    [step] = part(recording_of(world, "b-1")).steps
    assert ["error" in call for call in step.calls or ()] == [True, False]


def test_events_that_wait_for_a_service_are_no_recording() -> None:
    world = played(Printer(), PLACED)
    taken = [Taken(name, message) for name, some in world.hub.partitions.items() for message in some]
    unhandled = Stored(None, (), lambda _: False)
    with pytest.raises(RecordingError, match="shelf has not finished with the saga yet"):
        gather(SHELF, "b-1", taken, {"shelf": unhandled})
    with pytest.raises(RecordingError, match="the hub holds no event of a saga b-2"):
        gather(SHELF, "b-2", taken, {"shelf": unhandled})


def test_an_event_that_the_hub_no_longer_holds_makes_a_recording_incomplete() -> None:
    world = played(Printer(), PLACED, Removed(book_id="b-1"))
    taken = [Taken(name, message) for name, some in world.hub.partitions.items() for message in some[1:]]
    recording = gather(SHELF, "b-1", taken, {"shelf": Stored(world.stores["shelf"].get("b-1"))})
    [finding] = verify(SHELF, [recording]).findings
    assert finding.kind is Kind.PROBLEM
    assert "it has handled an event that the hub no longer holds" in finding.text


def test_a_record_without_room_keeps_the_first_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    small = partial(Engine, limits=RecordLimits(run_bytes=300))
    monkeypatch.setattr("quartet.testing.world.Engine", small)
    world = played(Printer(), PLACED, Removed(book_id="b-1"))
    assert [step.calls is None for step in part(recording_of(world, "b-1")).steps] == [False, True]


def test_a_compensation_that_is_left_open_is_so_in_the_recording_and_is_done_by_a_redrive() -> None:
    glue = Glue()
    reactions = (on(Placed, glue.place, says={Labelled}, creates=True),)
    app = shelf_with(reactions=reactions)
    for recording in (True, False):
        glue.is_there = False
        world = World(app, {"shelf": Printer()}, recording=recording)
        world.say(PLACED)
        world.run()
        assert told(recording_of(world, "b-1")) == [("Placed.v1", "owed")]
    world = World(app, {"shelf": Printer()}, recording=True)
    world.say(PLACED)
    world.run()
    glue.is_there = True
    world.redrive()
    steps = part(recording_of(world, "b-1")).steps
    assert [(step.outcome, len(step.said)) for step in steps] == [("owed", 1), ("decided", 1)]


@dataclass
class Glue:
    """Without it, a label is printed and does not stick."""

    is_there: bool = True

    async def place(self, event: Event[Placed], _: Book | None, printer: Printer) -> Outcome[Book]:
        label = await printer.label(event.data.title)
        said = Labelled(book_id=event.data.book_id, label=label)
        return Decided(Book(event.data.title, label), (said,), owed="" if self.is_there else "no glue")


async def ask_and_ignore(event: Event[Removed], book: Book | None, printer: Printer) -> Outcome[Book]:
    del event
    if book is not None:
        await printer.shred(book.label)
    return Ignored("it stays")


def test_an_ignored_event_that_asked_the_port_is_recorded_with_its_calls() -> None:
    app = shelf_with(reactions=(on(Placed, place, says={Labelled}, creates=True), on(Removed, ask_and_ignore)))
    world = World(app, {"shelf": Printer()}, recording=True)
    world.say(PLACED)
    for _ in range(2):
        world.say(Removed(book_id="b-1"))
    world.run()
    recording = recording_of(world, "b-1")
    steps = part(recording).steps
    assert [(step.outcome, len(step.calls or ())) for step in steps] == [("decided", 1), ("ignored", 1), ("ignored", 1)]
    assert verify(app, [recording]).findings == ()


def test_runs_leave_the_record_with_the_answers_and_the_recording_is_then_not_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = partial(Engine, limits=RecordLimits(handled=2))
    monkeypatch.setattr("quartet.testing.world.Engine", small)
    world = played(Printer(), PLACED, *[Removed(book_id="b-1")] * 3)
    record = world.stores["shelf"].get("b-1")
    assert record is not None
    assert [run["event"] for run in record.runs] == list(record.handled)
    [finding] = verify(SHELF, [recording_of(world, "b-1")]).findings
    assert finding.kind is Kind.PROBLEM
    assert finding.text == "the recording is not complete: its record no longer has the answers to all events"


def test_a_discarded_event_is_no_step() -> None:
    world = played(Printer(broken=True), PLACED)
    record = world.stores["shelf"].get("b-1")
    assert record is not None
    discarded = replace(record, parked=(), discarded=record.parked)
    taken = [Taken(name, message) for name, some in world.hub.partitions.items() for message in some]
    assert part(gather(SHELF, "b-1", taken, {"shelf": Stored(discarded)})).steps == ()


def test_a_recording_of_nothing_is_no_all_clear(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no file: nothing was replayed"):
        verify_replay(SHELF)
    world = played(Printer(), Labelled(book_id="b-1", label="x"))
    save_recordings(world, tmp_path / "nothing.jsonl")
    with pytest.raises(AssertionError, match=r"nothing\.jsonl: nothing was replayed"):
        verify_replay(SHELF, tmp_path / "nothing.jsonl")
