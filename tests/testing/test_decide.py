"""One decision, from a synchronous test."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from quartet.engine.declaration.outcome import Decided, Ignored, Outcome
from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.reaction import on
from quartet.events import Event
from quartet.testing import decide
from tests.testing.counting import CLERK, EVENTS, Asked, Case, Stamped, Stamps, stamp


def test_a_decision_is_a_value() -> None:
    stamps = Stamps()
    assert decide(CLERK, Asked(case="c"), ports=stamps) == Decided(Case(1), (Stamped(case="c"),), "stamped")
    assert stamps.used == ["c"]


def test_a_state_can_be_given() -> None:
    assert decide(CLERK, Asked(case="c"), Case(1), Stamps()) == Ignored("stamped before")


def test_the_fallback_can_be_asked() -> None:
    outcome = decide(CLERK, Asked(case="c"), ports=Stamps(), giving_up=True)
    assert isinstance(outcome, Decided)
    assert outcome.note == "not stamped"


def test_an_event_without_a_reaction_is_refused() -> None:
    with pytest.raises(LookupError, match=r"clerk does not hear Stamped\.v1"):
        decide(CLERK, Stamped(case="c"), ports=Stamps())


def test_a_missing_fallback_is_said_so() -> None:
    with pytest.raises(LookupError, match=r"no fallback for Asked\.v1"):
        decide(_with(_sleep), Asked(case="c"), ports=Stamps(), giving_up=True)


def test_a_handler_may_sleep_for_hours() -> None:
    assert isinstance(decide(_with(_sleep), Asked(case="c"), ports=Stamps()), Decided)


def test_an_answer_that_is_not_announced_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"clerk does not say Stamped\.v1 about Asked\.v1"):
        decide(replace(CLERK, reactions=(on(Asked, stamp),)), Asked(case="c"), ports=Stamps())


def test_an_answer_about_another_saga_is_refused() -> None:
    with pytest.raises(AssertionError, match="about saga other, its cause about c"):
        decide(_with(_answer_elsewhere), Asked(case="c"), ports=Stamps())


def test_two_answers_with_one_id_are_refused() -> None:
    with pytest.raises(AssertionError, match="give its model a discriminator"):
        decide(_with(_answer_twice), Asked(case="c"), ports=Stamps())


def test_a_state_that_comes_back_as_another_one_is_refused() -> None:
    participant = Participant(
        events=EVENTS,
        name="clerk",
        database="clerks",
        container="cases",
        state=Priced,
        reactions=(on(Asked, _price),),
    )
    with pytest.raises(AssertionError, match="cannot be stored as it is"):
        decide(participant, Asked(case="c"))


@dataclass(frozen=True)
class Priced:
    price: float


async def _price(event: Event[Asked], state: Priced | None, ports: object) -> Outcome[Priced]:
    del event, state, ports
    return Decided(Priced(float("nan")))


async def _sleep(event: Event[Asked], case: Case | None, stamps: Stamps) -> Outcome[Case]:
    del event, case, stamps
    await asyncio.sleep(36_000)
    return Decided(Case(1))


async def _answer_elsewhere(event: Event[Asked], case: Case | None, stamps: Stamps) -> Outcome[Case]:
    del event, case, stamps
    return Decided(Case(1), (Stamped(case="other"),))


async def _answer_twice(event: Event[Asked], case: Case | None, stamps: Stamps) -> Outcome[Case]:
    del case, stamps
    said = Stamped(case=event.data.case)
    return Decided(Case(1), (said, said))


def _with(handler: object) -> Participant[Case, Stamps]:
    return replace(CLERK, reactions=(on(Asked, handler, says={Stamped}),))  # type: ignore[arg-type]  # each has the right signature
