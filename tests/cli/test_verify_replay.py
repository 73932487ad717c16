"""`quartet verify-replay` on files: the words, the exit status, and what is no all-clear."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from quartet.cli.failures import FAILED, MISUSED
from quartet.cli.main import run
from services.operations.samples import sample

CANCELLED = sample("recordings/cancelled.jsonl")
LINES = [json.loads(line) for line in CANCELLED.read_text().splitlines()]
PART = next(number for number, line in enumerate(LINES) if "participant" in line)


def verified(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = run(["verify-replay", *map(str, words)])
    said = capsys.readouterr()
    return status, said.out, said.err


def written(folder: Path, lines: Sequence[Any]) -> Path:
    path = folder / "changed.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def edited(**changes: object) -> list[Any]:
    """The recording, with each step changed that calls the gateway, a port of payment."""
    return [line | changes if line.get("by") == "payment" and line["calls"] else line for line in LINES]


def test_nothing_differs(capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(capsys, CANCELLED) == (0, "5 sagas, 50 events handled again: nothing differs\n", "")


def test_a_program_reads_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = verified(capsys, CANCELLED, "--json")
    assert status == 0
    assert json.loads(out) == {"ok": True, "sagas": 5, "events": 50, "findings": [], "notes": []}


def test_a_difference_is_named_with_its_fields(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = [json.loads(json.dumps(line)) for line in LINES]
    [shipped] = [line["event"] for line in lines if line.get("event", {}).get("type") == "OrderShipped.v1"]
    shipped["data"]["carrier"], number = "Pigeon", shipped["data"]["tracking_number"]
    status, out, _ = verified(capsys, written(tmp_path, lines))
    assert status == FAILED
    assert out.splitlines()[:2] == [
        "order, in too-late-1: its state at the end differs",
        f'    history.3.note: was "Quartet Parcel {number}", would now be "Pigeon {number}"',
    ]
    assert (
        "shipping, at PaymentCompleted.v1 of too-late-1: said OrderShipped.v1, would now say it with other data" in out
    )
    assert '    OrderShipped.v1 carrier: was "Pigeon", would now be "Quartet Parcel"' in out
    status, out, _ = verified(capsys, written(tmp_path, lines), "--json", "--allow-missing")
    told = json.loads(out)
    assert (status, told["ok"], len(told["findings"])) == (FAILED, False, 2)
    assert told["findings"][0]["kind"] == "difference"


def test_what_was_not_recorded_is_no_all_clear_unless_that_is_allowed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = written(tmp_path, edited(calls=None))
    status, out, _ = verified(capsys, path)
    assert status == FAILED
    assert (
        "payment, at InventoryReserved.v1 of too-late-1: it calls charge, and what that answered was not recorded"
        in out.splitlines()
    )
    assert out.endswith(": 5 without a recording\n")
    status, out, _ = verified(capsys, path, "--allow-missing")
    assert (status, out.endswith(": 5 without a recording, which is allowed\n")) == (0, True)


def test_settings_that_were_not_recorded_are_missing_only_where_they_are_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = [
        {name: value for name, value in line.items() if name != "settings"} | {"calls": None}
        if line.get("by") == "order"
        else line
        for line in LINES
    ]
    status, out, _ = verified(capsys, written(tmp_path, lines))
    assert status == FAILED
    assert (
        "order, at OrderCreated.v1 of too-late-1: it uses deadline of its port, and that was not recorded"
        in out.splitlines()
    )
    # The order brings its own deadline.
    assert " of late-1" not in out
    assert verified(capsys, written(tmp_path, lines), "--allow-missing")[0] == 0


@pytest.mark.parametrize(
    ("calls", "problem"),
    [
        ([{"method": "charge", "asked": "0", "unwritable": "a stream"}], "cannot be replayed: a stream"),
        ([{"method": "charge", "asked": "0"}], "cannot be replayed: no answer was recorded"),
        ([{"method": "charge", "asked": "0", "answer": {"$": "no.such:Type", "of": {}}}], "no longer has no.such:Type"),
        (
            [{"method": "charge", "asked": "0", "error": {"type": "no:E", "args": [], "kind": "PERMANENT"}}],
            "no longer has no:E",
        ),
    ],
)
def test_an_answer_that_cannot_be_given_is_no_all_clear(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, calls: list[Any], problem: str
) -> None:
    status, out, _ = verified(capsys, written(tmp_path, edited(calls=calls)), "--allow-missing")
    assert status == FAILED
    assert problem in out
    assert "3 that cannot be replayed" in out


def test_an_unknown_type_is_no_all_clear(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = [json.loads(json.dumps(line).replace("PaymentRefunded.v1", "PaymentRefunded.v7")) for line in LINES]
    status, out, _ = verified(capsys, written(tmp_path, lines), "--allow-missing")
    assert status == FAILED
    assert "order, at PaymentRefunded.v7 of late-1: no event of the application has this type" in out


def _head(**changes: object) -> list[Any]:
    return [LINES[0] | changes, *LINES[1:]]


def _with(line: Any) -> list[Any]:  # noqa: ANN401 -- JSON
    """The recording, with this line in the place of the second step of its first participant."""
    return [*LINES[: PART + 2], line, *LINES[PART + 3 :]]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (LINES[:-1], "it was cut off"),
        (LINES[1:], "line 1: no recording begins here: see quartet recordings"),
        (_head(recording=0), "line 1: the recording has format 0, and this release reads format 1"),
        (_head(recording=2), "line 1: the recording has format 2, and this release reads format 1"),
        (_head(lines="many"), "line 1: lines is missing or wrong"),
        ([], "is empty"),
        (["text"], "line 1: not an object"),
        (_with(LINES[PART]), "a second line of the participant order"),
        (_with(LINES[PART + 1] | {"outcome": "lost"}), "outcome is none of decided, failed, ignored, owed, rejected"),
        (_with(LINES[PART + 1] | {"settings": {}}), "settings is missing or wrong"),
        (_with(LINES[PART + 1] | {"heard": 99}), "it names an event that is not in the recording"),
        (_with({"event": {"id": "x"}}), "event is missing or wrong"),
        ([LINES[0], {"by": "payment"}, *LINES[2:]], "line 2: there is no line of the participant payment before"),
    ],
)
def test_a_file_that_is_not_whole_is_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, lines: list[Any], problem: str
) -> None:
    status, out, err = verified(capsys, written(tmp_path, lines), "--allow-missing")
    assert (status, out, err.count("\n")) == (FAILED, "", 1)
    assert problem in err


def test_a_line_that_is_no_json_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(CANCELLED.read_text() + "{oops\n")
    status, _, err = verified(capsys, path)
    assert status == FAILED
    assert f"broken.jsonl, line {len(LINES) + 1}: not JSON" in err


def test_another_applications_saga_is_no_all_clear(capsys: pytest.CaptureFixture[str]) -> None:
    trip = Path(__file__).parents[2] / "examples" / "trip" / "recordings.jsonl"
    status, out, _ = verified(capsys, trip)
    assert status == FAILED
    assert "is a saga of the application trip, not of shop" in out
    assert out.endswith("0 events handled again: nothing could be compared\n")


def test_it_says_what_to_name(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = verified(capsys)
    assert status == MISUSED
    assert "name files of recordings, or sagas of the running deployment with --saga or --last" in err


def test_the_trip_has_recordings_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quartet.cli.application._current", None)  # and put it back for the tests behind this one
    trip = Path(__file__).parents[2] / "examples" / "trip" / "recordings.jsonl"
    assert run(["--app", "examples.trip.app:TRIP", "verify-replay", str(trip)]) == 0
    assert "4 sagas" in capsys.readouterr().out
