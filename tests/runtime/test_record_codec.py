"""Documents of other releases: upcast where this release knows how, kept as they are where it does not."""

from dataclasses import dataclass, make_dataclass, replace
from typing import Any

import pytest

from quartet.engine.records.codec import RecordCodec, StateSchema
from quartet.engine.records.record import Record
from tests.runtime.fakes import Parcel

STORED: dict[str, Any] = {
    "id": "o-1",
    "pk": "7",
    "partition": "3",
    "handled": {"cause-1": [{"id": "a-1"}]},
    "seen": 1,
    "customer": "ada",
    "given_back": False,
    "_etag": '"5"',
    "_ts": 1,
}
"""What the release wrote that knew no versions, and told events apart by their id."""


@dataclass(frozen=True, slots=True)
class Parcel3:
    """A third form of the state of these tests."""

    seen: int
    names: tuple[str, ...]


SCHEMA3 = StateSchema(
    Parcel3,
    version=3,
    upcasters={
        1: lambda document: {**document, "name": document["customer"]},
        2: lambda document: {**document, "names": [document["name"]]},
    },
)


def test_a_document_of_the_first_release_is_read_as_it_was() -> None:
    record = RecordCodec(Parcel).decode(STORED)
    assert record == Record("o-1", "7", Parcel(1, "ada"), {"cause-1": ({"id": "a-1"},)}, "3", '"5"')


def test_an_older_form_is_upcast_step_by_step_and_written_in_the_newest() -> None:
    codec = RecordCodec(SCHEMA3)
    record = codec.decode(STORED)
    assert record.state == Parcel3(1, ("ada",))
    written = codec.encode(record)
    assert (written["version"], written["names"]) == (3, ["ada"])
    assert codec.decode({**written, "_etag": '"6"'}).state == record.state


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"version": 4}, "version 4"),
        ({"version": 0}, "version 0"),
        ({"version": "three"}, "version"),
        ({"customer": None}, "customer"),
        ({"seen": "many"}, "seen"),
        ({"handled": None}, "handled"),
        ({"handled": {"cause-1": 7}}, "handled"),
        ({"partition": 3}, "partition"),
        ({"parked": "all"}, "parked"),
        ({"owed": {}}, "owed"),
        ({"parked_beyond": "x"}, "parked_beyond"),
    ],
)
def test_an_unreadable_record_is_foreign_and_says_why(change: dict[str, object], problem: str) -> None:
    document = {**STORED, **change}
    record = RecordCodec(Parcel).decode(document)
    assert record.foreign is not None
    assert problem in record.foreign.problem
    assert record.foreign.document == document
    assert (record.saga_id, record.pk, record.etag, record.has_dead_letters) == ("o-1", "7", '"5"', True)


@pytest.mark.parametrize("missing", ["handled", "partition", "seen"])
def test_a_field_that_is_missing_makes_it_foreign_too(missing: str) -> None:
    document = {name: value for name, value in STORED.items() if name != missing}
    record = RecordCodec(Parcel).decode(document)
    assert record.foreign is not None
    assert missing in record.foreign.problem


def test_an_upcaster_that_fails_makes_it_foreign() -> None:
    document = {name: value for name, value in STORED.items() if name != "customer"}
    record = RecordCodec(SCHEMA3).decode(document)
    assert record.foreign is not None
    assert "customer" in record.foreign.problem


def test_only_the_line_of_a_foreign_document_is_ever_changed() -> None:
    codec = RecordCodec(Parcel)
    document = {**STORED, "version": 9, "flavour": "new", "parked": ["l-1"], "owed": ["l-0"]}
    record = codec.decode(document)
    assert (record.parked, record.owed) == (("l-1",), ("l-0",))
    written = codec.encode(replace(record, parked=("l-1", "l-2"), owed=()))
    kept = {name: value for name, value in document.items() if name not in {"_etag", "_ts", "owed"}}
    assert written == {**kept, "parked": ["l-1", "l-2"]}


def test_every_older_version_needs_an_upcaster() -> None:
    with pytest.raises(TypeError, match="no upcaster from version 1"):
        StateSchema(Parcel3, version=3, upcasters={2: dict})


@pytest.mark.parametrize("name", ["version", "handled", "id", "discarded"])
def test_a_state_may_not_use_a_name_of_the_runtime(name: str) -> None:
    clashing: type[Any] = make_dataclass("Clashing", [(name, str)])
    with pytest.raises(TypeError, match=name):
        StateSchema(clashing)
