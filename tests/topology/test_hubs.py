"""Which event comes in by which hub, and who may say it."""

from dataclasses import replace
from typing import ClassVar

import pytest

from quartet import EventData, Registry, SagaId
from quartet.engine.declaration.hubs import LAYOUTS, MAIN, WRONG_AUTHOR, WRONG_HUB, Hubs, Layout, Refusal
from tests.topology.oven import BAKER, BAKERY, EVENTS, MILLER

MILL, BAKE, CUSTOMER = "/services/miller", "/services/baker", "/customers/ada"


def hubs(layout: Layout) -> Hubs:
    return replace(BAKERY, hub="bread", inbound_hub="wishes").hubs(layout)


@pytest.mark.parametrize(
    ("layout", "names", "by_miller", "by_customers", "by_operators"),
    [
        ("one", ["bread"], "bread", "bread", "bread"),
        ("inbound", ["bread", "wishes"], "bread", "wishes", "bread"),
        ("authors", ["bread", "wishes", "bread-baker", "bread-miller"], "bread-miller", "wishes", "bread"),
    ],
)
def test_each_author_has_one_hub_to_send_to(
    layout: Layout, names: list[str], by_miller: str, by_customers: str, by_operators: str
) -> None:
    found = hubs(layout)
    assert [hub.name for hub in found.all] == names
    assert found.written_by("miller").name == by_miller
    assert (found.of_outside.name, found.of_operators.name) == (by_customers, by_operators)


@pytest.mark.parametrize(
    ("layout", "miller", "baker"),
    [
        ("one", ["bread"], ["bread"]),
        ("inbound", ["bread", "wishes"], ["bread"]),
        ("authors", ["bread", "wishes", "bread-baker"], ["bread", "bread-miller"]),
    ],
)
def test_a_participant_reads_the_main_hub_and_those_by_which_something_comes_that_it_hears(
    layout: Layout, miller: list[str], baker: list[str]
) -> None:
    assert [hub.name for hub in hubs(layout).read_by(MILLER)] == miller
    assert [hub.name for hub in hubs(layout).read_by(BAKER)] == baker


@pytest.mark.parametrize(
    ("layout", "label", "type_", "source", "reason"),
    [
        ("one", MAIN, "FlourGround.v1", MILL, None),
        ("one", MAIN, "BreadWanted.v1", CUSTOMER, None),
        ("one", MAIN, "FlourGround.v1", CUSTOMER, WRONG_AUTHOR),
        ("one", MAIN, "FlourGround.v1", BAKE, WRONG_AUTHOR),
        ("one", MAIN, "BreadWanted.v1", BAKE, WRONG_AUTHOR),
        ("one", MAIN, "RedriveRequested.v1", CUSTOMER, None),
        ("one", MAIN, "RedriveRequested.v1", MILL, WRONG_AUTHOR),
        ("one", MAIN, "SomethingElse.v1", CUSTOMER, None),
        ("one", "wishes", "BreadWanted.v1", CUSTOMER, WRONG_HUB),
        ("inbound", "wishes", "BreadWanted.v1", CUSTOMER, None),
        ("inbound", MAIN, "BreadWanted.v1", CUSTOMER, WRONG_HUB),
        ("inbound", "wishes", "FlourGround.v1", MILL, WRONG_HUB),
        ("inbound", "wishes", "RedriveRequested.v1", CUSTOMER, WRONG_HUB),
        ("inbound", MAIN, "FlourGround.v1", MILL, None),
        ("authors", "bread-miller", "FlourGround.v1", MILL, None),
        ("authors", "bread-baker", "FlourGround.v1", MILL, WRONG_HUB),
        ("authors", MAIN, "FlourGround.v1", MILL, WRONG_HUB),
        ("authors", MAIN, "RedriveRequested.v1", CUSTOMER, None),
    ],
)
def test_an_event_counts_only_from_its_author_and_on_the_hub_of_its_author(
    layout: Layout, label: str, type_: str, source: str, reason: str | None
) -> None:
    refusal = hubs(layout).refusal(label, type_, source)
    assert (refusal.reason if refusal else None) == reason


def test_a_refusal_says_what_is_wrong_in_one_line() -> None:
    found = hubs("inbound")
    assert found.refusal(MAIN, "FlourGround.v1", "/a\n") == Refusal(
        WRONG_AUTHOR, "source: /a\\n may not say FlourGround.v1; it is for miller"
    )
    assert found.refusal("wishes", "FlourGround.v1", MILL) == Refusal(
        WRONG_HUB, "FlourGround.v1 of miller may not come in by the hub wishes"
    )


class Rumour(EventData):
    type: ClassVar[str] = "Rumour.v1"
    loaf: SagaId


@pytest.mark.parametrize("source", [MILL, CUSTOMER])
def test_an_event_without_authors_may_be_said_by_every_client_on_one_hub(source: str) -> None:
    assert Hubs(Registry(Rumour)).refusal(MAIN, "Rumour.v1", source) is None


@pytest.mark.parametrize("layout", ["inbound", "authors"])
def test_with_several_hubs_every_event_must_name_its_authors(layout: Layout) -> None:
    with pytest.raises(ValueError, match=r"^Rumour\.v1: said_by is missing"):
        Hubs(Registry(*EVENTS.models, Rumour), layout)


@pytest.mark.parametrize(("name", "problem"), [("bread", "must not be the main hub"), ("w" * 61, "at most 60")])
def test_a_name_that_cannot_be_that_of_the_inbound_hub_is_refused(name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Hubs(EVENTS, "inbound", "bread", name)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_participant_that_says_nothing_has_a_hub_to_answer_operators_on(layout: Layout) -> None:
    listener = replace(MILLER, name="listener", reactions=())
    found = Hubs(EVENTS, layout, participants=(listener.name,))
    assert listener.name in found.written_by(listener.name).authors
    assert found.of_operators in found.read_by(listener)
    assert found.refusal(found.label(found.written_by(listener.name)), "RedriveReported.v1", listener.source) is None


def test_an_author_that_does_not_exist_has_no_hub() -> None:
    with pytest.raises(KeyError):
        hubs("inbound").written_by("smith")
