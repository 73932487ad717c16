"""The stack, with the console beside it. One for all tests of this folder: starting it takes longer than a test."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.console.browser.chromium import chromium
from tests.console.browser.real.console import Console
from tests.saga.shop import Shop, running_shop

CATALOGUE = Path(__file__).parents[4] / "samples" / "catalogue.json"


@dataclass(frozen=True, slots=True)
class Stack:
    """The shop and its console."""

    shop: Shop
    console: Console


def catalogue() -> dict[str, int]:
    """How many of each product of the samples there are."""
    products = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {product["product_id"]: product["quantity"] for product in products}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    chromium()  # without a browser, nothing is started
    directory = tmp_path_factory.mktemp("console")
    async with running_shop(directory, replicas=1) as shop:
        console = Console(shop.environment, directory, CONSOLE_ACTIONS="on", CONSOLE_STUCK_AFTER="600")
        await console.start()
        try:
            await shop.stock(**catalogue())
            yield Stack(shop, console)
        finally:
            await console.stop()
