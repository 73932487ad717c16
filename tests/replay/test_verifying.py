"""A change of the code and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from examples.pipeline.app import PIPELINE
from examples.pipeline.events import FileArrived
from examples.pipeline.tests.files import BAD, GOOD, MIXED, TWICE, blobs_with, lakes
from quartet import Decided, Event, Ignored, OutageError, Outcome, StateSchema, on
from quartet.choreography import Choreography
from quartet.replay.recording import Recording
from quartet.replay.verdict import Finding, Kind, changed
from quartet.replay.verifying import verify
from quartet.testing import World, save_recordings, verify_replay
from quartet.testing.replay import recording_of
from tests.replay.shelf import PLACED, SHELF, Book, Labelled, Placed, Printer, Removed, place, remove, shelf_with


@pytest.fixture(scope="module")
def recording() -> Recording:
    """A book that is placed and removed."""
    world = World(SHELF, {"shelf": Printer()}, recording=True)
    world.say(PLACED)
    world.say(Removed(book_id="b-1"))
    world.run()
    return recording_of(world, "b-1")


def found(app: Choreography, recording: Recording) -> Finding:
    """The only finding."""
    [finding] = verify(app, [recording]).findings
    return finding


async def place_upside_down(event: Event[Placed], book: Book | None, printer: Printer) -> Outcome[Book]:
    outcome = await place(event, book, printer)
    if isinstance(outcome, Decided):
        return replace(outcome, state=replace(outcome.state, label=outcome.state.label[::-1]))
    return outcome


async def place_twice(event: Event[Placed], book: Book | None, printer: Printer) -> Outcome[Book]:
    await place(event, book, printer)
    return await place(event, book, printer)


async def place_nothing(event: Event[Placed], book: Book | None, printer: Printer) -> Outcome[Book]:
    del event, book, printer
    return Ignored("the shelf is full")


async def place_badly(event: Event[Placed], book: Book | None, printer: Printer) -> Outcome[Book]:
    await place(event, book, printer)
    raise KeyError("title")


async def place_later(event: Event[Placed], book: Book | None, printer: Printer) -> Outcome[Book]:
    await place(event, book, printer)
    raise OutageError("the library is closed")


async def keep_open(event: Event[Placed], book: Book | None, printer: Printer) -> Outcome[Book]:
    outcome = await place(event, book, printer)
    return replace(outcome, owed="no glue") if isinstance(outcome, Decided) else outcome


@pytest.mark.parametrize(
    ("handler", "text", "details"),
    [
        (place_twice, "did not call label, would now call it", ()),
        (place_nothing, "called label, would no longer call it; said Labelled.v1, would now ignore it", ()),
        (
            place_badly,
            "said Labelled.v1, would now make it a dead letter (handler_failed)",
            ("KeyError: 'title'",),
        ),
        (
            place_later,
            "said Labelled.v1, would now make it a dead letter (handler_failed)",
            ("_EndlessWaitError: the handler says that a server is away, and would wait for it",),
        ),
        (keep_open, "said Labelled.v1, would now say Labelled.v1, with a compensation left open", ("no glue",)),
    ],
)
def test_another_rule_is_named_where_it_shows_first(
    recording: Recording,
    handler: Callable[..., object],
    text: str,
    details: tuple[str, ...],
) -> None:
    reactions = (on(Placed, handler, says={Labelled}, creates=True), on(Removed, remove))  # type: ignore[arg-type]  # any of them
    finding = found(shelf_with(reactions=reactions), recording)
    assert str(finding) == f"shelf, at Placed.v1 of b-1: {text}"
    assert (finding.kind, finding.details) == (Kind.DIFFERENCE, details)


def test_a_change_of_the_state_carries_on_to_the_next_event(recording: Recording) -> None:
    """What is placed is said as it was, but what is removed then is another label."""
    reactions = (on(Placed, place_upside_down, says={Labelled}, creates=True), on(Removed, remove))
    finding = found(shelf_with(reactions=reactions), recording)
    assert str(finding) == "shelf, at Removed.v1 of b-1: called shred, would now call it with other arguments"


def test_a_reaction_that_is_gone_and_one_that_is_new_are_differences(recording: Recording) -> None:
    without = shelf_with(reactions=(on(Placed, place, says={Labelled}, creates=True),))
    assert str(found(without, recording)) == "shelf, at Removed.v1 of b-1: heard it, would no longer hear it"
    [part] = recording.parts
    before = replace(recording, parts=(replace(part, hears=("Placed.v1",), steps=part.steps[:1]),))
    assert str(found(SHELF, before)) == "shelf, at Removed.v1 of b-1: did not hear it, would now hear it"


def test_a_participant_that_is_gone_is_a_difference_and_a_new_one_is_noted(recording: Recording) -> None:
    [part] = recording.parts
    other = replace(recording, parts=(part, replace(part, participant="cellar")))
    assert str(found(SHELF, other)) == "cellar, in b-1: the application no longer has this participant"
    verdict = verify(SHELF, [recording, replace(recording, parts=())])
    assert verdict.notes == ("shelf is not in all recordings: it was added since",)
    assert verdict.is_good()


def test_an_event_that_can_no_longer_be_read_is_a_problem(recording: Recording) -> None:
    first, *others = recording.events
    broken = replace(recording, events=({**first, "data": {"book_id": "b-1"}}, *others))
    finding = found(SHELF, broken)
    assert finding.kind is Kind.PROBLEM
    assert finding.text.startswith("the event cannot be read: ")


@dataclass(frozen=True, slots=True)
class ShortBook:
    """The state in its next form."""

    title: str
    mark: str
    kept: bool = True


async def place_short(event: Event[Placed], book: ShortBook | None, printer: Printer) -> Outcome[ShortBook]:
    if book is not None:
        return Ignored("duplicate")
    label = await printer.label(event.data.title)
    said = Labelled(book_id=event.data.book_id, label=label)
    return Decided(ShortBook(event.data.title, label), (said,))


async def remove_short(event: Event[Removed], book: ShortBook | None, printer: Printer) -> Outcome[ShortBook]:
    del event
    if book is None:
        return Ignored("not there")
    await printer.shred(book.mark)
    return Decided(replace(book, mark=""))


def test_a_recorded_state_is_read_through_its_upcasters(recording: Recording) -> None:
    reactions = (on(Placed, place_short, says={Labelled}, creates=True), on(Removed, remove_short))
    schema = StateSchema(ShortBook, 2, {1: lambda stored: {**stored, "mark": stored["label"]}})
    assert verify(shelf_with(reactions=reactions, state=schema), [recording]).findings == ()
    wrong = StateSchema(ShortBook, 2, {1: lambda stored: {**stored, "mark": "none"}})
    finding = found(shelf_with(reactions=reactions, state=wrong), recording)
    assert finding.details == ('mark: was "none", would now be ""',)
    newer = replace(recording, parts=(replace(recording.parts[0], state={"title": "x", "version": 9}),))
    assert "the recorded state cannot be read: " in found(SHELF, newer).text


def test_a_saga_of_another_application_is_a_problem(recording: Recording) -> None:
    finding = found(SHELF, replace(recording, app="library", where="x.jsonl, line 1"))
    assert str(finding) == "b-1: x.jsonl, line 1: is a saga of the application library, not of shelf"


def test_fields_are_compared_down_to_the_leaves() -> None:
    was = {"a": {"b": [1, {"c": "x"}]}, "d": 1, "e": None}
    now = {"a": {"b": [1, {"c": "y"}]}, "d": True, "f": [1]}
    assert list(changed(was, now)) == [
        'a.b.1.c: was "x", would now be "y"',
        "d: was 1, would now be true",
        "e: was null, would now be absent",
        "f: was absent, would now be [1]",
    ]


def test_the_files_of_the_pipeline_go_as_they_went(tmp_path: Path) -> None:
    """An application whose port is an object with ports inside."""
    files = {"a": GOOD, "b": MIXED, "c": BAD, "d": TWICE}
    world = World(PIPELINE, lakes(blobs_with(**files)), recording=True)
    for file in files:
        world.say(FileArrived(file_id=file, day="2026-11-26"))
    world.run()
    save_recordings(world, tmp_path / "files.jsonl")
    assert verify_replay(PIPELINE, tmp_path / "files.jsonl").sagas == 4
