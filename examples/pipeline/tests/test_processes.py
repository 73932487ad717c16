"""Files in real processes: what `quartet --app examples.pipeline.app:PIPELINE up` runs."""

import json
from pathlib import Path

from examples.pipeline.tests.files import BAD, GOOD, MIXED, NO_CSV, TWICE
from quartet.testing import Running, RunningApp

FIRST = {
    "2026-11-23-mixed": (MIXED, "FileReleased.v1"),
    "2026-11-24-good": (GOOD, "FileReleased.v1"),
    "2026-11-25-twice": (TWICE, "FileDiscarded.v1"),
    "2026-11-26-bad": (BAD, "FileDiscarded.v1"),
    "2026-11-27-no-csv": (NO_CSV, "FileDiscarded.v1"),
}
LATE = {"2026-11-23-late": (GOOD, "FileDiscarded.v1")}


def land(app: RunningApp, directory: Path, files: dict[str, tuple[str, str]]) -> None:
    """Put files into the lake, publish that, and see how they end."""
    paths = [directory / f"{name}.csv" for name in files]
    for path in paths:
        path.write_text(files[path.stem][0], encoding="utf-8")
    arrived = app.quartet("land", *map(str, paths))
    ended = json.loads(app.quartet("publish", "-", "--wait", "--json", given=arrived))
    assert ended == {name: end for name, (_, end) in files.items()}


def test_files_end_and_the_rows_add_up(running: Running, tmp_path: Path) -> None:
    app = running("examples.pipeline.app:PIPELINE", "--replicas", "2")
    land(app, tmp_path, FIRST)
    land(app, tmp_path, LATE)
    audit = json.loads(app.quartet("audit", "--json"))
    assert audit["holds"]
    assert audit["invariants"][0]["figures"]["sagas"] == len(FIRST | LATE)
