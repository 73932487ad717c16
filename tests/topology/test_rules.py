"""A choreography that breaks a rule is refused before it runs."""

from dataclasses import replace

import pytest
import typer

from quartet import Choreography, Participant, Service, on
from quartet.cli import application
from quartet.cli.topology.check import check
from quartet.events import Registry
from quartet.process.application import Application
from quartet.topology.rules import problems
from services.shop import SHOP
from tests.topology.oven import (
    BAKER,
    BAKERY,
    GRIND,
    MILLER,
    BreadBaked,
    BreadBurnt,
    BreadWanted,
    FlourGround,
    FlourReturned,
    Sack,
    work,
)


@pytest.mark.parametrize("app", [SHOP, BAKERY], ids=lambda app: app.name)
def test_a_correct_choreography_has_no_problem(app: Choreography) -> None:
    assert problems(app) == ()


@pytest.mark.parametrize(
    ("app", "problem"),
    [
        (
            replace(BAKERY, inputs=()),
            "BreadWanted.v1 is said by no participant: name it in a reaction's says, in inputs, or remove it",
        ),
        (
            replace(BAKERY, ends={FlourReturned}),
            "BreadBaked.v1 is heard by no participant: add a reaction, or name it in ends",
        ),
        (
            replace(BAKERY, ends=frozenset()),
            "bakery names no end: say in ends which events end a saga",
        ),
        (
            replace(BAKERY, samples=BAKERY.samples[1:]),
            "BreadWanted.v1 has no sample: add one to samples",
        ),
        (
            replace(BAKERY, samples=(*BAKERY.samples, BreadBaked.model_construct(loaf="not an id"))),
            "the sample of BreadBaked.v1 cannot be read: loaf: must",
        ),
        (
            replace(BAKERY, events=Registry(BreadWanted, FlourGround, BreadBurnt, FlourReturned)),
            "BreadBaked.v1 is among the ends, but not in the registry: add it to the registry",
        ),
        (
            replace(BAKERY, events=Registry(BreadWanted, FlourGround, BreadBurnt, FlourReturned)),
            "baker says or hears BreadBaked.v1, which is not in the registry: add it to the registry",
        ),
        (
            replace(BAKERY, inputs=(BreadWanted, FlourReturned)),
            "FlourReturned.v1 says that it is said by miller: write said_by = (OUTSIDE, 'miller'), or change the",
        ),
    ],
)
def test_each_rule_has_a_line_that_says_what_to_do(app: Choreography, problem: str) -> None:
    assert [line for line in problems(app) if line.startswith(problem)]


def test_a_failure_that_does_not_reach_who_has_worked_is_found() -> None:
    """The packer has worked when the bread burns, and undoes its work about another event only."""
    pack = on(BreadWanted, work, creates=True)
    unpack = on(FlourReturned, work, undoes=True)
    packer = replace(MILLER, name="packer", database="packing", reactions=(pack, unpack))
    app = replace(BAKERY, participants=(MILLER, BAKER, packer))
    assert problems(app) == (
        (
            "packer may have acted on BreadWanted.v1 when baker says BreadBurnt.v1, and does not hear it: "
            "add on(BreadBurnt, …, undoes=True)"
        ),
    )


def test_a_participant_after_the_failed_one_need_not_hear_of_it() -> None:
    """The seller gets the bread that the baker has baked: if it burnt, there is nothing to take back."""
    sell = on(BreadBaked, work, creates=True)
    recall = on(FlourReturned, work, undoes=True)
    seller = replace(MILLER, name="seller", database="shop", reactions=(sell, recall))
    assert problems(replace(BAKERY, participants=(MILLER, BAKER, seller))) == ()


@pytest.mark.parametrize(
    ("twin", "what"),
    [(replace(BAKER, name="miller"), "name miller"), (replace(BAKER, database="mill"), "database mill")],
)
def test_two_participants_with_one_name_or_database_are_refused(twin: Participant[Sack, object], what: str) -> None:
    with pytest.raises(ValueError, match=f"bakery: two participants have the {what}"):
        replace(BAKERY, participants=(MILLER, twin))


def test_a_cycle_of_events_needs_a_bound() -> None:
    again = on(BreadBurnt, work, says={FlourGround})
    app = replace(BAKERY, participants=(replace(MILLER, reactions=(GRIND, again, on(FlourReturned, work))), BAKER))
    circle = "events go round in a circle: FlourGround.v1 → BreadBurnt.v1 → FlourGround.v1: "
    assert [line for line in problems(app) if line.startswith(circle)]
    bounded = replace(again, bound="a miller has flour for three loaves")
    app = replace(BAKERY, participants=(replace(MILLER, reactions=(GRIND, bounded)), BAKER))
    assert not [line for line in problems(app) if line.startswith("events go round")]


def test_the_command_shows_each_problem_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    application.use(Application("tests:BAKERY", replace(BAKERY, inputs=(), samples=())))
    with pytest.raises(typer.Exit) as ended:
        check()
    assert ended.value.exit_code == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(BAKERY.events)
    application.use(Application("tests:BAKERY", BAKERY))
    check()
    assert capsys.readouterr().out == "bakery: 2 participants, 5 events, nothing wrong\n"


def test_a_choreography_of_services_has_their_participants() -> None:
    services = (Service(MILLER, ports=lambda _: None), Service(BAKER, ports=lambda _: None))
    made = Choreography(name="bakery", events=BAKERY.events, services=services, ends=BAKERY.ends)
    assert made.participants == (MILLER, BAKER)
    assert made.names == ("miller", "baker")
