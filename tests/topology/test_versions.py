"""The rules about versions, on the printing house of examples/versions."""

from dataclasses import replace

import pytest

from examples.versions.accounts import ACCOUNTS, note_list
from examples.versions.app import PRESS
from examples.versions.events import (
    EVENTS,
    OrderCreated,
    OrderCreatedV2,
    OrderCreatedV3,
    OrderPrinted,
    OrderPrintedV2,
    one_copy,
    with_currency,
)
from examples.versions.printing import PRINTER
from quartet import Choreography, Registry, on, upcast
from quartet.topology.edges import edges
from quartet.topology.rules import problems

WITHOUT = Registry(*EVENTS.models)
NOT_TO_V3 = Registry(
    *EVENTS.models,
    upcasts=(
        upcast(OrderCreated, OrderCreatedV2, with_currency),
        upcast(OrderPrinted, OrderPrintedV2, one_copy),
    ),
)


def press(events: Registry) -> Choreography:
    participants = (replace(PRINTER, events=events), replace(ACCOUNTS, events=events))
    return replace(PRESS, events=events, participants=participants, services=())


def test_versions_with_upcasts_break_no_rule() -> None:
    assert problems(PRESS) == problems(press(EVENTS)) == ()


def test_an_older_version_that_does_not_reach_a_participant_is_a_problem() -> None:
    may_be_there = "which the hub may still hold: add an upcast to the registry, or a reaction"
    found = problems(press(NOT_TO_V3))
    assert f"printer hears OrderCreated.v3, and not OrderCreated.v1, {may_be_there}" in found
    assert f"printer hears OrderCreated.v3, and not OrderCreated.v2, {may_be_there}" in found
    assert not any("accounts hears OrderCreated" in problem for problem in found)
    assert f"accounts hears OrderPrinted.v2, and not OrderPrinted.v1, {may_be_there}" in problems(press(WITHOUT))


def test_a_newer_version_that_is_said_must_be_heard() -> None:
    deaf = replace(ACCOUNTS, reactions=tuple(one for one in ACCOUNTS.reactions if one.event is not OrderCreatedV3))
    problem = "accounts hears OrderCreated.v2, and not OrderCreated.v3, which is said: add a reaction"
    assert problems(replace(PRESS, participants=(PRINTER, deaf), services=())) == (problem,)
    quiet = replace(PRESS, participants=(PRINTER, deaf), services=(), inputs=(OrderCreatedV2, OrderCreated))
    assert problem not in problems(quiet), "no one says it yet: readers are deployed first"


def test_an_older_version_without_a_sayer_needs_none_if_it_is_upcast() -> None:
    assert "OrderPrinted.v1 is said by no participant" in "\n".join(problems(press(WITHOUT)))


def test_a_sample_that_cannot_be_upcast_is_a_problem() -> None:
    broken = PRESS.samples[2].model_copy(update={"title": " "})
    assert "the sample of OrderCreated.v1 cannot be read: title: must not be blank" in problems(
        replace(PRESS, samples=(*PRESS.samples, broken))
    )
    halved = PRESS.samples[2].model_validate(PRESS.samples[2].to_json() | {"price": "1.005"})
    (problem,) = problems(replace(PRESS, samples=(*PRESS.samples, halved)))
    assert problem.startswith("the sample of OrderCreated.v1 cannot be read: OrderCreated.v1 cannot be turned into ")
    assert problem.endswith("OrderCreated.v2: price: must have at most 2 decimals, being in EUR")


@pytest.mark.parametrize("version", [OrderCreated, OrderCreatedV2, OrderCreatedV3])
def test_each_version_leads_to_those_that_handle_a_newer_one(version: type[OrderCreated]) -> None:
    assert [edge.hearer for edge in edges(PRESS) if edge.event is version] == ["printer", "accounts"]


def test_a_failure_that_is_upcast_is_a_failure() -> None:
    undoing = replace(ACCOUNTS, reactions=(on(OrderCreatedV3, note_list, undoes=True),))
    app = replace(PRESS, participants=(PRINTER, undoing), services=())
    assert {edge.event for edge in edges(app) if edge.compensates} >= {OrderCreated, OrderCreatedV2, OrderCreatedV3}
