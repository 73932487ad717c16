"""The whole flow for Docker, with programs that only say what Docker would. No Docker has seen it."""

import signal
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from tests.deployment.compose_file import ROOT
from tests.evidence.fakes import Machine, Rule
from tests.evidence.scenarios import compose

ARGUMENTS = ("compose", "--yes", "--chaos-seconds", "0.5")
DOWN = "docker compose down --volumes --remove-orphans"
STEPS = ("stack", "images", "samples", "load", "chaos", "audit", "doctor", "dead letters", "remove")


def machine(directory: Path, *first: Rule) -> Machine:
    """A machine on which all is well, but for these rules."""
    return Machine.of(directory, [*first, *compose()])


def test_when_all_is_well_it_reports_everything_and_removes_everything(tmp_path: Path) -> None:
    here = machine(tmp_path)
    status, said = here.run(*ARGUMENTS, ACCEPT_EULA="Y")
    assert status == 0, said
    assert here.steps == dict.fromkeys(STEPS, "passed")
    assert here.report["facts"]["images"] == "mcr.example/emulator:1, quartet:local"
    assert here.report["figures"]["load"]["latency_ms"]["p50"] == 61.2
    assert [*here.report["figures"]["chaos"]][1:3] == ["kill inventory", "start inventory"]
    assert "use | not measured" in (here.out / "report.md").read_text()
    assert here.calls[-2:] == [DOWN, "docker compose ps --all --quiet"]


def test_the_load_runs_inside_the_network_with_the_tests_of_this_checkout(tmp_path: Path) -> None:
    here = machine(tmp_path)
    here.run(*ARGUMENTS, ACCEPT_EULA="Y")
    load = next(call for call in here.calls if "tests.evidence.load" in call)
    assert load.startswith(f"docker compose run --rm -T --volume {ROOT}/tests:/app/tests:ro --entrypoint python cli -m")


@pytest.mark.parametrize("given", [{}, {"ACCEPT_EULA": "N"}, {"ACCEPT_EULA": "yes"}])
def test_the_licence_is_accepted_by_a_person_alone(tmp_path: Path, given: dict[str, str]) -> None:
    here = machine(tmp_path)
    status, said = here.run(*ARGUMENTS, **given)
    (line,) = said.splitlines()
    assert status == 1
    assert "read https://github.com/Azure/azure-event-hubs-emulator-installer/blob/main/EMULATOR_EULA.md" in line
    assert here.calls == []


def test_it_never_sets_the_licence_itself(tmp_path: Path) -> None:
    here = machine(tmp_path)
    here.run(*ARGUMENTS, COMPOSE_PROFILES="quartet-emulators", ACCEPT_EULA="N")
    assert here.steps["remove"] == "passed"
    assert here.environment_of("docker compose up")["ACCEPT_EULA"] == "N"


@pytest.mark.parametrize(
    ("first", "line"),
    [
        (Rule(("compose version",), "2.19.1"), "2.20.2 or newer is needed"),
        (Rule(("compose version",), "unknown"), "2.20.2 or newer is needed"),
        (Rule(("compose ps",), "0123abcd\n"), "run docker compose down first"),
        (Rule(("compose ps",), err="Cannot connect to the Docker daemon\n", status=1), "Cannot connect to the Docker"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_missing_is_said_in_one_line_and_nothing_is_removed(tmp_path: Path, first: Rule, line: str) -> None:
    here = machine(tmp_path, first)
    status, said = here.run(*ARGUMENTS, ACCEPT_EULA="Y")
    (only,) = said.splitlines()
    assert status == 1
    assert line in only
    assert DOWN not in here.calls


@pytest.mark.parametrize(
    ("words", "failed"),
    [("compose up --build", "stack"), ("publish", "samples"), ("compose kill", "chaos"), ("audit", "audit")],
)
def test_whatever_fails_is_reported_and_everything_is_removed(tmp_path: Path, words: str, failed: str) -> None:
    here = machine(tmp_path, Rule((words,), err="no such thing\n", status=1))
    assert here.run(*ARGUMENTS, ACCEPT_EULA="Y")[0] == 1
    assert (here.steps[failed], here.steps["remove"]) == ("failed", "passed")
    assert DOWN in here.calls


def test_containers_that_remain_are_named(tmp_path: Path) -> None:
    before, after = Rule(("compose ps",), "", times=1), Rule(("compose ps",), "0123abcd\n")
    here = machine(tmp_path, before, after)
    status, said = here.run(*ARGUMENTS, ACCEPT_EULA="Y")
    assert status == 1
    assert f"NOT REMOVED: {DOWN}" in said


def test_interrupted_it_removes_what_it_has_started(tmp_path: Path) -> None:
    here = machine(tmp_path, Rule(("compose up",), hangs=stretched(600)))
    process = here.start(*ARGUMENTS, ACCEPT_EULA="Y")
    here.until_called("compose up")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=stretched(60))
    assert process.returncode == 1
    assert (here.steps["stack"], here.steps["remove"]) == ("failed", "passed")
