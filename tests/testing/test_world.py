"""An application in memory."""

import pytest

from quartet.engine.declaration.reaction import on
from quartet.testing import Fault, Violation, World, explore, simulate
from quartet.testing.run import Publication, run_with_faults
from tests.testing.counting import Asked, Case, Stamped, Stamps, office, stamp


def test_a_saga_runs_to_its_end() -> None:
    world = World(office(), {"clerk": Stamps()})
    world.say(Asked(case="c"))
    world.run()
    assert world.state("clerk", "c") == Case(1)
    assert world.answers("c") == world.ends("c") == [Stamped(case="c")]
    assert [event.type for event in world.events] == ["Asked.v1", "Stamped.v1"]
    assert world.sagas == ["c"]


def test_it_continues_where_it_stopped() -> None:
    stamps = Stamps(careless=True)
    world = World(office(), {"clerk": stamps})
    for case in ("a", "b"):
        world.say(Asked(case=case))
        world.run()
    assert stamps.used == ["a", "b"]


def test_a_rejected_event_is_a_dead_letter() -> None:
    world = World(office(), {"clerk": Stamps()})
    world.say(Asked(case="c", wish="the moon"))
    world.run()
    assert [letter.reason for letter in world.dead_letters("clerk")] == ["no_moon"]
    assert world.state("clerk", "c") is None


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no participant of office is called clark"):
        World(office(), {"clark": Stamps()})


@pytest.mark.parametrize("kind", ["crash before", "crash after", "lost answer"])
@pytest.mark.parametrize("step", range(1, 8))
def test_a_fault_at_any_step_is_one_effect(kind: str, step: int) -> None:
    simulate(
        office(),
        ports=lambda: {"clerk": Stamps()},
        first=[Asked(case="c")],
        invariants=[_one_stamp_each],
        runs=1,
        faults=[Fault(kind, "clerk", step=step)],  # type: ignore[arg-type]  # one of the kinds
    )


def test_a_port_that_is_silent_for_long_makes_the_fallback_run() -> None:
    stamps = []
    silence = Fault("silence", "clerk", seconds=600)

    def note(world: World) -> list[str]:
        stamps.append(world.state("clerk", "saga-1").stamps)
        return []

    simulate(
        office(),
        ports=lambda: {"clerk": Stamps()},
        first=[Asked(case="c")],
        invariants=[note],
        runs=1,
        sagas=1,
        faults=[silence],
    )
    assert stamps == [0]


def test_a_second_effect_is_found_and_the_call_that_repeats_it_is_small() -> None:
    with pytest.raises(Violation) as found:
        simulate(
            office(),
            ports=lambda: {"clerk": Stamps(careless=True)},
            first=[Asked(case="c")],
            invariants=[_one_stamp_each],
            sagas=("x", "y"),
            runs=50,
        )
    assert "stamped 2 times" in found.value.lines[0]
    assert str(found.value).count("Fault(") > 0
    assert str(found.value).count("Fault(") <= 3


def test_a_simulated_run_repeats_exactly() -> None:
    def run() -> list[object]:
        world = World(office(), {"clerk": Stamps()}, seed=7)
        faults = [Fault("crash after", "clerk", step=4), Fault("pause", "clerk", at=1, seconds=3)]
        said = [Publication(Asked(case=f"c{number}"), number / 10, str(number % 4)) for number in range(20)]
        world.loop.run_until_complete(run_with_faults(world, said, faults))
        return [*world.events, world.loop.time()]

    assert run() == run()


def test_a_saga_without_an_end_is_found() -> None:
    with pytest.raises(Violation, match=r"saga-[123] has not ended"):
        simulate(office(), ports=lambda: {"clerk": Stamps()}, first=[Asked(case="c", wish="the moon")], runs=1)


def test_an_exploration_finds_the_shortest_way_to_a_second_effect() -> None:
    with pytest.raises(Violation) as found:
        explore(
            office(),
            ports=lambda: {"clerk": Stamps(careless=True)},
            events=[Asked(case="c")],
            invariants=[_one_stamp_each],
        )
    assert "1. clerk: crashes after `call Stamps.stamp` for Asked.v1" in str(found.value)
    assert "2. clerk: handles Asked.v1" in str(found.value)
    assert "3." not in str(found.value)


def test_an_exploration_of_what_is_right_is_complete() -> None:
    report = explore(
        office(),
        ports=lambda: {"clerk": Stamps()},
        events=[Asked(case="c")],
        invariants=[_one_stamp_each],
        silences=0,
    )
    assert report.complete
    assert report.ends == {"Stamped.v1"}


def test_an_exploration_stops_at_its_bound() -> None:
    report = explore(office(), ports=lambda: {"clerk": Stamps()}, events=[Asked(case="c")], most_states=2)
    assert not report.complete
    assert report.ends == {"Stamped.v1"}, "what is beyond the bound is brought to its end"


def test_a_violation_beyond_the_bound_is_found() -> None:
    with pytest.raises(Violation, match="then all else is delivered, without further trouble") as found:
        explore(
            office(),
            ports=lambda: {"clerk": Stamps(careless=True)},
            events=[Asked(case="c")],
            invariants=[_one_stamp_each],
            most_states=2,
        )
    assert "crashes after `call Stamps.stamp`" in str(found.value)


def test_a_port_that_never_answers_makes_the_fallback_run_or_is_a_finding() -> None:
    events = [Asked(case="c")]
    explore(office(), ports=lambda: {"clerk": Stamps()}, events=events, crashes=0, repeats=0, silences=1)
    without_fallback = office(on(Asked, stamp, says={Stamped}))
    report = explore(
        without_fallback, ports=lambda: {"clerk": Stamps()}, events=events, crashes=0, repeats=0, silences=1
    )
    assert report.ends == {"Stamped.v1"}, "an operator redrives the dead letter"


def _one_stamp_each(world: World) -> list[str]:
    used = world.ports["clerk"].used
    return [f"{case} was stamped {used.count(case)} times" for case in world.sagas if used.count(case) != 1]
