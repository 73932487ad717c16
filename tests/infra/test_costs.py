"""The arithmetic of docs/costs.md: its block of code runs, and its table is what comes out."""

import re
from typing import Any

import pytest

from tests.infra.bicep import INFRA, read_json

PAGE = (INFRA.parent / "docs" / "costs.md").read_text()
TIERS = read_json("tiers.json")


def _block() -> dict[str, Any]:
    match = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    names: dict[str, Any] = {}
    exec(match[1], names)
    return names


def test_the_table_is_what_the_formula_says() -> None:
    rows = {
        name.strip("* "): {"dev": float(dev.strip("* ")), "prod": float(prod.strip("* "))}
        for name, dev, prod in re.findall(r"^\| ([\w* ]+) \| ([\d*]+) \| ([\d*]+) \|$", PAGE, re.MULTILINE)
    }
    month = _block()["month"]
    for tier, size in TIERS.items():
        costs = month(size, 1e6)
        assert {name: row[tier] for name, row in rows.items() if name != "together"} == {
            name: round(cost) for name, cost in costs.items()
        }
        assert rows["together"][tier] == round(sum(costs.values()))


def test_more_orders_than_the_request_units_allow_for_are_refused() -> None:
    with pytest.raises(ValueError, match="are allowed"):
        _block()["month"](TIERS["dev"], 1e9)


def test_the_blocks_constants_are_those_of_the_deployment() -> None:
    block = _block()
    assert block["PARTITIONS"] == read_json("saga.json")["partitions"]
    assert block["SERVICES"] == len(read_json("saga.json")["services"])
