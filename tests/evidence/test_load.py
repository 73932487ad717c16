"""The load on servers that run already, and the report's figures."""

import asyncio
import json
import os
import re
import subprocess
import sys

import pytest

from quartet.cli.reading.connection import Cosmos
from services.operations.publish.catalogue import read_catalogue
from services.operations.samples import CATALOGUE, sample
from services.operations.seed.seeding import seed
from tests.evidence.cost import estimate, formula
from tests.evidence.report import Report, flat
from tests.evidence.runner import ROOT
from tests.evidence.steps import Course, Outcome
from tests.saga.shop import Shop
from tests.saga.test_strange_messages import settings_of


async def put(shop: Shop, *arguments: str) -> tuple[int, str, str]:
    """Run the load: its exit status, and what it has written."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.evidence.load", *arguments),
        env=os.environ | shop.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.mark.asyncio(loop_scope="session")
async def test_it_measures_a_shop_that_it_did_not_start(shop: Shop) -> None:
    await stock(shop)
    status, out, err = await put(shop, "--rate", "10", "--seconds", "3")
    assert status == 0, err
    figures = json.loads(out)
    assert (figures["sagas"], figures["failing"], figures["rate"]) == (30, 1, 10.0)
    latency = figures["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["p100"]
    assert 0 < figures["sagas_per_second"] <= 10.5


@pytest.mark.asyncio(loop_scope="session")
async def test_sagas_that_do_not_end_as_they_must_give_no_figures(shop: Shop) -> None:
    """Nothing is on the shelf that the orders want, so they are cancelled."""
    items = shop.container("inventory", "items")
    await stock(shop)
    row = await items.read_item("rosin-dark", "rosin-dark")
    pieces = row["available_quantity"]
    await items.patch_item("rosin-dark", "rosin-dark", [{"op": "set", "path": "/available_quantity", "value": 0}])
    try:
        status, out, err = await put(shop, "--rate", "20", "--seconds", "1")
    finally:
        back = [{"op": "incr", "path": "/available_quantity", "value": pieces}]
        await items.patch_item("rosin-dark", "rosin-dark", back)
    assert (status, out) == (1, "")
    assert "and not with OrderCompleted.v1" in err.splitlines()[-1]


async def stock(shop: Shop) -> None:
    await seed(Cosmos(shop.client, settings_of(shop)), read_catalogue(sample(CATALOGUE)))


def test_the_estimate_is_the_formula_of_the_page_for_the_hours_begun() -> None:
    two, begun = estimate(2, 1), estimate(1.2, 1)
    assert two["Cosmos DB"] == begun["Cosmos DB"] == pytest.approx(formula()["RU_HOUR"] * 4000 * 2)
    assert two["registry"] == pytest.approx(2 * 5 / 730)
    assert estimate(3, 1)["Cosmos DB"] > two["Cosmos DB"]


def test_what_was_not_measured_is_said() -> None:
    assert flat(None) == [("all", "not measured")]


def test_a_report_is_well_only_if_every_step_has_passed_and_nothing_remains() -> None:
    def report(*statuses: str, remains: str = "") -> Report:
        return Report("azure", {}, Course([Outcome("a", status) for status in statuses]), remains=remains)

    assert report("passed", "passed").is_well
    assert not report("passed", "not run").is_well
    assert not report("passed", "failed").is_well
    assert not report("passed", remains="a group").is_well


def test_it_needs_nothing_that_the_image_lacks() -> None:
    """In Docker it runs inside the image, which has the services and their dependencies, and gets `tests` mounted."""
    program = "import sys, tests.evidence.load; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    loaded = set(out.split())
    assert {name for name in loaded if name.split(".")[0] == "tests"} == {
        "tests",
        "tests.evidence",
        "tests.evidence.load",
    }
    dev = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE)
    runtime = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE)
    only_dev = {name.replace("-", "_") for name in set(dev) - set(runtime)}
    assert "pytest" in only_dev
    # structlog takes greenlet, which Playwright brings here, and does without where it is missing.
    assert only_dev & loaded <= {"greenlet"}
