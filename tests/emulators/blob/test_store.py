"""The file of the emulator."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from quartet_emulators.blob.lease import NO_LEASE
from quartet_emulators.blob.store import BlobStore

FIRST = """
CREATE TABLE containers (
    name TEXT PRIMARY KEY, etag TEXT NOT NULL, modified REAL NOT NULL, metadata TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE blobs (
    container TEXT NOT NULL, name TEXT NOT NULL, etag TEXT NOT NULL,
    created REAL NOT NULL, modified REAL NOT NULL, size INTEGER NOT NULL,
    properties TEXT NOT NULL, metadata TEXT NOT NULL, blocks TEXT NOT NULL,
    PRIMARY KEY (container, name)
) WITHOUT ROWID;
INSERT INTO containers VALUES ('shop', '0x1', 1.5, '{}');
INSERT INTO blobs VALUES ('shop', 'tea', '0x2', 1.5, 2.5, 5, '{}', '{"by": "alice"}', '[["YjE=", 5]]');
PRAGMA user_version = 1;
"""


def test_a_file_of_an_earlier_release_is_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "blob.sqlite3")) as file:
        file.executescript(FIRST)
    for _ in range(2):  # as it was, and as it is after the first time
        with closing(BlobStore(tmp_path / "blob.sqlite3")) as store:
            container, blob = store.container("shop"), store.blob("shop", "tea")
            assert container is not None
            assert blob is not None
            assert (container.etag, container.lease, blob.lease) == ("0x1", NO_LEASE, NO_LEASE)
            assert (blob.size, blob.metadata, blob.blocks) == (5, {"by": "alice"}, [("YjE=", 5)])
            store.save_blob(blob)
            store.save_container(container)


def test_a_file_of_a_later_release_is_not_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "blob.sqlite3")) as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(ValueError, match="schema 99"):
        BlobStore(tmp_path / "blob.sqlite3")
