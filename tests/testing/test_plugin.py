"""The emulators as a fixture."""

from pathlib import Path

from quartet.testing.plugin import running_emulators


def test_the_emulators_say_how_to_reach_them(tmp_path: Path) -> None:
    with running_emulators(tmp_path / "data") as settings:
        wanted = ("EVENT_HUBS_CONNECTION_STRING", "COSMOS_CONNECTION_STRING", "BLOB_CONNECTION_STRING")
        assert all("127.0.0.1" in settings[name] for name in wanted)
    assert not (tmp_path / "data" / ".env").exists()
