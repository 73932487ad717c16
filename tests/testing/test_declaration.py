"""What a participant's table must not say."""

from dataclasses import replace
from datetime import datetime

import pytest

from quartet.engine.declaration.reaction import on
from tests.testing.counting import CLERK, Asked, Stamped, stamp


def test_two_reactions_to_one_event_are_refused() -> None:
    twice = (on(Asked, stamp, says={Stamped}), on(Asked, stamp, says={Stamped}))
    with pytest.raises(ValueError, match=r"clerk reacts twice to Asked\.v1"):
        replace(CLERK, reactions=twice)


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"clerk starts at .*: give it a time zone, such as UTC"):
        replace(CLERK, starts=datetime(2026, 7, 1))  # noqa: DTZ001 -- that is what is refused
