"""Whether an adapter or a store of one's own keeps the promises that the engine relies on.

Each check is a coroutine. It raises AssertionError, with what it found, if a promise is broken.
"""

from quartet.testing.conformance.port import (
    IdempotentPort,
    check_keys_are_apart,
    check_same_key_is_one_effect,
    check_two_callers_are_one_effect,
    check_unknown_outcome_is_found,
    check_void_after_is_no_second_effect,
    check_void_comes_first,
    check_void_finds_unknown_outcome,
)
from quartet.testing.conformance.store import (
    StoreUnderTest,
    check_loser_costs_only_itself,
    check_old_version_loses,
    check_record_comes_back,
    check_second_creation_loses,
    check_two_writers_have_one_winner,
)

__all__ = [
    "IdempotentPort",
    "StoreUnderTest",
    "check_keys_are_apart",
    "check_loser_costs_only_itself",
    "check_old_version_loses",
    "check_record_comes_back",
    "check_same_key_is_one_effect",
    "check_second_creation_loses",
    "check_two_callers_are_one_effect",
    "check_two_writers_have_one_winner",
    "check_unknown_outcome_is_found",
    "check_void_after_is_no_second_effect",
    "check_void_comes_first",
    "check_void_finds_unknown_outcome",
]
