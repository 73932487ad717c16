"""The emulators, and whole applications, as fixtures. `examples/trip` uses the one that starts an application."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from quartet.testing.plugin import running_emulators
from quartet.testing.up import running_app

WANTED = ("EVENT_HUBS_CONNECTION_STRING", "COSMOS_CONNECTION_STRING", "BLOB_CONNECTION_STRING")


def test_the_emulators_say_how_to_reach_them(tmp_path: Path) -> None:
    with running_emulators(tmp_path / "data") as settings:
        assert all("127.0.0.1" in settings[name] for name in WANTED)
    assert not (tmp_path / "data" / ".env").exists()


def test_the_emulators_are_a_fixture_of_every_test(azure_emulators: Mapping[str, str]) -> None:
    assert all("127.0.0.1" in azure_emulators[name] for name in WANTED)


def test_emulators_that_cannot_start_say_why(tmp_path: Path) -> None:
    with (
        running_emulators(tmp_path / "data"),
        pytest.raises(RuntimeError, match=r"the emulators do not start:\nemulators: ."),
        running_emulators(tmp_path / "data"),
    ):
        pass


def test_an_application_that_cannot_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"no_such\.app:APP does not start:\nquartet: application no_such"),
        running_app("no_such.app:APP", tmp_path / "data"),
    ):
        pass
