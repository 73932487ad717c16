"""The settings file."""

import json
import subprocess
from pathlib import Path

from quartet_emulators.env_file import remove_env_file, write_env_file
from quartet_emulators.event_hubs.config import load_config
from quartet_emulators.options import BUILT_IN_CONFIG


def test_a_shell_reads_every_value_as_it_was_written(tmp_path: Path) -> None:
    values = ["Endpoint=sb://h:1;Key=a+b/c==;", "with space", "it's", '"$HOME" `id` \\', "#", "", "ünïcode", "a\nb"]
    settings = {f"V{number}": value for number, value in enumerate(values)}
    path = tmp_path / "deep" / ".env"
    write_env_file(path, settings)
    script = '. "$1"; printf "%s\\0" ' + " ".join(f'"${name}"' for name in settings)
    done = subprocess.run(["/bin/sh", "-c", script, "sh", str(path)], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == values


def test_a_file_for_programs_is_json(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    write_env_file(path, {"A": "1;2", "B": "ü"})
    assert json.loads(path.read_text()) == {"A": "1;2", "B": "ü"}
    remove_env_file(path, {"A": "of another process"})
    assert path.exists()
    remove_env_file(path, {"A": "1;2", "B": "ü"})
    assert not path.exists()


def test_a_file_is_replaced_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_env_file(path, {"A": "1", "B": "2"})
    write_env_file(path, {"A": "3"})
    assert path.read_text() == "A=3\n"
    assert list(tmp_path.iterdir()) == [path]


def test_only_ones_own_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_env_file(path, {"A": "of another process"})
    remove_env_file(path, {"A": "mine"})
    assert path.exists()
    remove_env_file(path, {"A": "of another process"})
    assert not path.exists()
    remove_env_file(path, {"A": "already gone"})


def test_the_built_in_hub_has_no_application() -> None:
    [hub] = load_config(BUILT_IN_CONFIG).hubs
    assert (hub.name, hub.partition_count, hub.consumer_groups) == ("saga-events", 4, ("$Default",))
