"""What a run in Azure may cost: the formula of docs/costs.md, and the sizes of infra/tiers.json."""

import json
import math
import re
from typing import Any, Final

from tests.evidence.runner import ROOT

_HOURS_OF_A_MONTH: Final = 730
_BLOCK: Final = re.compile(r"```python\n(.*?)```", re.DOTALL)
# What the page lists beside its formula, in US dollars a month.
_REGISTRY: Final = re.compile(r"- the registry: ([\d.]+) for Basic")
_ALERTS: Final = re.compile(r"- alerts: .* so about ([\d.]+),")


def formula() -> dict[str, Any]:
    """The names that the block of code in docs/costs.md defines."""
    page = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
    match = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    if match is None:
        raise AssertionError("docs/costs.md has no block of code")
    names: dict[str, Any] = {}
    exec(match[1], names)
    return names


def estimate(hours: float, rate: float, tier: str = "dev") -> dict[str, float]:
    """US dollars at most for a deployment that stands this long and gets this many orders a second, by item.

    Cosmos DB bills each hour by its busiest second, so the estimate has the most request units that it may use.
    """
    names = formula()
    size = json.loads((ROOT / "infra" / "tiers.json").read_text(encoding="utf-8"))[tier]
    begun = math.ceil(hours)
    month = names["month"](size, rate * hours * 3600)
    costs = {name: cost * begun / _HOURS_OF_A_MONTH for name, cost in month.items() if name != "Cosmos DB"}
    most = sum(size["requestUnits"].values())
    return {
        "Cosmos DB": names["RU_HOUR"] * most * begun,
        **costs,
        "registry": float(_on_the_page(_REGISTRY)) * begun / _HOURS_OF_A_MONTH,
        "alerts": float(_on_the_page(_ALERTS)) * begun / _HOURS_OF_A_MONTH,
    }


def _on_the_page(pattern: re.Pattern[str]) -> str:
    match = pattern.search((ROOT / "docs" / "costs.md").read_text(encoding="utf-8"))
    if match is None:
        raise AssertionError(f"docs/costs.md has nothing like {pattern.pattern}")
    return match[1]
