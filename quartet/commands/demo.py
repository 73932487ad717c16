"""`quartet demo`: everything once, in well under a minute, with the proof."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

import typer
from rich.text import Text

from quartet.audit.report import audit_table
from quartet.audit.running import run_audit
from quartet.catalogue import read_catalogue
from quartet.connection import open_cosmos
from quartet.console import results
from quartet.console_sink import ConsoleSink
from quartet.demo.acts import play
from quartet.demo.expectations import read_expectations
from quartet.demo.report import cost_table, failures, proof, verdict_table
from quartet.demo.shop import open_shop
from quartet.failures import INTERRUPTED, UserError
from quartet.interruption import first_of, stop_signals
from quartet.local_stack import LocalStack, StackOptions, any_ports
from quartet.samples import CATALOGUE, sample
from quartet.seeding import provision, seed
from quartet.timeline import read_timeline, timeline_table

COMPENSATED: Final = "ord-1034"
"""The order whose story is told: paid, then not deliverable, so released and refunded."""

# A deadline is noticed at once, so that nobody has to wait for it.
_SETTINGS: Final = {"DEADLINE_SCAN_SECONDS": "0.5", "LOG_FORMAT": "console"}


def demo() -> None:
    """Run a shop's day on this machine: every way in which an order can end, and the proof that all adds up."""
    with tempfile.TemporaryDirectory(prefix="quartet-demo-") as directory:
        asyncio.run(_run(StackOptions(Path(directory), any_ports(), settings=_SETTINGS)))


async def _run(options: StackOptions) -> None:
    """Start, play and stop.

    Raises:
        UserError: something did not come as it should have.
        typer.Exit: somebody has interrupted it.
    """
    async with stop_signals() as stopping, LocalStack(options, ConsoleSink(results())) as stack:
        ended = await first_of(stopping.wait(), _died(stack), _show(stack))
    match ended:
        case True:
            raise typer.Exit(INTERRUPTED)
        case str() as what:
            raise UserError(f"{what}: the demonstration was stopped. Its last lines say why")
        case list() as wrong if wrong:
            raise UserError(f"not as it should be: {'; '.join(wrong)}")


async def _died(stack: LocalStack) -> str:
    return str(await stack.wait_for_exit())


async def _show(stack: LocalStack) -> list[str]:
    """Play everything and print the proof; returns what was wrong."""
    expected = read_expectations(sample("expectations.json"))
    await stack.start_emulators()
    await asyncio.gather(stack.start_services(), _stock(stack))
    async with open_shop(stack) as shop:
        came = await play(shop, expected)
        story = await read_timeline(COMPENSATED, stack.settings)
        findings = await run_audit(shop.cosmos, grace=timedelta(seconds=60), settle=timedelta(seconds=1))
    console = results()
    for part in (
        verdict_table(came.verdicts),
        timeline_table(story, f"One of them: order {COMPENSATED}, paid, and then not deliverable"),
        cost_table(came),
        audit_table(findings),
    ):
        console.print()
        console.print(part)
    console.print()
    wrong = failures(came, findings)
    if not wrong:
        console.print(Text(proof(came), style="bold green"))
    return wrong


async def _stock(stack: LocalStack) -> None:
    async with open_cosmos(stack.settings) as cosmos:
        await provision(cosmos)
        await seed(cosmos, read_catalogue(sample(CATALOGUE)))
