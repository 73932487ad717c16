"""`quartet audit`: checks the application's invariants on everything that is stored."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, TypeAlias

import typer

from quartet.azure.settings import load_settings
from quartet.cli.application import choreography
from quartet.cli.audit.finding import Finding
from quartet.cli.audit.report import audit_json, audit_listing
from quartet.cli.audit.running import run_audit
from quartet.cli.reading.connection import open_cosmos
from quartet.terminal.console import show, write_json
from quartet.terminal.numbers import MOST_SECONDS, a_number

JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Write JSON.")]
SettleOption: TypeAlias = Annotated[
    float,
    typer.Option(
        min=0,
        max=MOST_SECONDS,
        callback=a_number,
        help="Look again after this many seconds, as long as violations become fewer.",
    ),
]


def audit(as_json: JsonOption = False, settle: SettleOption = 2) -> None:
    """Check the application's invariants on everything that is stored, and on the ledgers of its ports.

    Exit status 1 if one is broken, or if a document cannot be read.
    """
    settings = load_settings()

    async def work() -> list[Finding]:
        async with open_cosmos(settings) as cosmos:
            return await run_audit(cosmos, choreography(), timedelta(seconds=settle))

    tell(asyncio.run(work()), as_json=as_json)


def tell(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Show the findings.

    Raises:
        typer.Exit: an invariant is broken: exit status 1.
    """
    if as_json:
        write_json(audit_json(findings))
    else:
        show(audit_listing(findings))
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)
