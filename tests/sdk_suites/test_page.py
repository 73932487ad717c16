"""The tables of the page are those of the last run."""

import re

from tests.sdk_suites.page import PAGE, with_tables
from tests.sdk_suites.results import load, missing
from tests.sdk_suites.suites import SUITES


def test_the_tables_of_the_page_are_made_by_the_run() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, "run: python -m tests.sdk_suites.page"


def test_the_run_that_is_kept_is_of_every_locked_sdk_and_no_regression() -> None:
    found = load()
    assert {name: found[name]["version"] for name in found} == {suite.name: suite.version for suite in SUITES}
    assert missing(found) == []


def test_every_test_has_one_verdict() -> None:
    for found in load().values():
        for kind in ("refused", "failed", "skipped"):
            assert sum(found[f"why {kind}"].values()) == found[kind]


def test_every_difference_is_held_by_a_test() -> None:
    differences = PAGE.read_text(encoding="utf-8").partition("\n## Differences\n")[2]
    rows = [line for line in differences.splitlines() if line.startswith("| ") and "held by" not in line]
    assert len(rows) >= 15
    assert [row for row in rows if not re.search(r"`test_\w+`", row.rsplit(" | ", 1)[1])] == []
