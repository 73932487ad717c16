"""What docs/console.md says of the projection in Cosmos DB is what it costs."""

import re

import pytest

from tests.console.stores.cost import Cost, measure
from tests.infra.bicep import INFRA, read_json
from tests.infra.test_costs import PAGE

_SECTION = (INFRA.parent / "docs" / "console.md").read_text().partition("## Cloud\n")[2].partition("\n## ")[0]


def stated(row: str) -> Cost:
    match = re.search(rf"^\| {row} \| ([\d.]+) \| (\d+) \|$", _SECTION, re.MULTILINE)
    assert match is not None
    return Cost(float(match[1]), float(match[2]))


@pytest.mark.parametrize(
    ("row", "sagas", "together"), [("one event at a time", 20, False), ("400 together", 400, True)]
)
async def test_a_saga_costs_what_the_page_says(row: str, sagas: int, together: bool) -> None:
    cost, said = await measure(sagas, together=together), stated(row)
    assert round(cost.requests, 1) == said.requests
    # Compressed bodies differ by a few bytes between releases of zlib, and a document counts in whole kilobytes.
    assert cost.request_units == pytest.approx(said.request_units, rel=0.1)


def test_it_follows_as_many_sagas_as_the_page_says() -> None:
    each = stated("400 together").request_units
    dev, prod = (round(size["consoleRequestUnits"] / each) for size in read_json("tiers.json").values())
    assert f"[{each:.0f} request units](console.md#cloud)" in PAGE
    assert f"follows: {dev} in dev, {prod} in prod." in PAGE
