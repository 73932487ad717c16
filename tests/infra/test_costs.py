"""The arithmetic of docs/costs.md: its block of code runs, and its table is what comes out."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

import pytest

from quartet import EventData
from quartet.engine.declaration.hubs import LAYOUTS
from services.orchestrator.saga import order_saga
from services.shop import SHOP
from shared.events import InventoryReserved, OrderCompleted, OrderCreated, OrderShipped, PaymentCompleted
from tests.evidence.cost import formula
from tests.infra.bicep import INFRA, parsed, read_json, resources

PAGE = (INFRA.parent / "docs" / "costs.md").read_text()
TIERS = read_json("tiers.json")


@dataclass(frozen=True)
class Pending:
    """An event that has not come."""

    name: str = ""
    is_complete: bool = False


NEVER: Final = Pending()
HAPPY_PATH = (OrderCreated, InventoryReserved, PaymentCompleted, OrderShipped, OrderCompleted)


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


def test_the_hubs_of_a_layout_are_those_of_the_deployment() -> None:
    """How many services read each, and how many events of an order on the happy path it gets."""
    for layout, hubs in formula()["HUBS"].items():
        of_shop = SHOP.hubs(layout)
        said = [of_shop.written_by(event.said_by[0]).name for event in HAPPY_PATH]
        made = [(len(hub["readers"]), said.count(hub["name"])) for hub in read_json("hubs.json")[layout]["hubs"]]
        assert hubs == made
    assert set(formula()["HUBS"]) == set(LAYOUTS)
    assert formula()["EVENTS"] == len(HAPPY_PATH)


def test_the_table_of_layouts_is_what_the_formula_says() -> None:
    block = formula()
    rows = {
        name: figures.split(" | ") for name, figures in re.findall(r"^\| `(\w+)` \| ([\d |]+) \|$", PAGE, re.MULTILINE)
    }
    assert rows == {
        layout: [
            str(len(hubs)),
            str(sum(groups for groups, _ in hubs)),
            *(str(round(block["month"](size, 1e6, layout=layout)["checkpoints"])) for size in TIERS.values()),
            str(round(block["scaler"](layout))),
        ]
        for layout, hubs in block["HUBS"].items()
    }


def test_the_connections_are_one_for_each_partition_that_is_read() -> None:
    partitions = [32 * sum(groups for groups, _ in hubs) for hubs in formula()["HUBS"].values()]
    assert "so {}, {} and {}\n".format(*partitions) in PAGE


def test_the_blocks_constants_are_those_of_the_deployment() -> None:
    block = formula()
    assert block["PARTITIONS"] == read_json("saga.json")["partitions"]
    assert block["SERVICES"] == len(read_json("saga.json")["services"])


def test_the_actions_of_an_orchestrated_order_are_counted() -> None:
    """One for the start, and for each step one that begins it and one that has its result."""
    steps: list[str] = []

    class Context:
        current_utc_datetime = datetime(2026, 1, 1)  # noqa: DTZ001 -- as the SDK says it
        instance_id = "o-1"

        def call_activity(self, name: str, *, input: object) -> str:  # noqa: A002, ARG002 -- the SDK's word
            steps.append(name)
            return name

        def wait_for_external_event(self, name: str) -> object:
            return replace(NEVER, name=name)

        def set_custom_status(self, status: str) -> None:
            """As the SDK."""

    answers = iter(HAPPY_PATH[1:-1])

    def answer(step: str) -> list[dict[str, str]]:
        """What the participant says. The order's own record says how the saga has ended when it is noted last."""
        said: list[type[EventData]] = []
        if step == "note_facts":
            said = [OrderCompleted] if len(steps) > 1 else []
        elif step != "ship_stock":
            said = [next(answers)]
        return [{"type": event.type, "id": event.type} for event in said]

    first = {"event": {"type": OrderCreated.type}, "deadline": "2026-02-01T00:00:00Z"}
    saga = order_saga(cast("Any", Context()), first)
    ended = ""
    step = str(next(saga))
    while not ended:
        try:
            step = str(saga.send(answer(step)))
        except StopIteration as end:
            ended = end.value
    assert ended == OrderCompleted.type
    assert len(steps) == 6
    actions = 1 + 2 * len(steps)
    assert f"has {len(steps)} steps, so {actions} actions. A million orders are {actions} million actions" in PAGE
    assert f"500 actions a second at most: {500 // actions} orders a second" in PAGE
    assert f"a million orders would cost {round(actions * 1e6 * 0.003):,}," in PAGE


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


def test_the_console_costs_what_the_page_says() -> None:
    block = formula()
    replica = block["SECONDS"] * (0.5 * block["VCPU_SECOND"] + block["GIB_SECOND"])
    databases = [block["RU_HOUR"] * block["HOURS"] * size["consoleRequestUnits"] / 10 for size in TIERS.values()]
    assert {(size["cpu"], size["memory"]) for size in TIERS.values()} == {("0.5", "1Gi")}
    dev, prod = databases
    assert f"{replica:.0f} for its one replica, and {dev:.0f} for its database in dev, {prod:.0f} in prod" in PAGE
