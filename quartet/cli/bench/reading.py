"""The use of resources before and after a load, and the difference of the two."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from quartet.cli.bench.memory import Sample
from quartet.cli.bench.plan import Load, Measurement
from quartet.cli.bench.usage import Usage, machine_cpu, usage_of, usage_with_children
from quartet.cli.bench.watching import Watch
from quartet.cli.reading.counters import Counters, costs_between, read_counters
from quartet.local.stack import LocalStack


@dataclass(frozen=True, slots=True)
class Reading:
    """The use of resources up to a moment.

    Attributes:
        at: the moment, in seconds since 1970.
        usage: by participant, and of the emulators; that of all replicas together.
        own: of this process.
        machine: seconds of CPU time of all programs of the machine.
        counters: of the emulators.
    """

    at: float
    usage: Mapping[str, Usage]
    own: Usage
    machine: float
    counters: Counters


async def read(stack: LocalStack, processes: Mapping[str, str], at: float) -> Reading:
    """Read the use of resources so far.

    Args:
        stack: it runs.
        processes: by the name of a process, its group: a participant, or the emulators.
        at: the time of the reading.

    Raises:
        UserError: the emulators do not answer.
        OSError: a process has ended.
    """
    counters = await read_counters(stack.control_url)
    return Reading(at, usage_by_group(stack, processes), usage_of(os.getpid()), machine_cpu(), counters)


def usage_by_group(stack: LocalStack, processes: Mapping[str, str]) -> dict[str, Usage]:
    """The use of the processes of each group together.

    Raises:
        OSError: a process has ended.
    """
    usage = dict.fromkeys(processes.values(), Usage(0, 0))
    pids = {name: stack.supervisor.pid(name) for name in processes}
    measured = usage_with_children(pids.values())
    for name, group in processes.items():
        usage[group] += measured[pids[name]]
    return usage


@dataclass(frozen=True, slots=True)
class Course:
    """The use of resources in the course of a load.

    Attributes:
        before: read before its first saga.
        samples: of the memory meanwhile.
        after: read after its last saga.
    """

    before: Reading
    samples: Sequence[Sample]
    after: Reading


def measurement(load: Load, course: Course, watch: Watch, participants: Collection[str]) -> Measurement:
    """The figures of a load.

    Args:
        load: the load.
        course: the use of resources.
        watch: its sagas.
        participants: their names.
    """
    before, after = course.before, course.after
    finished, watched = watch.finished, after.at - before.at
    began, ended = [saga.began for saga, _ in finished], [end.at for _, end in finished]
    cpu = {name: usage.cpu - before.usage[name].cpu for name, usage in after.usage.items()}
    own_cpu = after.own.cpu - before.own.cpu
    return Measurement(
        title=load.title,
        seconds=max(ended) - min(began) if finished else watched,
        watched=watched,
        failing=sum(saga.beginning.fails for saga, _ in finished),
        latencies=sorted(1000 * (end.at - saga.began) for saga, end in finished),
        cpu=cpu,
        own_cpu=own_cpu,
        others_cpu=max(0.0, after.machine - before.machine - own_cpu - sum(cpu.values())),
        samples=course.samples,
        costs=costs_between(before.counters, after.counters, participants, sagas=len(finished), seconds=watched),
    )
