"""Each check of a port accepts one that keeps its promise, and finds one that breaks it."""

from collections.abc import Awaitable, Callable, Mapping

import pytest

from quartet.testing import conformance
from quartet.testing.conformance import IdempotentPort
from tests.testing import bank
from tests.testing.bank import Bank

Check = Callable[[Bank], Awaitable[None]]
CHECKS: Mapping[str, Check] = {
    "same key": lambda one: conformance.check_same_key_is_one_effect(one.described(), "k"),
    "two callers": lambda one: conformance.check_two_callers_are_one_effect(one.described(), "k"),
    "two keys": lambda one: conformance.check_keys_are_apart(one.described(), "k", "l"),
    "lost": lambda one: conformance.check_unknown_outcome_is_found(one.described(), "k", one.lose),
    "lost, then void": lambda one: conformance.check_void_finds_unknown_outcome(one.described(), "k", one.lose),
    "void first": lambda one: conformance.check_void_comes_first(one.described(), "k"),
    "void after": lambda one: conformance.check_void_after_is_no_second_effect(one.described(), "k"),
}
BROKEN = [
    ("same key", bank.PaysEachTime, "k has 2 effects, expected 1"),
    ("same key", bank.NewReceiptEachTime, "the answers to k differ: 'receipt 0 copy 1' and 'receipt 0 copy 2'"),
    ("same key", bank.RefusesTheSecondCaller, "k was not voided, but the port says 'voided'"),
    ("two callers", bank.LooksBeforeItPays, "k has 2 effects, expected 1"),
    ("two callers", bank.NewReceiptEachTime, "the answers to k differ"),
    ("two keys", bank.TakesAllKeysForOne, "k has 0 effects, expected 1"),
    ("lost", bank.SaysLostIsAnOutage, "a lost answer must be a TransientError, not OutageError"),
    ("lost", bank.SaysLostIsRefused, "the answer was lost, but the port says 'no answer about k'"),
    ("lost", bank.PaysAgainAfterALostAnswer, "k has 2 effects, expected 1"),
    ("lost, then void", bank.VoidsWhatWasPaid, "k was done before it was voided, but void says that nothing was"),
    ("lost, then void", bank.PaysAgainAfterALostAnswer, "k was done before it was voided"),
    ("void first", bank.VoidsNothing, "k was voided, but the port says 'receipt 0'"),
    ("void first", bank.SaysVoidedIsPaid, "k was voided, but the port says 'receipt'"),
    ("void first", bank.SaysVoidedTwiceIsPaid, "nothing was done under k, but void says that it was"),
    ("void after", bank.VoidsWhatWasPaid, "k was done before it was voided, but void says that nothing was"),
    ("void after", bank.ForgetsWhenItVoids, "k has 2 effects, expected 1"),
]


@pytest.mark.parametrize("check", CHECKS)
async def test_a_port_that_keeps_its_promises_passes(check: str) -> None:
    await CHECKS[check](Bank())


@pytest.mark.parametrize(("check", "broken", "found"), BROKEN)
async def test_a_port_that_breaks_one_is_found(check: str, broken: type[Bank], found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        await CHECKS[check](broken())


def test_every_check_finds_something() -> None:
    assert {check for check, _, _ in BROKEN} == set(CHECKS)
    public = {name for name in conformance.__all__ if name.startswith("check_")}
    assert len(CHECKS) == len([name for name in public if hasattr(conformance.port, name)])


@pytest.mark.parametrize("left", [0, 1])
async def test_a_void_may_take_back_what_was_done(left: int) -> None:
    class TakesBack(Bank):
        async def void(self, key: str) -> bool:
            if left == 0 and key in self.paid:
                self.paid.remove(key)
            return await super().void(key)

    await conformance.check_void_after_is_no_second_effect(TakesBack().described(), "k", left=left)
    with pytest.raises(AssertionError, match=f"l has {left} effects, expected {1 - left}"):
        await conformance.check_void_after_is_no_second_effect(TakesBack().described(), "l", left=1 - left)


async def test_a_port_that_cannot_void_is_no_port_for_the_checks_of_it() -> None:
    one = Bank().described()
    described: IdempotentPort[str] = IdempotentPort(one.do, one.effects)
    await conformance.check_same_key_is_one_effect(described, "k")
    with pytest.raises(AssertionError, match="described without void or refused"):
        await conformance.check_void_comes_first(described, "l")
