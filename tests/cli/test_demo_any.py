"""`quartet demo` for any application: what it begins with."""

from dataclasses import replace

import pytest

from quartet.cli.demo.command import beginnings
from quartet.terminal.user_error import UserError
from tests.topology.oven import BAKERY, BreadWanted


def test_it_begins_with_the_samples_of_the_first_input() -> None:
    assert beginnings(BAKERY) == [BreadWanted(loaf="rye-1")]


def test_without_one_it_says_what_to_do() -> None:
    for app in (replace(BAKERY, inputs=()), replace(BAKERY, samples=())):
        with pytest.raises(UserError, match="bakery has no sample of what begins a saga: name it first in inputs"):
            beginnings(app)


def test_a_sample_in_another_saga_differs_in_nothing_else() -> None:
    assert BreadWanted(loaf="rye-1").in_saga("rye-2") == BreadWanted(loaf="rye-2")
