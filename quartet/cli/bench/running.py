"""One run: a stack of its own, each load on it, and the audit; then perhaps the same without a runtime."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from quartet.cli.bench.auditing import audit, has_audit, longest
from quartet.cli.bench.driving import Limits, WallClock
from quartet.cli.bench.faulty import switch_on_faults
from quartet.cli.bench.floor.script import READY, Script, record
from quartet.cli.bench.last_lines import LastLines
from quartet.cli.bench.measuring import Bench, say
from quartet.cli.bench.mixing import Mix
from quartet.cli.bench.plan import AtRate, Idle, InFlight, Load, Measurement
from quartet.cli.bench.stored import measure_stored
from quartet.cli.demo.staging import StoppedError, staged
from quartet.cli.up import prepare
from quartet.local.stack import EMULATORS, LocalStack, StackOptions, any_ports
from quartet.local.supervisor import Process, ProcessExitedError
from quartet.process.application import Application

# Sagas before the first measurement, in which every process opens its links and fills its caches.
_WARM_UP: Final = InFlight(8)
_WARM_UP_LIMITS: Final = Limits(seconds=20, sagas=64)
_WARM_UP_IDS: Final = "warm-up-"
# How long replicas take to share out the partitions.
_SHARING_SECONDS: Final = 10
# How long the system is left alone before it is measured.
_SETTLE_SECONDS: Final = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Run:
    """The loads of a run, and the processes that carry them.

    Attributes:
        idle: follows the loads, once their connections are closed.
        replicas: processes of each participant.
        with_floor: whether the same loads are put on participants without logic as well.
        stored: how many sagas are stored before the loads, ascending: all loads run once for each number.
        faults: a plan of faults for the emulators, as JSON; None for none.
    """

    application: Application
    mix: Mix
    loads: Sequence[InFlight | AtRate]
    idle: Idle | None
    limits: Limits
    replicas: int
    with_floor: bool = False
    stored: Sequence[int] = ()
    faults: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of a run.

    Attributes:
        floor: the same loads on participants without logic; empty if they were not asked for.
    """

    measurements: Sequence[Measurement]
    floor: Sequence[Measurement] = ()


async def measure(run: Run) -> Result:
    """Start a stack, put each load on it in turn, and run the audit.

    Raises:
        StoppedError: a process has died; its last lines were written to standard error.
        UserError: a saga has not ended as it had to, or an invariant is broken.
        OutageError: a server went away.
        typer.Exit: a signal has interrupted it.
    """
    measurements, script = await _on_a_stack(run, lambda stack: _play(stack, run))
    if script is None:
        return Result(measurements)
    # The script is of a saga that goes well, and a program without logic plays nothing else.
    floor = replace(run, mix=replace(run.mix, failures=0))
    return Result(measurements, await _on_a_stack(floor, lambda stack: _play_floor(stack, floor, script)))


async def _on_a_stack(run: Run, play: Callable[[LocalStack], Awaitable[T]]) -> T:
    lines = LastLines()
    with tempfile.TemporaryDirectory(prefix="quartet-bench-") as directory:
        settings = {"LOG_FORMAT": "json"}  # as in a deployment
        ports = any_ports(run.application.choreography.emulators)
        options = StackOptions(run.application, Path(directory), ports, run.replicas, settings)

        async def work(stack: LocalStack) -> T:
            await stack.start_emulators()
            if run.faults is not None:
                await switch_on_faults(stack.control_url, run.faults)
            return await play(stack)

        try:
            return await staged(options, lines, work, what="the benchmark")
        except (StoppedError, ProcessExitedError):
            lines.tell()
            raise


async def _play(stack: LocalStack, run: Run) -> tuple[list[Measurement], Script | None]:
    app = run.application.choreography
    say(f"starting the participants of {app.name}: {', '.join(app.names)}; processes of each: {run.replicas}")
    await asyncio.gather(stack.start_services(), prepare(stack))
    measurements = await _measure_all(stack, run)
    first = next(run.mix.sagas(_WARM_UP_IDS)).data.saga_id
    script = await record(stack.settings, app, first) if run.with_floor else None
    if has_audit(run.application):
        say("auditing")
        stored = max(run.stored, default=0) + sum(one.sagas for one in measurements)
        await audit(run.application, {**os.environ, **stack.client_environment}, longest(stored))
        say(f"the audit of {app.name} holds")
    else:
        say(f"not audited: {app.name} names no invariants")
    return measurements, script


async def _play_floor(stack: LocalStack, run: Run, script: Script) -> list[Measurement]:
    say("starting participants without logic")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="quartet-script-") as file:
        file.write(script.to_json())
        file.flush()
        path, environment = run.application.path, stack.client_environment
        programs = [
            Process(name, "quartet.cli.bench.floor.program", (path, name, file.name), environment)
            for name in run.application.choreography.names
        ]
        replicas = [replica for program in programs for replica in program.replicas(run.replicas)]
        await stack.supervisor.start(*replicas, ready_line=READY)
        return await _measure_all(stack, run)


async def _measure_all(stack: LocalStack, run: Run) -> list[Measurement]:
    if run.replicas > 1:
        await asyncio.sleep(_SHARING_SECONDS)
    app = run.application.choreography
    bench = Bench(stack, app, processes(app.names, run.replicas), run.mix, WallClock())
    async with bench.loading() as loading:
        warm_up = await loading.measure(_WARM_UP, _WARM_UP_LIMITS, _WARM_UP_IDS)
        measurements = await measure_stored(
            loading, run.loads, limits=run.limits, levels=run.stored, announce=_announce, stored=warm_up.sagas
        )
    if run.idle is not None:
        await _announce(run.idle)
        measurements.append(await bench.idle(run.idle))
    return measurements


async def _announce(load: Load) -> None:
    await asyncio.sleep(_SETTLE_SECONDS)
    say(f"{load.title}: measuring")


def processes(participants: Sequence[str], replicas: int) -> dict[str, str]:
    """By the name of each process of a local stack, its group: a participant, or the emulators."""
    named = {one.name: name for name in participants for one in Process(name, "").replicas(replicas)}
    return {**named, EMULATORS: EMULATORS}
