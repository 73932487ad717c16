"""What docs/performance.md computes for Azure: its block of code runs, and its tables are what comes out."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import pytest

from quartet import EventData
from services.shop import SHOP
from shared.events import InventoryReserved, OrderCompleted, OrderCreated, OrderShipped, PaymentCompleted
from tests.infra.bicep import INFRA, read_json
from tests.infra.test_costs import PAGE as COSTS

SECTION: Final = (
    (INFRA.parent / "docs" / "performance.md").read_text().partition("## In Azure\n")[2].partition("\n## ")[0]
)
PROD: Final = read_json("tiers.json")["prod"]
LONGEST: Final[Sequence[type[EventData]]] = (
    OrderCreated,
    InventoryReserved,
    PaymentCompleted,
    OrderShipped,
    OrderCompleted,
)
"""Each event is the answer of a service to the one before."""


def block() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for page in (COSTS, SECTION):
        match = re.search(r"```python\n(.*?)```", page, re.DOTALL)
        assert match is not None
        exec(match[1], names)
    return names


def rows(cells: int) -> list[list[str]]:
    """The rows of the table with this many columns, without its heading."""
    lines = [line.strip("| ").split(" | ") for line in SECTION.splitlines() if line.startswith("| ")]
    return [line for line in lines if len(line) == cells][1:]


def test_the_latencies_are_what_the_formula_says() -> None:
    names = block()
    assert rows(4) == [
        [name, str(hub), str(cosmos), f"{names['latency'](hub, cosmos):.0f}"]
        for name, (hub, cosmos) in names["ASSUMED"].items()
    ]


def test_the_prices_are_those_of_the_page_about_costs() -> None:
    names = block()
    expected = []
    for millions in (1, 10, 100, 400):
        per_second = millions * 1e6 / names["SECONDS"]
        expected.append(
            [
                f"{millions} million",
                f"{per_second:.1f}",
                f"{names['request_units']() * per_second:,.0f}",
                str(names["replicas"](PROD, per_second)),
                f"{names['per_million'](PROD, millions * 1e6):.0f}",
            ]
        )
    assert rows(5) == expected


def test_the_most_sagas_a_second_are_those_of_the_request_units() -> None:
    names = block()
    most = sum(PROD["requestUnits"].values()) / names["request_units"]()
    assert f"{most:.0f} sagas a second are the most" in SECTION
    assert f"plans with {names['request_units']()}" in " ".join(SECTION.split())
    with pytest.raises(ValueError, match="are allowed"):
        names["per_million"](PROD, (most + 1) * names["SECONDS"])


def test_the_deliveries_are_those_of_the_longest_way() -> None:
    for heard, said in pairwise(LONGEST):
        assert any(heard.type in one.hears and said in one.says for one in SHOP), heard
    assert LONGEST[0] in SHOP.inputs
    assert LONGEST[-1] in SHOP.ends
    assert block()["DELIVERIES"] == len(LONGEST) - 1
