"""What holds at every moment, whatever the application is: each rule can be broken."""

import json
from uuid import NAMESPACE_URL, uuid4, uuid5

from quartet.engine.records.record import RecordLimits
from quartet.testing.cluster.proof.rules import Rules
from quartet.testing.cluster.servers.hub import Stored
from tests.testing.counting import office

CLERK = office().participant("clerk")
ONE, TWO, THREE = (str(uuid5(NAMESPACE_URL, name)) for name in ("one", "two", "three"))


def stored(number: int = 0, *, answer_id: str = ONE, data: object = None, source: str = CLERK.source) -> Stored:
    event = {"id": answer_id, "source": source, "type": "Stamped.v1", "subject": "c", "causationid": "q", "data": data}
    return Stored("0", number, json.dumps(event).encode(), None, {})


def write(rules: Rules, **handled: list[str]) -> None:
    answers = {key: [{"id": one} for one in ids] for key, ids in handled.items()}
    rules.written(CLERK.database, CLERK.container, {"id": "c", "handled": answers}, "clerk-1/1")


def keep(rules: Rules, detail: str) -> None:
    letter = {"id": "l", "event_type": "Asked.v1", "saga_id": "c", "detail": detail}
    rules.written(CLERK.database, "dead-letters", letter, "clerk-1/1")


def test_what_is_recorded_may_be_said_and_repeated() -> None:
    rules = Rules(office())
    write(rules, q=[ONE])
    rules.appended(stored())
    rules.appended(stored(1))
    rules.checkpointed("clerk", "0", 1)
    assert rules.broken == []


def test_an_answer_that_is_not_recorded_is_found() -> None:
    rules = Rules(office())
    rules.appended(stored())
    assert rules.broken == [f"an answer is recorded before it is said: clerk says Stamped.v1 {ONE} of c"]


def test_an_id_that_stands_for_two_events_is_found() -> None:
    rules = Rules(office())
    write(rules, q=[ONE])
    rules.appended(stored(data=1))
    rules.appended(stored(1, data=2))
    assert rules.broken == [f"a repeat is the same event: Stamped.v1 {ONE} of c is 1 and 2"]


def test_an_event_from_outside_needs_no_record() -> None:
    rules = Rules(office())
    rules.appended(stored(source="/outside"))
    assert rules.broken == []


def test_an_event_that_is_answered_twice_is_found() -> None:
    rules = Rules(office())
    write(rules, q=[ONE])
    write(rules, q=[TWO])
    assert rules.broken == ["answers are recorded once: clerk has another record of c now: q"]


def test_an_answer_may_be_added_to_an_undo_that_had_failed() -> None:
    rules = Rules(office())
    write(rules, q=[ONE], r=[])
    write(rules, r=[], q=[ONE, TWO])
    assert rules.broken == []


def test_a_record_that_is_full_may_forget_what_is_oldest_and_answer_it_again() -> None:
    rules = Rules(office(), RecordLimits(handled=2))
    write(rules, q=[], r=[ONE])
    write(rules, r=[ONE], s=[])
    write(rules, t=[], r=[THREE])
    assert rules.broken == []


def test_a_record_that_forgets_too_early_is_found() -> None:
    """Another process has written over it what it had read before."""
    rules = Rules(office(), RecordLimits(handled=3))
    write(rules, q=[ONE], r=[])
    write(rules, q=[ONE], s=[])
    assert rules.broken == ["a record that is not full forgets nothing: clerk has another record of c now: r"]


def test_a_full_record_that_changes_what_it_keeps_is_found() -> None:
    rules = Rules(office(), RecordLimits(handled=2))
    write(rules, q=[], r=[ONE])
    write(rules, r=[TWO], s=[])
    assert rules.broken == ["answers are recorded once: clerk has another record of c now: r"]


def test_an_answer_whose_id_is_drawn_is_found() -> None:
    rules = Rules(office())
    drawn = str(uuid4())
    write(rules, q=[drawn])
    rules.appended(stored(answer_id=drawn))
    assert rules.broken == [f"the id of an answer is derived: clerk says Stamped.v1 {drawn} of c"]


def test_an_outage_that_becomes_a_dead_letter_is_found() -> None:
    rules = Rules(office())
    keep(rules, "a bug")
    keep(rules, "(413) as planned: too large")
    assert rules.broken == []
    keep(rules, "(503) as planned")
    assert rules.broken == ["an outage is no dead letter: clerk keeps Asked.v1 of c: (503) as planned"]


def test_a_checkpoint_beyond_the_end_is_found() -> None:
    rules = Rules(office())
    write(rules, q=[ONE])
    rules.appended(stored())
    rules.checkpointed("clerk", "0", 1)
    assert rules.broken == ["a checkpoint is a watermark: clerk is at 1 of 1 in partition 0"]


def test_a_hub_that_was_recreated_counts_from_the_beginning() -> None:
    rules = Rules(office())
    write(rules, q=[ONE])
    rules.appended(stored())
    rules.hub_recreated()
    rules.checkpointed("clerk", "0", 0)
    assert len(rules.broken) == 1
