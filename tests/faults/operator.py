"""The operator of these tests: types commands, reads what they say."""

import asyncio
import json
import os
import sys
from typing import Any

from tests.saga.shop import Shop


async def quartet(shop: Shop, *arguments: str) -> tuple[int, Any]:
    """Run a command in a process of its own, as a person would; its exit status, and its JSON."""
    return await _run(shop, "-c", "from quartet.cli import main; main()", *arguments, "--json")


async def talk_to_the_bank(shop: Shop, order_id: str) -> None:
    """The simulated bank refunds the order from now on."""
    status, _ = await _run(shop, "-m", "services.payment.bank", order_id)
    assert status == 0


async def _run(shop: Shop, *arguments: str) -> tuple[int, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | shop.environment,
    )
    out, err = await process.communicate()
    text = out.decode()
    assert process.returncode is not None
    assert not err, err.decode()
    return process.returncode, json.loads(text) if text[:1] in {"[", "{"} else text
