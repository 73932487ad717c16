"""`quartet audit`: the proof that stock and money add up."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from quartet.azure.settings import load_settings
from quartet.cli.audit.report import audit_json, audit_listing
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.terminal.console import show, write_json
from quartet.cli.terminal.numbers import MOST_SECONDS, a_number
from services.operations.audit.running import run_audit


def audit(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    grace: Annotated[
        float,
        typer.Option(
            min=0, max=MOST_SECONDS, callback=a_number, help="Seconds that an order may be open past its deadline."
        ),
    ] = 60,
    settle: Annotated[
        float,
        typer.Option(
            min=0,
            max=MOST_SECONDS,
            callback=a_number,
            help="Look again after so many seconds while something is wrong and gets less.",
        ),
    ] = 2,
) -> None:
    """Check the five invariants on everything that is stored.

    Exit status 1 if one is broken, or if a document cannot be read.
    """
    settings = load_settings()

    async def work() -> bool:
        async with open_cosmos(settings) as cosmos:
            findings = await run_audit(cosmos, grace=timedelta(seconds=grace), settle=timedelta(seconds=settle))
        if as_json:
            write_json(audit_json(findings))
        else:
            show(audit_listing(findings))
        return all(finding.holds for finding in findings)

    if not asyncio.run(work()):
        raise typer.Exit(1)
