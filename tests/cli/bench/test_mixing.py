"""Which sagas a benchmark begins."""

from dataclasses import replace
from itertools import islice

import pytest

from quartet import Workload
from quartet.cli.bench.mixing import Beginning, Mix, mix_of
from quartet.terminal.user_error import UserError
from services.shop import SHOP
from tests.topology.oven import BAKERY, BreadBaked, BreadWanted, FlourReturned

RYE, WHEAT, BURNT = (BreadWanted(loaf=name) for name in ("rye", "wheat", "burnt"))
WORKLOADS = {"usual": Workload((RYE, WHEAT), BreadBaked), "failing": Workload((BURNT,), FlourReturned)}
TEST_BAKERY = replace(BAKERY, workloads=WORKLOADS)


def first(mix: Mix, count: int) -> list[Beginning]:
    return list(islice(mix.sagas("b-"), count))


def test_each_saga_has_an_id_of_its_own_and_the_events_come_in_turn() -> None:
    mix = mix_of(replace(BAKERY, workloads={"usual": Workload((BURNT,)), "odd": WORKLOADS["usual"]}), "odd", None)
    assert [one.data for one in first(mix, 3)] == [BreadWanted(loaf=f"b-00000{number}") for number in (1, 2, 3)]
    shop = first(mix_of(SHOP, "usual", 0), 2)
    assert len({str(one.data.to_json()["items"]) for one in shop}) == 2


@pytest.mark.parametrize(("failures", "expected"), [(0, 0), (1, 2), (5, 10), (12.5, 25), (100, 200)])
def test_failures_are_a_percentage_spread_evenly(failures: float, expected: int) -> None:
    sagas = first(mix_of(TEST_BAKERY, "usual", failures), 200)
    assert sum(one.fails for one in sagas) == expected
    assert all(one.ends == {FlourReturned.type if one.fails else BreadBaked.type} for one in sagas)
    assert abs(sum(one.fails for one in sagas[:100]) - expected / 2) < 1


def test_without_an_end_of_its_own_any_end_of_the_application_is_right() -> None:
    [one] = first(mix_of(BAKERY, "usual", None), 1)
    assert one.ends == {BreadBaked.type, FlourReturned.type}
    assert not one.fails


def test_some_fail_if_the_application_says_which() -> None:
    assert mix_of(TEST_BAKERY, "usual", None).failures == 5
    assert mix_of(BAKERY, "usual", None).failures == 0


def test_what_the_application_does_not_have_is_named() -> None:
    with pytest.raises(UserError, match=r"^bakery has no workload 'cake': it has 'failing', 'usual'$"):
        mix_of(TEST_BAKERY, "cake", None)
    with pytest.raises(UserError, match="bakery has no workload 'failing': add one to workloads, or ask for"):
        mix_of(BAKERY, "usual", 5)


def test_a_workload_ends_as_a_saga_of_the_application_does() -> None:
    with pytest.raises(ValueError, match=r"bakery: workload usual ends with BreadWanted\.v1, which ends no saga"):
        replace(BAKERY, workloads={"usual": Workload((RYE,), BreadWanted)})
    with pytest.raises(ValueError, match="at least one event"):
        Workload(())
