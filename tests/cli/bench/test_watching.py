"""A saga that does not end as it has to makes the run wrong, and a wrong run has no figures."""

import pytest

from quartet.cli.bench.auditing import broken, longest
from quartet.cli.bench.hearing import End
from quartet.cli.bench.measuring import check
from quartet.cli.bench.memory import Sample
from quartet.cli.bench.mixing import Beginning
from quartet.cli.bench.plan import InFlight
from quartet.cli.bench.reading import Course, Reading, measurement
from quartet.cli.bench.usage import Usage
from quartet.cli.bench.watching import Watch
from quartet.cli.reading.counters import Counters
from quartet.engine.failures.timeouts import stretched
from quartet.terminal.user_error import UserError
from tests.topology.oven import BreadBaked, BreadWanted, FlourReturned

BAKED, RETURNED = BreadBaked.type, FlourReturned.type


def watching(*loaves: str) -> Watch:
    watch = Watch()
    for number, loaf in enumerate(loaves):
        watch.begin(Beginning(BreadWanted(loaf=loaf), frozenset({BAKED}), fails=False), 100.0 + number)
    return watch


def test_a_saga_that_has_ended_as_it_had_to_is_right() -> None:
    watch = watching("rye", "wheat")
    for loaf in ("wheat", "rye"):
        watch.hear(End(loaf, BAKED, 107.0))
    assert (watch.ended, watch.waiting, watch.wrong()) == (2, 0, [])
    check(watch, InFlight(2))


def test_a_repeat_of_an_end_and_the_sagas_of_others_change_nothing() -> None:
    watch, released = watching("rye"), []
    watch.on_end = lambda: released.append(1)
    for end in (End("cake", RETURNED, 101.0), End("rye", BAKED, 102.0), End("rye", BAKED, 109.0)):
        watch.hear(end)
    assert (watch.ended, watch.wrong(), released) == (1, [], [1])
    [(saga, end)] = watch.finished
    assert end.at - saga.began == 2.0


def test_what_is_wrong_is_named() -> None:
    watch = watching("late", "burnt", "both")
    for end in (End("burnt", RETURNED, 1.0), End("both", BAKED, 1.0), End("both", RETURNED, 2.0)):
        watch.hear(end)
    assert watch.wrong() == [
        "both has ended twice, with BreadBaked.v1 and with FlourReturned.v1",
        "late has not ended",
        "burnt has ended with FlourReturned.v1, and not with BreadBaked.v1",
    ]
    with pytest.raises(UserError, match=r"^2 in flight: wrong, so there are no figures: both has .*; late has not "):
        check(watch, InFlight(2))


def test_of_many_that_are_wrong_the_first_are_shown() -> None:
    with pytest.raises(UserError, match=r"l-4 has not ended; and 3 more$"):
        check(watching(*(f"l-{number}" for number in range(8))), InFlight(8))


async def test_the_wait_ends_when_no_further_saga_ends() -> None:
    watch = watching("rye")
    await watch.all_ended(0)
    assert watch.waiting == 1


def test_a_measurement_is_the_difference_of_two_readings() -> None:
    watch = watching("rye", "wheat")
    watch.hear(End("rye", BAKED, 100.25))
    watch.hear(End("wheat", BAKED, 104.0))
    before = Reading(99.0, {"baker": Usage(3.0, 7)}, Usage(1.0, 1), 50.0, counters(5))
    after = Reading(106.0, {"baker": Usage(3.5, 9)}, Usage(1.25, 1), 53.0, counters(29))
    samples = [Sample(99.5, {"baker": 7}), Sample(105.5, {"baker": 9})]
    found = measurement(InFlight(2), Course(before, samples, after), watch, ["baker"])
    assert (found.seconds, found.watched, found.sagas, found.per_second) == (4.0, 7.0, 2, 0.5)
    assert list(found.latencies) == [250.0, 3000.0]
    assert (found.cpu, found.own_cpu, found.memory) == ({"baker": 0.5}, 0.25, {"baker": 9})
    assert found.others_cpu == 3.0 - 0.5 - 0.25
    assert found.costs.requests == 24


def counters(reads: int) -> Counters:
    cosmos = {"quartet-baker": {"read": reads}, "quartet-bench": {"read": 99}}
    return {"cosmos": cosmos, "event_hubs": {}, "blob": {}, "request_units": {}}


def test_the_audit_names_what_breaks_a_rule() -> None:
    out = b"""{"invariants": [
        {"rule": "bread is paid", "holds": false, "violations": [{"subject": "rye", "what": "is not"}]},
        {"rule": "flour adds up", "holds": true, "violations": []}]}"""
    assert broken(out) == ["bread is paid: broken by rye: is not"]


def test_an_audit_of_many_sagas_may_take_longer() -> None:
    """Some 5 ms for a saga were seen on a busy machine."""
    assert longest(0) == stretched(300)
    assert longest(100_000) > 100_000 * 0.005 * 5


@pytest.mark.parametrize("out", [b"", b"no JSON", b"[]", b"{}"])
def test_what_is_no_audit_has_no_broken_rules(out: bytes) -> None:
    assert broken(out) == []
