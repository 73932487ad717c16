"""`quartet publish` for any application: what an entry of a file stands for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quartet.cli.publish.command import model_of_data
from quartet.cli.publish.outgoing import read_events, wrap_events
from quartet.terminal.files import Entry
from quartet.terminal.user_error import UserError
from tests.topology.oven import BAKERY, EVENTS, BreadBurnt, BreadWanted

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_data_alone_is_of_what_begins_a_saga_unless_a_type_is_said() -> None:
    assert model_of_data(BAKERY, None) is BreadWanted
    assert model_of_data(BAKERY, "BreadBurnt.v1") is BreadBurnt
    with pytest.raises(UserError, match=r"bakery has no event Cake\.v1: it is one of BreadWanted\.v1, "):
        model_of_data(BAKERY, "Cake.v1")
    with pytest.raises(UserError, match=r"does not say which event begins a saga: say --type, or name it in inputs"):
        model_of_data(replace(BAKERY, inputs=()), None)


def test_the_same_data_is_the_same_event() -> None:
    [one] = read_events([Entry("loaves, line 1", {"loaf": "rye-1"})], NOON, EVENTS, BreadWanted)
    [again] = read_events([Entry("loaves, line 9", {"loaf": "rye-1"})], NOON, EVENTS, BreadWanted)
    assert (one.saga_id, one.event["type"], one.event["id"]) == ("rye-1", "BreadWanted.v1", again.event["id"])


def test_an_entry_that_breaks_the_contract_is_named_with_its_place() -> None:
    with pytest.raises(UserError, match=r"loaves, line 1: loaf: must be 1 to 64 of .* Nothing was published"):
        read_events([Entry("loaves, line 1", {"loaf": "rye 1"})], NOON, EVENTS, BreadWanted)


@pytest.mark.parametrize(
    ("value", "saga_id"), [({"loaf": "rye-1", "crust": 3}, "rye-1"), ({}, "unknown"), ({"loaf": 7}, "unknown")]
)
def test_unchecked_data_is_sent_to_the_saga_that_it_names(value: dict[str, object], saga_id: str) -> None:
    [one] = wrap_events([Entry("loaves", value)], NOON, BreadWanted)
    assert (one.saga_id, one.event["data"]) == (saga_id, value)
