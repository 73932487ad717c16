"""How outcomes become verdicts, and verdicts counts."""

import json

import pytest

from tests.sdk_suites.kinds import Verdict, verdict_of
from tests.sdk_suites.outcomes import Outcome, read_outcomes
from tests.sdk_suites.results import missing, summary
from tests.sdk_suites.suites import SUITES

COSMOS = next(suite for suite in SUITES if suite.name == "azure-cosmos")


def outcome(
    text: str = "", *, test: str = "test_a.py::test_b", said: str = "failed", marks: tuple[str, ...] = ()
) -> Outcome:
    return Outcome(test, said, text, frozenset(marks))


def line(said: str, text: str = "", when: str = "call") -> str:
    return json.dumps({"test": "a::b", "outcome": said, "when": when, "text": text, "marks": []})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_test_that_passes_and_whose_end_fails_has_failed(order: tuple[int, int]) -> None:
    lines = [line("passed"), line("failed", "at the end", "teardown")]
    assert [one.outcome for one in read_outcomes(lines[index] for index in order)] == ["failed"]


@pytest.mark.parametrize(
    ("suite", "test", "text", "verdict"),
    [
        (
            *("azure-cosmos", "test_crud.py::test_x"),
            "E (BadRequest) The emulator does not support POST on /dbs/a/colls/b/sprocs; the service does.",
            Verdict("refused", "stored procedures"),
        ),
        (
            "azure-cosmos",
            "test_a.py::b",
            "E The emulator does not support the function ST_AREA; the service does.",
            Verdict("refused", "the function ST_AREA"),
        ),
        ("azure-cosmos", "test_a.py::b", "E   AssertionError: 1 != 2", Verdict("failed", "another reason")),
        (
            "azure-cosmos",
            "test_a.py::b",
            "Failed: Timeout (>120.0s) from pytest-timeout.",
            Verdict("failed", "it hung"),
        ),
        (
            "azure-storage-blob",
            "test_page_blob.py::test_x",
            "E ErrorCode:NotImplemented",
            Verdict("refused", "page blobs"),
        ),
        ("azure-storage-blob", "test_page_blob.py::test_x", "E   assert 1 == 2", Verdict("failed", "another reason")),
        (
            "azure-eventhub",
            "t.py::test_send_over_websocket",
            "E ConnectError",
            Verdict("failed", "AMQP over WebSockets"),
        ),
    ],
)
def test_only_what_the_emulator_says_it_does_not_have_is_refused(
    suite: str, test: str, text: str, verdict: Verdict
) -> None:
    assert verdict_of(suite, outcome(text, test=test)) == verdict


def test_the_counts_of_a_suite_and_of_its_mark() -> None:
    found = summary(
        COSMOS,
        [
            outcome(said="passed", marks=("cosmosEmulator",)),
            outcome(said="passed"),
            outcome("Timeout (>120.0s)", marks=("cosmosEmulator",)),
            outcome("its authors run it against recordings only", said="skipped"),
        ],
    )
    assert [found[kind] for kind in ("passed", "refused", "failed", "skipped")] == [2, 0, 1, 1]
    assert found["marked"] == {"cosmosEmulator": {"passed": 1, "refused": 0, "failed": 1, "skipped": 0}}
    assert found["why failed"] == {"it hung": 1}


def test_a_run_in_which_less_passes_is_a_regression() -> None:
    counts = {"passed": COSMOS.least_passed, "marked": {COSMOS.mark: {"passed": COSMOS.least_marked}}}
    assert missing({COSMOS.name: counts}) == []
    less = {"passed": COSMOS.least_passed - 1, "marked": {COSMOS.mark: {"passed": COSMOS.least_marked - 1}}}
    assert len(missing({COSMOS.name: less})) == 2
