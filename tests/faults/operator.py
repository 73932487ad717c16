"""The operator of these tests: types commands, reads what they say."""

import asyncio
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

from quartet.azure.settings import load_settings
from quartet.cli.main import run
from services.payment.bank import have_a_word
from tests.saga.shop import Shop


async def quartet(shop: Shop, *arguments: str, **changes: str) -> tuple[int, Any]:
    """What a command ends with, with changes of the operator's environment: its exit status, and its JSON."""
    return await asyncio.to_thread(_run, shop.environment | changes, (*arguments, "--json"))


def _run(environment: Mapping[str, str], arguments: Sequence[str]) -> tuple[int, Any]:
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, environment), redirect_stdout(out), redirect_stderr(err):
        status = run(arguments)
    assert not err.getvalue(), err.getvalue()
    return status, json.loads(out.getvalue())


async def quartet_apart(shop: Shop, *arguments: str) -> tuple[int, Any]:
    """The same in a process of its own, so that several can run at the same time."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from quartet.cli.main import main; main()"),
        *(*arguments, "--json"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | shop.environment,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out)


async def quartet_fails(shop: Shop, *arguments: str, **changes: str) -> tuple[int, str]:
    """A command that fails, with changes of the operator's environment: its exit status, and the one line it says."""
    return await _fails(shop, ("-c", "from quartet.cli.main import main; main()", *arguments), changes)


async def module_fails(shop: Shop, module: str, *arguments: str, **changes: str) -> tuple[int, str]:
    """The same for `python -m`."""
    return await _fails(shop, ("-m", module, *arguments), changes)


async def _fails(shop: Shop, arguments: Sequence[str], changes: dict[str, str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | shop.environment | changes,
    )
    out, err = await process.communicate()
    assert process.returncode
    assert not out
    (line,) = err.decode().splitlines()
    return process.returncode, line


async def talk_to_the_bank(shop: Shop, order_id: str) -> None:
    """The simulated bank refunds the order from now on."""
    with patch.dict(os.environ, shop.environment):
        settings = load_settings()
    await have_a_word(settings, shop.environment, [order_id])
