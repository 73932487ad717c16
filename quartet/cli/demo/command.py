"""`quartet demo`: some sagas of the application on this machine, from the first event to the audit."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Final

import typer

from quartet.azure.event_hubs.client import HubPublisher
from quartet.choreography import Choreography
from quartet.cli.application import runnable, the_application
from quartet.cli.audit.finding import Finding
from quartet.cli.audit.report import audit_listing
from quartet.cli.audit.running import run_audit
from quartet.cli.demo.staging import staged
from quartet.cli.publish.outgoing import Outgoing, event_of
from quartet.cli.publish.sending import send
from quartet.cli.reading.connection import open_cosmos, open_producer
from quartet.cli.reading.hubs import for_outside
from quartet.cli.reading.stored import Stored
from quartet.cli.status.ends import wait_for_ends
from quartet.cli.status.view import ends_view
from quartet.cli.timeline.timeline import Said, read_timeline
from quartet.cli.timeline.view import timeline_listing
from quartet.cli.up import prepare
from quartet.engine.failures.timeouts import stretched
from quartet.events import EventData
from quartet.local.stack import LocalStack, StackOptions, any_ports
from quartet.terminal.console import results
from quartet.terminal.console_sink import ConsoleSink
from quartet.terminal.user_error import UserError

# How long no saga may end before the demonstration gives up.
_SECONDS: Final = 45
_SETTLE_SECONDS: Final = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """The results of the demonstration: how each saga ended, the timeline of the first, and the audit's findings."""

    published: Sequence[Outgoing]
    ends: dict[str, str]
    story: Sequence[Said]
    findings: Sequence[Finding]


def demo(
    sagas: Annotated[int, typer.Option(min=1, max=10_000, help="How many sagas to begin.")] = 12,
) -> None:
    """Run sagas on this machine, from the samples to the audit: emulators, participants, and the proof.

    Each saga begins with a sample of the first of the application's inputs, one sample after the other.
    """
    first = beginnings(runnable())
    with tempfile.TemporaryDirectory(prefix="quartet-demo-") as directory:
        options = StackOptions(the_application(), Path(directory), any_ports(), settings={"LOG_FORMAT": "console"})
        evidence = asyncio.run(
            staged(options, ConsoleSink(results()), lambda stack: _play(stack, [*islice(cycle(first), sagas)]))
        )
    _tell(evidence)


def beginnings(app: Choreography) -> list[EventData]:
    """The samples that begin a saga.

    Raises:
        UserError: there are none.
    """
    found = [sample for sample in app.samples if app.inputs and type(sample) is app.inputs[0]]
    if not found:
        raise UserError(f"{app.name} has no sample of what begins a saga: name it first in inputs, and add a sample")
    return found


async def _play(stack: LocalStack, beginnings: Sequence[EventData]) -> Evidence:
    app = runnable()
    await stack.start_emulators()
    await asyncio.gather(stack.start_services(), prepare(stack))
    async with (
        open_cosmos(stack.settings) as cosmos,
        open_producer(for_outside(stack.settings)) as (producer, partitions),
    ):
        now = datetime.now(UTC)
        events = [event_of(data.in_saga(f"demo-{number:03}"), now) for number, data in enumerate(beginnings, 1)]
        await send(events, HubPublisher(producer), partitions)
        sagas = [one.saga_id for one in events]
        ends = await wait_for_ends(Stored(cosmos), app, sagas, seconds=stretched(_SECONDS), every=0.1)
        stack.say("--- looking back ---")
        story, findings = await asyncio.gather(
            read_timeline(sagas[0], stack.settings),
            run_audit(cosmos, app, timedelta(seconds=stretched(_SETTLE_SECONDS)), stack.environment),
        )
    return Evidence(events, ends, story, findings)


def _tell(evidence: Evidence) -> None:
    """Show the evidence, and last of all the verdict.

    Raises:
        UserError: a saga has not ended, or an invariant is broken.
    """
    console = results()
    first = evidence.published[0].saga_id
    for part in (
        ends_view(evidence.ends),
        timeline_listing(evidence.story, f"One of them: {first}"),
        audit_listing(evidence.findings),
    ):
        console.print()
        console.print(part, crop=False)
    late = [one.saga_id for one in evidence.published if one.saga_id not in evidence.ends]
    broken = [finding.rule for finding in evidence.findings if not finding.holds]
    if late or broken:
        problems = [f"{len(late)} sagas have not ended, such as {late[0]}"] if late else []
        raise UserError(f"not as it should be: {'; '.join([*problems, *broken])}")
    console.print(f"\n{len(evidence.ends)} sagas have ended, and every invariant holds.")
