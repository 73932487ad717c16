"""The settings file."""

import json
import subprocess
from pathlib import Path

from quartet_emulators.env_file import remove_env_file, write_env_file
from quartet_emulators.options import BUILT_IN_CONFIG, CHECKOUT_CONFIG


def test_a_shell_reads_every_value_as_it_was_written(tmp_path: Path) -> None:
    values = ["Endpoint=sb://h:1;Key=a+b/c==;", "with space", "it's", '"$HOME" `id` \\', "#", "", "ünïcode", "a\nb"]
    settings = {f"V{number}": value for number, value in enumerate(values)}
    path = tmp_path / "deep" / ".env"
    write_env_file(path, settings)
    script = '. "$1"; printf "%s\\0" ' + " ".join(f'"${name}"' for name in settings)
    done = subprocess.run(["/bin/sh", "-c", script, "sh", str(path)], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == values


def test_a_file_is_replaced_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_env_file(path, {"A": "1", "B": "2"})
    write_env_file(path, {"A": "3"})
    assert path.read_text() == "A=3\n"
    assert list(tmp_path.iterdir()) == [path]


def test_only_ones_own_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_env_file(path, {"A": "somebody else's"})
    remove_env_file(path, {"A": "mine"})
    assert path.exists()
    remove_env_file(path, {"A": "somebody else's"})
    assert not path.exists()
    remove_env_file(path, {"A": "already gone"})


def test_the_built_in_hubs_are_those_of_the_checkout() -> None:
    assert json.loads(BUILT_IN_CONFIG.read_text()) == json.loads(CHECKOUT_CONFIG.read_text())
