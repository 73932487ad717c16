"""Records as documents, whole: each part of a record has its place, and what is wrong with a document is named."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from quartet.engine.records.codec import RESERVED, RecordCodec, StateSchema
from quartet.engine.records.record import Foreign, Record
from tests.runtime.fakes import Parcel

CODEC = RecordCodec(Parcel)
ANSWERS = ({"id": "a-1"}, {"id": "a-2"})
LINE: dict[str, Any] = {"parked": ["l-1", "l-2"], "parked_beyond": 7, "owed": ["l-0"], "discarded": ["l-9", "k-9"]}
DOCUMENT: dict[str, Any] = {
    "seen": 1,
    "customer": "ada",
    "given_back": False,
    "id": "o-1",
    "pk": "7",
    "version": 1,
    "partition": "3",
    "handled": {"cause-1": list(ANSWERS), "cause-2": []},
}
SYSTEM: dict[str, Any] = {"_rid": "r", "_self": "s", "_etag": '"5"', "_attachments": "a", "_ts": 1}
RECORD = Record("o-1", "7", Parcel(1, "ada"), {"cause-1": ANSWERS, "cause-2": ()}, "3", '"5"')
IN_LINE = replace(RECORD, parked=("l-1", "l-2"), parked_beyond=7, owed=("l-0",), discarded=("l-9", "k-9"))


def test_a_record_without_dead_letters_has_no_names_for_them_in_its_document() -> None:
    assert CODEC.encode(RECORD) == DOCUMENT
    assert CODEC.decode({**DOCUMENT, **SYSTEM}) == RECORD


def test_a_record_with_dead_letters_has_all_of_them_in_its_document() -> None:
    assert CODEC.encode(IN_LINE) == {**DOCUMENT, **LINE}
    assert CODEC.decode({**DOCUMENT, **LINE, **SYSTEM}) == IN_LINE


def test_the_types_of_answers_that_have_left_the_record_are_in_its_document() -> None:
    full = replace(RECORD, said_before=("OrderOpened.v1", "OrderCompleted.v1"))
    assert CODEC.encode(full) == {**DOCUMENT, "said_before": ["OrderOpened.v1", "OrderCompleted.v1"]}
    assert CODEC.decode({**CODEC.encode(full), **SYSTEM}) == full


def test_an_order_with_dead_letters_only_has_no_state() -> None:
    known = replace(IN_LINE, state=None, handled={})
    document = CODEC.encode(known)
    assert document == {"id": "o-1", "pk": "7", "version": 1, "partition": "3", "handled": {}, **LINE}
    assert CODEC.decode({**document, **SYSTEM}) == known


def test_a_document_of_a_newer_release_keeps_its_line_and_everything_else_as_it_is() -> None:
    document = {**DOCUMENT, **LINE, **SYSTEM, "version": 9, "flavour": "new"}
    problem = "ValueError: version 9 of the state is not known to this release: it knows 1 to 1"
    record = CODEC.decode(document)
    assert record == replace(IN_LINE, state=None, handled={}, foreign=Foreign(document, problem))
    assert CODEC.encode(record) == {**DOCUMENT, **LINE, "version": 9, "flavour": "new"}
    assert CODEC.encode(replace(record, parked=(), parked_beyond=0, owed=(), discarded=())) == {
        **DOCUMENT,
        "version": 9,
        "flavour": "new",
    }


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("version", "one", "TypeError: version is not a int"),
        ("handled", None, "TypeError: handled is not a dict"),
        ("said_before", "OrderCompleted.v1", "TypeError: said_before is not a list"),
        ("handled", {"cause-1": 7}, "TypeError: handled is not a list"),
        ("partition", 3, "TypeError: partition is not a str"),
        ("parked", "all", "TypeError: parked is not a list"),
        ("parked_beyond", "x", "TypeError: parked_beyond is not a int"),
        ("owed", {}, "TypeError: owed is not a list"),
        ("discarded", {}, "TypeError: discarded is not a list"),
    ],
)
def test_the_error_of_a_document_is_named(name: str, value: object, problem: str) -> None:
    foreign = CODEC.decode({**DOCUMENT, **SYSTEM, name: value}).foreign
    assert foreign is not None
    assert foreign.problem == problem


def test_the_readable_entries_of_a_damaged_queue_count() -> None:
    damaged = {"parked": ["l-1", 2, "l-3"], "parked_beyond": "x", "owed": "l-0", "discarded": [None, "l-9"]}
    document = {**DOCUMENT, **SYSTEM, **damaged, "partition": 3}
    record = CODEC.decode(document)
    assert record.foreign is not None
    assert replace(record, foreign=None) == Record(
        "o-1", "7", partition="3", etag='"5"', parked=("l-1", "l-3"), discarded=("l-9",)
    )


def test_an_empty_document_keeps_its_place() -> None:
    document = {"id": "o-1", "pk": "7", "_etag": '"5"'}
    record = CODEC.decode(document)
    assert record == Record("o-1", "7", etag='"5"', foreign=Foreign(document, "KeyError: 'handled'"))


@dataclass(frozen=True)
class Clashing:
    owed: str
    parked: str


class NoDataclass:
    pass


@pytest.mark.parametrize(
    ("state", "version", "problem"),
    [
        (Clashing, 1, "Clashing uses names that belong to the runtime: owed, parked"),
        (NoDataclass, 1, "NoDataclass must be a dataclass"),
        (Parcel, 2, "Parcel has no upcaster from version 1"),
        (Parcel, 4, "Parcel has no upcaster from version 1"),
    ],
)
def test_a_form_that_cannot_work_is_refused_with_its_reason(state: type[Any], version: int, problem: str) -> None:
    with pytest.raises(TypeError) as refused:
        StateSchema(state, version=version)
    assert str(refused.value) == problem


def test_every_name_of_a_document_but_the_states_belongs_to_the_runtime() -> None:
    names = {*CODEC.encode(replace(IN_LINE, said_before=("OrderShipped.v1",), runs=({"event": "e-1"},)))} - {
        "seen",
        "customer",
        "given_back",
    }
    assert names == RESERVED - {"ttl"}


def test_a_state_cannot_have_a_time_to_live_by_accident() -> None:
    @dataclass(frozen=True, slots=True)
    class Lease:
        ttl: int = 60

    with pytest.raises(TypeError, match="Lease uses names that belong to the runtime: ttl"):
        StateSchema(Lease)
