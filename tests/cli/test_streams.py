"""What a stream cannot show is escaped: no command ends in a traceback because of a terminal's encoding."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from quartet.engine.failures.timeouts import stretched

PROGRAM = """
import sys
from rich.table import Table
from quartet.cli import main as cli
from quartet.terminal.console import show, write_json
def says(_arguments):
    if sys.argv[1] == "json":
        write_json({"recipient": "Zoë 東京"})
    else:
        table = Table(title="Zoë 東京")
        table.add_column("name"); table.add_row("Zoë 東京")
        show(table)
    return 0
cli.run = says
cli.main()
"""


def shown(encoding: str, arguments: Sequence[str]) -> str:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environment,
        capture_output=True,
        timeout=stretched(60),
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    return result.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_json_is_json_on_every_stream(encoding: str) -> None:
    assert json.loads(shown(encoding, ["json"])) == {"recipient": "Zoë 東京"}


@pytest.mark.parametrize(("encoding", "name"), [("ascii", r"Zo\xeb \u6771\u4eac"), ("utf-8", "Zoë 東京")])
def test_a_table_shows_what_the_stream_has(encoding: str, name: str) -> None:
    assert name in shown(encoding, ["table"])
