"""docs/emulators.md says what there is, no more and no less."""

import json
import re
from pathlib import Path

import pytest
from quartet_emulators.faults import read_plan
from quartet_emulators.faults.catalogue import KINDS, MATCHES
from quartet_emulators.options import parse_options

TEXT = (Path(__file__).parents[3] / "docs" / "emulators.md").read_text()


def test_every_fault_is_in_the_table_with_what_it_strikes() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.+?) \|", TEXT, re.MULTILINE)
    said = {(server, fault): tuple(re.findall(r"`([\w*]+)`", strikes)) for server, fault, strikes in rows}
    assert said == {
        (server, fault): kind.operations for server, kinds in KINDS.items() for fault, kind in kinds.items()
    }


def test_every_parameter_is_explained_where_it_counts() -> None:
    found = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.+) \|$", TEXT, re.MULTILINE)
    rows = {(server, fault): text for server, fault, text in found}
    for server, kinds in KINDS.items():
        for fault, kind in kinds.items():
            assert all(f"`{name}`" in rows[server, fault] for name in kind.parameters)


def test_what_can_be_matched_is_listed() -> None:
    assert all(f"`{name}`" in TEXT for names in MATCHES.values() for name in names)


def test_the_example_is_a_plan() -> None:
    (example,) = re.findall(r"```json\n(.+?)```", TEXT, re.DOTALL)
    assert len(read_plan(json.loads(example)).rules) == 4


def test_the_flags_are_those_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--help"])
    flags = set(re.findall(r"(--[a-z-]+)", capsys.readouterr().out)) - {"--help"}
    assert set(re.findall(r"^\| `(--[a-z-]+)` \|", TEXT, re.MULTILINE)) == flags
