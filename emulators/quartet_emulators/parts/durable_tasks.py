"""The Durable Task Scheduler as a part, which runs on demand and needs more than the others."""

from collections import Counter

from quartet_emulators.durable_tasks import DurableTasksEmulator
from quartet_emulators.parts.inputs import DURABLE_TASKS, Inputs
from quartet_emulators.parts.local import LocalPart
from quartet_emulators.parts.part import Serving


def part(inputs: Inputs) -> LocalPart[DurableTasksEmulator]:
    """The part, not started yet."""
    options, faults = inputs.options, inputs.faults_of(DURABLE_TASKS)
    counter: Counter[tuple[str, str]] = Counter()
    server = DurableTasksEmulator(
        options.data_dir / "durable-tasks",
        host=options.host,
        port=options.durable_tasks_port or 0,
        counters=counter,
        faults=faults,
    )

    def serving() -> Serving:
        settings = {"DURABLE_TASK_SCHEDULER_CONNECTION_STRING": server.connection_string}
        return Serving(settings, "Scheduler", f"{server.endpoint}  any task hub")

    counters = {DURABLE_TASKS: counter}
    return LocalPart(DURABLE_TASKS, server, serving, data_dir=options.data_dir, counters=counters, faults=faults)
