"""The program of the guide for publishers works as it is written."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.saga.shop import SERVICES, Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "publish.md"


async def test_the_program_in_the_guide_places_an_order_that_completes(shop: Shop, tmp_path: Path) -> None:
    [program] = re.findall(r"```python title=\"order.py\"\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "order.py").write_text(program)
    await shop.stock(**{"metronome-pocket": 3})

    process = await asyncio.create_subprocess_exec(
        sys.executable, tmp_path / "order.py", "guide-1", env={**os.environ, **shop.environment}
    )
    assert await process.wait() == 0

    await shop.until("guide-1", "COMPLETED")
    for name in SERVICES:
        assert any('"saga": "guide-1"' in line for line in shop.logs.of(name)), f"{name} says nothing of the order"
    assert len(program.splitlines()) <= 25
