"""The line that joins a stack can be pasted, whatever the data directory is called."""

import subprocess
from pathlib import Path

import pytest
from quartet_emulators.env_file import to_join, write_env_file


@pytest.mark.parametrize("name", ["plain", "my data", "it's", '"quoted"', "-n", "$HOME", "new\nline", "ünïcode", "a;b"])
@pytest.mark.parametrize("is_relative", [True, False])
def test_a_shell_takes_the_settings_from_any_path(tmp_path: Path, name: str, is_relative: bool) -> None:
    path = tmp_path / name / ".env"
    write_env_file(path, {"GREETING": "it's; $HERE"})
    line = to_join(path.relative_to(tmp_path) if is_relative else path)
    assert shown(line, tmp_path) == "it's; $HERE"


def test_a_file_in_this_directory_is_not_looked_for_in_path(tmp_path: Path) -> None:
    write_env_file(tmp_path / ".env", {"GREETING": "here"})
    assert to_join(Path(".env")) == "set -a; . ./.env; set +a"
    assert shown(to_join(Path(".env")), tmp_path) == "here"


def shown(line: str, directory: Path) -> str:
    result = subprocess.run(
        ["sh", "-c", f'{line}; printf %s "$GREETING"'], cwd=directory, capture_output=True, text=True, check=True
    )
    return result.stdout
