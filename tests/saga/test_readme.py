"""What the README tells people to do works as it stands there."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.saga.shop import SERVICES, Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

README = Path(__file__).parents[2] / "README.md"


async def test_the_program_in_the_readme_places_an_order_that_completes(shop: Shop, tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (tmp_path / "order.py").write_text(program)
    await shop.stock(**{"metronome-pocket": 3})

    process = await asyncio.create_subprocess_exec(
        sys.executable, tmp_path / "order.py", "readme-1", env={**os.environ, **shop.environment}
    )
    assert await process.wait() == 0

    await shop.until("readme-1", "COMPLETED")
    for name in SERVICES:
        assert any('"saga": "readme-1"' in line for line in shop.logs.of(name)), f"{name} says nothing of the order"
    assert len(program.splitlines()) <= 25
