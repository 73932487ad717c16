"""One run: a stack of its own, each load on it, and the audit."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quartet.cli.bench.auditing import audit, has_audit
from quartet.cli.bench.driving import Limits, WallClock
from quartet.cli.bench.last_lines import LastLines
from quartet.cli.bench.measuring import Bench, say
from quartet.cli.bench.mixing import Mix
from quartet.cli.bench.plan import InFlight, Load, Measurement
from quartet.cli.demo.staging import staged
from quartet.cli.up import prepare
from quartet.local.stack import EMULATORS, LocalStack, StackOptions, any_ports
from quartet.local.supervisor import Process
from quartet.process.application import Application

# So many sagas, before anything is measured, let every process open its links and fill its caches.
_WARM_UP: Final = InFlight(8)
_WARM_UP_LIMITS: Final = Limits(seconds=20, sagas=64)
# How long replicas take to share out the partitions.
_SHARING_SECONDS: Final = 10
# How long the system is left alone before it counts as idle.
_SETTLE_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be measured.

    Attributes:
        replicas: processes of each participant.
    """

    application: Application
    mix: Mix
    loads: Sequence[Load]
    limits: Limits
    replicas: int


async def measure(run: Run) -> list[Measurement]:
    """Start a stack, put each load on it in turn, and run the audit.

    Raises:
        UserError: a process has died, a saga has not ended as it had to, or an invariant is broken.
        OutageError: a server went away.
        typer.Exit: a signal has interrupted it.
    """
    lines = LastLines()
    with tempfile.TemporaryDirectory(prefix="quartet-bench-") as directory:
        options = StackOptions(
            run.application, Path(directory), any_ports(), run.replicas, settings={"LOG_FORMAT": "json"}
        )
        try:
            return await staged(options, lines, lambda stack: _play(stack, run), what="the benchmark")
        except Exception:
            lines.tell()
            raise


async def _play(stack: LocalStack, run: Run) -> list[Measurement]:
    say(f"starting the emulators, and {len(run.application.choreography.names)} participants x {run.replicas}")
    await stack.start_emulators()
    await asyncio.gather(stack.start_services(), prepare(stack))
    if run.replicas > 1:
        await asyncio.sleep(_SHARING_SECONDS)
    app = run.application.choreography
    bench = Bench(stack, app, processes(app.names, run.replicas), run.mix, WallClock())
    await bench.measure(_WARM_UP, _WARM_UP_LIMITS, "warm-up-")
    measurements = []
    for number, load in enumerate(run.loads, 1):
        await asyncio.sleep(_SETTLE_SECONDS)
        say(f"{load.title}: measuring")
        measurements.append(await bench.measure(load, run.limits, f"bench-{number}-"))
    if has_audit(run.application):
        say("auditing")
        await audit(run.application, {**os.environ, **stack.client_environment})
    else:
        say(f"not audited: {app.name} names no invariants")
    return measurements


def processes(participants: Sequence[str], replicas: int) -> dict[str, str]:
    """The name of each process of a local stack, and what it belongs to."""
    named = {one.name: name for name in participants for one in Process(name, "").replicas(replicas)}
    return {**named, EMULATORS: EMULATORS}
