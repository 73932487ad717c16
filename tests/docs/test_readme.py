"""The front page shows a participant that runs and tables that the demo draws, and stays short."""

import re

import pytest

from tests.docs.blocks import GUIDE, ROOT, project
from tests.docs.demo_tables import Table, demo_tables, read_tables

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_participant_of_the_readme_is_the_one_that_the_guide_runs() -> None:
    [shown] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    program = project(GUIDE / "first-participant.md")["cloakroom/participant.py"]
    handler, table = shown.split("\n\n")
    assert handler in program
    assert table in program
    assert len(shown.splitlines()) <= 20


def rows(table: Table) -> list[tuple[str, ...]]:
    """The rows without their figures, which differ from run to run."""
    return [tuple(re.sub(r"\d+", "N", cell) for cell in row) for row in table.rows]


@pytest.mark.parametrize("shown", read_tables(README), ids=lambda shown: shown.title)
def test_a_table_of_the_readme_is_one_that_the_demo_draws_with_rows_left_out_at_most(shown: Table) -> None:
    [drawn] = [table for table in demo_tables() if table.title == shown.title]
    assert shown.headings == drawn.headings
    assert shown.rows
    remaining = iter(rows(drawn))
    assert [row for row in rows(shown) if row not in remaining] == []


def test_the_tables_of_the_readme_come_in_the_order_of_the_demo() -> None:
    titles = [table.title for table in read_tables(README)]
    assert len(titles) == 3
    assert titles == [table.title for table in demo_tables() if table.title in titles]


def test_tables_are_read_with_every_row_whether_they_have_rules_or_not() -> None:
    assert [len(table.rows) for table in demo_tables()] == [15, 7, 4, 6]
