"""What holds at every moment, whatever the application is: each rule can be broken."""

import json

from quartet.testing.cluster.proof.rules import Rules
from quartet.testing.cluster.servers.hub import Stored
from tests.testing.counting import office

CLERK = office().participant("clerk")


def stored(number: int = 0, *, answer_id: str = "a-1", data: object = None, source: str = CLERK.source) -> Stored:
    event = {"id": answer_id, "source": source, "type": "Stamped.v1", "subject": "c", "causationid": "q", "data": data}
    return Stored("0", number, json.dumps(event).encode(), None, {})


def write(rules: Rules, **handled: list[str]) -> None:
    answers = {key: [{"id": one} for one in ids] for key, ids in handled.items()}
    rules.written(CLERK.database, CLERK.container, {"id": "c", "handled": answers}, "clerk-1/1")


def test_what_is_recorded_may_be_said_and_repeated() -> None:
    rules = Rules(office())
    write(rules, q=["a-1"])
    rules.appended(stored())
    rules.appended(stored(1))
    rules.checkpointed("clerk", "0", 1)
    assert rules.broken == []


def test_an_answer_that_is_not_recorded_is_found() -> None:
    rules = Rules(office())
    rules.appended(stored())
    assert rules.broken == ["an answer is recorded before it is said: clerk says Stamped.v1 a-1 of c"]


def test_an_id_that_stands_for_two_events_is_found() -> None:
    rules = Rules(office())
    write(rules, q=["a-1"])
    rules.appended(stored(data=1))
    rules.appended(stored(1, data=2))
    assert rules.broken == ["a repeat is the same event: Stamped.v1 a-1 of c is 1 and 2"]


def test_an_event_from_outside_needs_no_record() -> None:
    rules = Rules(office())
    rules.appended(stored(source="/outside"))
    assert rules.broken == []


def test_an_event_that_is_answered_twice_is_found() -> None:
    rules = Rules(office())
    write(rules, q=["a-1"])
    write(rules, q=["a-2"])
    assert rules.broken == ["answers are recorded once: clerk has answered q of c twice"]


def test_an_answer_may_be_added_and_what_was_forgotten_may_be_answered_again() -> None:
    rules = Rules(office())
    write(rules, q=[], r=["a-1"])
    write(rules, q=[], r=["a-1", "a-2"])
    write(rules, r=["a-1", "a-2"], s=[])
    write(rules, s=[], r=["a-3"])
    assert rules.broken == []


def test_a_checkpoint_beyond_the_end_is_found() -> None:
    rules = Rules(office())
    write(rules, q=["a-1"])
    rules.appended(stored())
    rules.checkpointed("clerk", "0", 1)
    assert rules.broken == ["a checkpoint is a watermark: clerk is at 1 of 1 in partition 0"]


def test_a_hub_that_was_recreated_counts_from_the_beginning() -> None:
    rules = Rules(office())
    write(rules, q=["a-1"])
    rules.appended(stored())
    rules.hub_recreated()
    rules.checkpointed("clerk", "0", 0)
    assert len(rules.broken) == 1
