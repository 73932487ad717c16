"""`quartet doctor`: finds the errors of a deployment, and says what to do."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from quartet.cli.doctor.deployment import examine_deployment
from quartet.cli.doctor.report import findings_json, findings_listing, is_well
from quartet.cli.options import StandingOption
from quartet.terminal.console import show, write_json


def doctor(
    standing: StandingOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Check settings, access, hub, databases, checkpoints, clocks, and that the services keep up; nothing is changed.

    Exit status 1 if a check failed.
    """
    limit = None if standing is None else timedelta(seconds=standing)
    findings = asyncio.run(examine_deployment(limit=limit))
    if as_json:
        write_json(findings_json(findings))
    else:
        show(findings_listing(findings))
    if not is_well(findings):
        raise typer.Exit(1)
