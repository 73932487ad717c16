"""`quartet doctor`: what is wrong with a deployment, and what to do about it."""

import asyncio
from typing import Annotated

import typer

from quartet.console import results, write_json
from quartet.doctor.deployment import examine_deployment
from quartet.doctor.report import findings_json, findings_table, is_well


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Check settings, names, access, hub, databases, checkpoints and clocks; nothing is changed.

    Exit status 1 if a check failed.
    """
    findings = asyncio.run(examine_deployment())
    if as_json:
        write_json(findings_json(findings))
    else:
        results().print(findings_table(findings))
    if not is_well(findings):
        raise typer.Exit(1)
