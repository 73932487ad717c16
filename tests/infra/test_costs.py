"""The arithmetic of docs/costs.md: its block of code runs, and its table is what comes out."""

import re

import pytest

from tests.evidence.cost import formula
from tests.infra.bicep import INFRA, parsed, read_json, resources

PAGE = (INFRA.parent / "docs" / "costs.md").read_text()
TIERS = read_json("tiers.json")


def test_the_table_is_what_the_formula_says() -> None:
    rows = {
        name.strip("* "): {"dev": float(dev.strip("* ")), "prod": float(prod.strip("* "))}
        for name, dev, prod in re.findall(r"^\| ([\w* ]+) \| ([\d*]+) \| ([\d*]+) \|$", PAGE, re.MULTILINE)
    }
    month = formula()["month"]
    for tier, size in TIERS.items():
        costs = month(size, 1e6)
        assert {name: row[tier] for name, row in rows.items() if name != "together"} == {
            name: round(cost) for name, cost in costs.items()
        }
        assert rows["together"][tier] == round(sum(costs.values()))


def test_more_orders_than_the_request_units_allow_for_are_refused() -> None:
    with pytest.raises(ValueError, match="are allowed"):
        formula()["month"](TIERS["dev"], 1e9)


def test_the_blocks_constants_are_those_of_the_deployment() -> None:
    block = formula()
    assert block["PARTITIONS"] == read_json("saga.json")["partitions"]
    assert block["SERVICES"] == len(read_json("saga.json")["services"])


def test_the_alerts_are_counted() -> None:
    rules = parsed("modules/alerts.bicep")["variables"]["rules"]["value"]
    often, seldom = (sum(rule["frequency"] == f"PT{minutes}M" for rule in rules) for minutes in (5, 15))
    metrics = {
        file: sum(one.type == "Microsoft.Insights/metricAlerts" for one in resources(file))
        for file in ("service.bicep", "modules/alerts.bicep")
    }
    watched = metrics["service.bicep"] * len(read_json("saga.json")["services"]) + metrics["modules/alerts.bicep"]
    assert often + seldom == len(rules)
    cost = round(1.5 * often + 0.5 * seldom + 0.1 * watched)
    assert (
        f"1.50 for each of {often} log queries every five minutes, 0.50 for each of {seldom} every fifteen, "
        f"and 0.10 for each of {watched} watched metrics, so about {cost}," in PAGE
    )
