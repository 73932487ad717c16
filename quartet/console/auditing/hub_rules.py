"""The rules that the events of one saga keep in any right choreography, whatever is delivered twice or late. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from quartet.choreography import Choreography
from quartet.console.auditing.heard import Heard, History
from quartet.engine.declaration.participant import Participant
from quartet.events import derived_id, legacy_derived_id

_DERIVED: Final = 5  # the version of a UUID that is a digest of a name


@dataclass(frozen=True, slots=True)
class HubRule:
    """One rule.

    Attributes:
        text: for people.
        broken_by: yields a line for everything in a saga that must not be.
    """

    text: str
    broken_by: Callable[["Sayings"], Iterator[str]]


class Sayings:
    """The events of one saga that have an effect, and what the application declares about them.

    Attributes:
        once: those that can be read, each once, by its key. One that cannot is a dead letter, and changes nothing.
        by_id: all of them by their ids, as the causes that they may be: another release may have read more of them.
    """

    def __init__(self, app: Choreography, history: History) -> None:
        self.app = app
        self.history = history
        effective = {one.key: one for one in reversed(history.events) if not one.refusal}
        self.once = {key: one for key, one in effective.items() if one.discriminator is not None}
        self.by_id: defaultdict[str, list[Heard]] = defaultdict(list)
        for one in effective.values():
            self.by_id[one.id].append(one)
        self._sayers = {participant.source: participant for participant in app}

    @property
    def repeats(self) -> Iterator[tuple[Heard, Heard]]:
        """Every event that was said again, behind what was said first."""
        for one in self.history.events:
            first = self.once.get(one.key)
            if first is not None and first is not one and not one.refusal and one.discriminator is not None:
                yield first, one

    def sayer(self, one: Heard) -> Participant[Any, Any] | None:
        """The participant that says it; None for what comes from outside."""
        return self._sayers.get(one.source)

    def causes(self, one: Heard) -> list[Heard]:
        """The events that it may answer: those with the id that it names. Ids of two sources may be alike."""
        return self.by_id.get(one.causation_id or "", [])


def _ends_in_one_way(said: Sayings) -> Iterator[str]:
    ends = {end.type for end in said.app.ends}
    if len(found := sorted({one.type for one in said.once.values()} & ends)) > 1:
        yield f"has ended in {len(found)} ways: {', '.join(found)}"


def _only_its_sayer_says_it(said: Sayings) -> Iterator[str]:
    yield from dict.fromkeys(f"{one.type} has no effect: {one.refusal}" for one in said.history.events if one.refusal)


def _answers_what_it_hears(said: Sayings) -> Iterator[str]:
    for one in said.once.values():
        sayer = said.sayer(one)
        if sayer is None or one.type in {model.type for model in sayer.also_says}:
            continue
        if one.causation_id is None:
            yield f"{sayer.name} says {one.type} without a cause"
        elif causes := said.causes(one):
            if not any(_may_answer(sayer, cause, one) for cause in causes):
                yield f"{sayer.name} answers {causes[0].type} with {one.type}, which its table does not say"
        elif said.history.is_whole:
            yield f"{sayer.name} says {one.type} because of {one.causation_id}, and the hub has no such event"


def _may_answer(sayer: Participant[Any, Any], cause: Heard, one: Heard) -> bool:
    for reaction in sayer.reactions:
        if reaction.event.type == cause.type:
            return one.type in {model.type for model in reaction.says}
    return False


def _answers_once(said: Sayings) -> Iterator[str]:
    answers: defaultdict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for one in said.once.values():
        if said.sayer(one) is not None and said.causes(one):
            answers[one.source, one.type, one.discriminator or "", one.causation_id or ""].add(one.id)
    for (source, type_, _, cause), ids in answers.items():
        if len(ids) > len(said.by_id[cause]):
            yield f"{source} has {len(ids)} answers {type_} to {said.by_id[cause][0].type}"


def _a_repeat_is_the_same(said: Sayings) -> Iterator[str]:
    for first, one in said.repeats:
        if (one.digest, one.type) != (first.digest, first.type):
            yield f"{one.type} of {one.source} was said again with other data, under the id {one.id}"


def _ids_are_derived(said: Sayings) -> Iterator[str]:
    for one in said.once.values():
        sayer, causes = said.sayer(one), said.causes(one)
        if sayer is None:
            continue
        is_free = not causes or any(one.type == model.type for model in sayer.also_says)
        if not (_is_derived(one.id) if is_free else one.id in _derived(one, causes)):
            yield f"{one.type} of {one.source} has the id {one.id}, which does not follow from its cause"


def _derived(one: Heard, causes: list[Heard]) -> set[str]:
    text = one.discriminator or ""
    now = {derived_id(cause.source, cause.id, one.type, text) for cause in causes}
    return now | {legacy_derived_id(cause.id, one.type, text) for cause in causes}


def _is_derived(text: str) -> bool:
    try:
        return UUID(text).version == _DERIVED
    except ValueError:
        return False


HUB_RULES: Final = (
    HubRule("a saga ends in one way", _ends_in_one_way),
    HubRule("only its declared sayer says an event, on the sayer's hub", _only_its_sayer_says_it),
    HubRule("a participant answers events of the saga that it hears, with what its table says", _answers_what_it_hears),
    HubRule("a participant gives each event one answer of a type", _answers_once),
    HubRule("an event that is said again is the same event", _a_repeat_is_the_same),
    HubRule("the id of an answer follows from its cause", _ids_are_derived),
)
"""Each of them holds for every saga at every moment, once all that was said is read."""


def judge_history(app: Choreography, history: History) -> list[list[str]]:
    """By rule, in the order of `HUB_RULES`: what breaks it in this saga."""
    said = Sayings(app, history)
    return [list(rule.broken_by(said)) for rule in HUB_RULES]
