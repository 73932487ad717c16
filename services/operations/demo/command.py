"""`quartet demo`: everything once, in well under a minute, with the proof."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from rich.console import Console

from quartet.adapters import stretched
from quartet.cli.audit.report import audit_listing
from quartet.cli.demo.staging import staged
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.timeline.timeline import Said, read_timeline
from quartet.cli.timeline.view import timeline_listing
from quartet.local.output import Sink
from quartet.local.stack import LocalStack, StackOptions, any_ports
from quartet.process.application import Application
from quartet.terminal.cells import cell
from quartet.terminal.console import results
from quartet.terminal.console_sink import ConsoleSink, cropped, shown
from quartet.terminal.listing import Listing
from quartet.terminal.user_error import UserError
from services.operations.audit.invariants import Finding
from services.operations.audit.running import run_audit
from services.operations.demo.acts import Play, play
from services.operations.demo.expectations import read_expectations
from services.operations.demo.report import cost_listing, failures, proof, verdict_listing
from services.operations.demo.shop import open_shop
from services.operations.publish.catalogue import read_catalogue
from services.operations.publish.generator import GENERATED
from services.operations.samples import CATALOGUE, sample
from services.operations.seed.seeding import provision, seed
from services.shop import SHOP

COMPENSATED: Final = "ord-1034"
"""The order whose timeline is shown: paid, then not deliverable, so released and refunded."""

_SHOP: Final = Application("services.shop:SHOP", SHOP)
_NAME_WIDTH: Final = 9

# A deadline is noticed quickly, so that the demonstration need not wait.
_SETTINGS: Final = {"DEADLINE_SCAN_SECONDS": "0.5", "LOG_FORMAT": "console"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The results of the demonstration."""

    came: Play
    story: Sequence[Said]
    findings: Sequence[Finding]


def demo() -> None:
    """Run a shop's day on this machine: every way in which an order can end, and the proof that all adds up."""
    with tempfile.TemporaryDirectory(prefix="quartet-demo-") as directory:
        options = StackOptions(_SHOP, Path(directory), any_ports(), settings=_SETTINGS)
        evidence = asyncio.run(staged(options, _sink(results()), _play))
    _tell(evidence)


def _sink(console: Console) -> Sink:
    """Lines of processes on the console, so that the acts stay legible.

    On a terminal each is cut at its width. Those about the orders of the rush, thousands and all alike, are left out.
    """
    sink = ConsoleSink(console, width=_NAME_WIDTH)
    room = console.width - _NAME_WIDTH - len(" | ") if console.is_terminal else sys.maxsize

    def say(name: str, line: str) -> None:
        if GENERATED not in line:
            sink(name, cropped(shown(line), room))

    return say


async def _play(stack: LocalStack) -> Evidence:
    expected = read_expectations(sample("expectations.json"))
    await stack.start_emulators()
    await asyncio.gather(stack.start_services(), _stock(stack))
    async with open_shop(stack) as shop:
        came = await play(shop, expected)
        stack.say("--- looking back, and adding up ---")
        story, findings = await asyncio.gather(
            read_timeline(COMPENSATED, stack.settings),
            run_audit(
                shop.cosmos,
                grace=timedelta(seconds=60),
                settle=timedelta(seconds=stretched(1)),
                environment=stack.environment,
            ),
        )
    return Evidence(came, story, findings)


def listings(evidence: Evidence) -> tuple[Listing, ...]:
    """The tables with which the demonstration ends."""
    return (
        verdict_listing(evidence.came.verdicts),
        timeline_listing(evidence.story, f"One of them: order {COMPENSATED}, paid, and then not deliverable"),
        cost_listing(evidence.came),
        audit_listing(evidence.findings),
    )


def _tell(evidence: Evidence) -> None:
    """Show the evidence, and last of all the verdict.

    Raises:
        UserError: something did not come as it should have.
    """
    console = results()
    for part in listings(evidence):
        console.print()
        console.print(part, crop=False)
    console.print()
    if wrong := failures(evidence.came, evidence.findings):
        raise UserError(f"not as it should be: {'; '.join(wrong)}")
    console.print(cell(proof(evidence.came), style="bold green"), soft_wrap=True)


async def _stock(stack: LocalStack) -> None:
    async with open_cosmos(stack.settings) as cosmos:
        await provision(cosmos)
        await seed(cosmos, read_catalogue(sample(CATALOGUE)))
