"""Versions of an event: the steps between them, what is refused, and what stays of the event."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from quartet.engine.declaration.outcome import Decided, Outcome
from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.reaction import Reaction, on
from quartet.events import (
    Event,
    EventData,
    Registry,
    SagaId,
    Text,
    Upcast,
    UpcastError,
    from_json,
    new_event,
    to_json,
    upcast,
)
from tests.testing.counting import Case

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Boarded(EventData):
    type: ClassVar[str] = "Boarded.v1"
    train: SagaId
    name: Text


class BoardedV2(EventData):
    type: ClassVar[str] = "Boarded.v2"
    train: SagaId
    names: tuple[Text, ...]


class BoardedV4(EventData):
    type: ClassVar[str] = "Boarded.v4"
    train: SagaId
    people: int


class Alighted(EventData):
    type: ClassVar[str] = "Alighted.v2"
    train: SagaId


def to_v2(old: Boarded) -> BoardedV2:
    return BoardedV2(train=old.train, names=(old.name,))


def to_v4(old: BoardedV2) -> BoardedV4:
    return BoardedV4(train=old.train, people=len(old.names))


FIRST, SECOND = upcast(Boarded, BoardedV2, to_v2), upcast(BoardedV2, BoardedV4, to_v4)
EVENTS = Registry(Boarded, BoardedV2, BoardedV4, Alighted, upcasts=(FIRST, SECOND))
SAID = new_event(Boarded(train="ic-1", name="Ada"), source="/platform", time=NOON, id="e-1")


async def count(event: Event[Any], known: Case | None, _: None) -> Outcome[Case]:
    del event, known
    return Decided(Case(1))


def guard(*reactions: Reaction[Case, None], events: Registry = EVENTS) -> Participant[Case, None]:
    return Participant(
        events=events, name="guard", database="guard", container="trains", state=Case, reactions=reactions
    )


@pytest.mark.parametrize(
    ("upcasts", "problem"),
    [
        ((SECOND, FIRST), None),
        ((FIRST, FIRST), "the upcast from Boarded.v1 to Boarded.v2: there are two of them"),
        ((upcast(Boarded, BoardedV4, lambda _: BoardedV4(train="t", people=1)),), "next version, Boarded.v2"),
        ((upcast(BoardedV2, Boarded, lambda _: Boarded(train="t", name="n")),), "next version, Boarded.v4"),
        ((upcast(Boarded, Alighted, lambda _: Alighted(train="t")),), "next version, Boarded.v2"),
        ((upcast(BoardedV4, Boarded, lambda _: Boarded(train="t", name="n")),), "next version, and there is none"),
    ],
)
def test_an_upcast_leads_to_the_next_version_that_there_is(
    upcasts: tuple[Upcast[Any, Any], ...], problem: str | None
) -> None:
    if problem is None:
        assert {one.type for one in Registry(*EVENTS.models, upcasts=upcasts).outdated} == {"Boarded.v1", "Boarded.v2"}
        return
    with pytest.raises(ValueError, match=problem):
        Registry(*EVENTS.models, upcasts=upcasts)


def test_an_upcast_is_between_models_of_the_registry() -> None:
    with pytest.raises(ValueError, match=r"Boarded\.v2 is not in the registry"):
        Registry(Boarded, BoardedV4, upcasts=(FIRST,))


def test_an_event_is_upcast_as_far_as_its_participant_handles_and_stays_the_same_event() -> None:
    event = guard(on(BoardedV4, count)).as_handled(SAID)
    assert event.data == BoardedV4(train="ic-1", people=1)
    assert event.original == SAID.data
    assert (event.key, event.type, event.time, event.traceparent) == (SAID.key, SAID.type, NOON, SAID.traceparent)
    assert to_json(event) == to_json(SAID), "what is recorded of it is what was said"
    assert from_json(to_json(event), EVENTS) == SAID


@pytest.mark.parametrize(
    ("handled", "became", "hears"),
    [
        ((Boarded,), Boarded, {"Boarded.v1"}),
        ((BoardedV2,), BoardedV2, {"Boarded.v1", "Boarded.v2"}),
        ((BoardedV2, BoardedV4), BoardedV2, {"Boarded.v1", "Boarded.v2", "Boarded.v4"}),
        ((Boarded, BoardedV4), Boarded, {"Boarded.v1", "Boarded.v2", "Boarded.v4"}),
    ],
)
def test_the_first_version_that_a_participant_handles_takes_precedence(
    handled: tuple[type[EventData], ...], became: type[EventData], hears: set[str]
) -> None:
    participant = guard(*(on(model, count) for model in handled))
    assert type(participant.as_handled(SAID).data) is became
    assert participant.hears == hears


def test_an_event_that_is_not_heard_is_left_as_it_is() -> None:
    assert guard(on(Alighted, count)).as_handled(SAID) is SAID


def wrong_type(old: Boarded) -> Any:  # noqa: ANN401 -- mypy would refuse a function that says so
    return old


def wrong_saga(old: Boarded) -> BoardedV2:
    return BoardedV2(train=f"{old.train}-2", names=(old.name,))


def broken(old: Boarded) -> BoardedV2:
    return BoardedV2(train=old.train, names=({"Ada": 1}[old.name + "!"],))


def invalid(old: Boarded) -> BoardedV2:
    return BoardedV2(train=old.train, names=(" ", old.name))


@pytest.mark.parametrize(
    ("turn", "problem"),
    [
        (wrong_type, "what was made is Boarded"),
        (wrong_saga, "what was made belongs to another saga, ic-1-2"),
        (broken, "KeyError: 'Ada!'"),
        (invalid, "names.0: must not be blank"),
    ],
)
def test_an_upcast_that_fails_says_which_and_why_in_one_line(turn: Any, problem: str) -> None:  # noqa: ANN401
    registry = Registry(*EVENTS.models, upcasts=(upcast(Boarded, BoardedV2, turn), SECOND))
    participant = guard(on(BoardedV4, count), events=registry)
    with pytest.raises(UpcastError) as failed:
        participant.as_handled(SAID)
    assert str(failed.value) == f"Boarded.v1 cannot be turned into Boarded.v2: {problem}"


def test_a_repeat_is_recognised_in_every_newer_version_and_back_as_far_as_there_is_a_way() -> None:
    forms = (SAID.data, to_v2(SAID.data), to_v4(to_v2(SAID.data)))
    said = [new_event(form, source="/platform", time=NOON) for form in forms]
    repeats = [[EVENTS.repeats(event, form.fingerprint()) for form in forms] for event in said]
    assert repeats == [[True, True, True], [False, True, True], [False, False, True]]
    both_ways = upcast(Boarded, BoardedV2, to_v2, back=lambda new: Boarded(train=new.train, name=new.names[0]))
    with_way_back = Registry(*EVENTS.models, upcasts=(both_ways, SECOND))
    assert with_way_back.repeats(said[1], forms[0].fingerprint())
    assert not with_way_back.repeats(said[2], forms[0].fingerprint()), "there is no way back from version 4"
