"""`quartet audit`: the proof that stock and money add up."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from quartet.adapters import load_settings
from quartet.cli.audit.command import JsonOption, SettleOption, tell
from quartet.cli.audit.finding import Finding
from quartet.cli.reading.connection import open_cosmos
from quartet.terminal.numbers import MOST_SECONDS, a_number
from services.operations.audit.running import run_audit


def audit(
    as_json: JsonOption = False,
    grace: Annotated[
        float,
        typer.Option(
            min=0, max=MOST_SECONDS, callback=a_number, help="Seconds that an order may be open past its deadline."
        ),
    ] = 60,
    settle: SettleOption = 2,
) -> None:
    """Check the five invariants on everything that is stored.

    Exit status 1 if one is broken, or if a document cannot be read.
    """
    settings = load_settings()

    async def work() -> list[Finding]:
        async with open_cosmos(settings) as cosmos:
            return await run_audit(cosmos, grace=timedelta(seconds=grace), settle=timedelta(seconds=settle))

    tell(asyncio.run(work()), as_json=as_json)
