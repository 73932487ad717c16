from pathlib import Path

import pytest
from quartet_emulators.data_directory import locked

from quartet.local.data_directory import wipe
from quartet.terminal.user_error import UserError


def used(directory: Path) -> Path:
    for name in ("event-hubs", "cosmos", "blob"):
        (directory / name).mkdir(parents=True)
        (directory / name / "data.sqlite3").touch()
    with locked(directory):
        (directory / ".env").touch()
    return directory


def test_wiping_removes_the_data_and_the_settings(tmp_path: Path) -> None:
    wipe(used(tmp_path / "d"))
    assert {path.name for path in (tmp_path / "d").iterdir()} == {".lock", ".lock-children"}


@pytest.mark.parametrize("name", ["thesis.txt", ".git"])
def test_a_directory_with_anything_else_in_it_is_left_alone(tmp_path: Path, name: str) -> None:
    directory = used(tmp_path / "d")
    (directory / name).touch()
    with pytest.raises(UserError, match="nothing was removed"):
        wipe(directory)
    assert (directory / "cosmos" / "data.sqlite3").exists()


def test_the_data_of_running_emulators_is_left_alone(tmp_path: Path) -> None:
    directory = used(tmp_path / "d")
    with locked(directory), pytest.raises(UserError, match="in use by running emulators"):
        wipe(directory)
    assert (directory / "cosmos" / "data.sqlite3").exists()


def test_there_may_be_nothing_to_wipe(tmp_path: Path) -> None:
    wipe(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_file_is_not_a_data_directory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(UserError, match="is not a directory"):
        wipe(path)
