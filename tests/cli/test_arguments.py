"""What is no id is refused in the same words by every command, before anything is connected."""

import pytest

from quartet.cli.failures import MISUSED
from quartet.cli.main import run

COMMANDS = [
    ("status",),
    ("timeline",),
    ("recordings",),
    ("verify-replay", "--saga"),
    ("cancel",),
    ("dead-letters", "list", "--saga"),
    ("dead-letters", "redrive", "--saga"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    "order_id", ["", "..", "gid://shopify/Order/1", "a b", "x" * 65, "o\n", "ö", "\x1b[2J", "o\udcff"]
)
def test_an_order_id_is_checked_in_one_place(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...], order_id: str
) -> None:
    assert run([*command, order_id]) == MISUSED
    [line] = capsys.readouterr().err.splitlines()
    assert "the id of a saga must be 1 to 64 of A-Z, a-z, 0-9, _ and -" in line
    assert line.isprintable()


@pytest.mark.parametrize("command", ["show", "redrive", "discard"])
@pytest.mark.parametrize("letter_id", ["", "a/b", "a?b", "../x", "x" * 200])
def test_so_is_the_id_of_a_dead_letter(capsys: pytest.CaptureFixture[str], command: str, letter_id: str) -> None:
    assert run(["dead-letters", command, letter_id]) == MISUSED
    assert "is not the id of a dead letter" in capsys.readouterr().err
