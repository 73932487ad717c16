"""The operator of these tests: types commands, reads what they say."""

import asyncio
import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

from quartet.cli import run
from services.payment.bank import have_a_word
from shared.runtime.settings import load_settings
from tests.saga.shop import Shop


async def quartet(shop: Shop, *arguments: str) -> tuple[int, Any]:
    """What a command ends with: its exit status, and its JSON."""
    return await asyncio.to_thread(_run, shop, (*arguments, "--json"))


def _run(shop: Shop, arguments: Sequence[str]) -> tuple[int, Any]:
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, shop.environment), redirect_stdout(out), redirect_stderr(err):
        status = run(arguments)
    assert not err.getvalue()
    return status, json.loads(out.getvalue())


async def quartet_apart(shop: Shop, *arguments: str) -> tuple[int, Any]:
    """The same in a process of its own, so that several can run at once."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from quartet.cli import main; main()"),
        *(*arguments, "--json"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | shop.environment,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out)


async def talk_to_the_bank(shop: Shop, order_id: str) -> None:
    """The simulated bank refunds the order from now on."""
    with patch.dict(os.environ, shop.environment):
        settings = load_settings()
    await have_a_word(settings, [order_id])
