"""What a batch costs does not depend on the number of its events, nor on what is kept."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from quartet.console.projection.sqlite import writing
from quartet.console.projection.sqlite.schema import FILE, connect, prepare
from tests.console.made import Maker, batch_of


def statements(connection: sqlite3.Connection, sagas: int, first: int) -> list[str]:
    """The statements of one batch with this number of new sagas."""
    [batch] = list(Maker().batches(sagas, size=100_000, first=first))
    known = connection.execute("SELECT coalesce(max(sequence_number), -1) FROM positions").fetchone()[0] + 1
    facts = [replace(one, key=one.key._replace(sequence_number=one.key.sequence_number + known)) for one in batch.facts]
    said: list[str] = []
    connection.set_trace_callback(said.append)
    writing.write(connection, batch_of(facts))
    connection.set_trace_callback(None)
    return said


@pytest.mark.parametrize("sagas", [1, 20, 80])
def test_a_batch_is_one_transaction_and_asks_three_questions(tmp_path: Path, sagas: int) -> None:
    prepare(tmp_path / FILE)
    connection = connect(tmp_path / FILE)
    statements(connection, 300, 0)
    said = statements(connection, sagas, 300)
    assert (said.count("BEGIN IMMEDIATE"), said.count("COMMIT")) == (1, 1)
    asked = [one for one in said if one.startswith(("SELECT", "WITH"))]
    assert len(asked) == 3, "the position, the sagas, and the events that are causes"
    connection.close()
