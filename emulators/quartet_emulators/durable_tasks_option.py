"""The emulator of the Durable Task Scheduler, which runs on demand and needs more than the others."""

from collections import Counter
from typing import TYPE_CHECKING

from quartet_emulators.faults import Injector
from quartet_emulators.options import Options
from quartet_emulators.start_error import StartError

if TYPE_CHECKING:
    from quartet_emulators.durable_tasks import DurableTasksEmulator


def durable_tasks_of(
    options: Options, counters: dict[str, Counter[tuple[str, str]]], faults: Injector
) -> "DurableTasksEmulator | None":
    """The emulator, if the command line asks for it; its counter is added to the others.

    Raises:
        StartError: what it needs is not installed, or it is asked for TLS.
    """
    if options.durable_tasks_port is None:
        return None
    if options.tls_certificate is not None:
        raise StartError("the emulator of the Durable Task Scheduler has no TLS: leave out --durable-tasks-port")
    try:
        from quartet_emulators.durable_tasks import DurableTasksEmulator
    except ImportError as error:
        raise StartError("--durable-tasks-port needs gRPC: pip install 'quartet-emulators[durable-tasks]'") from error
    counters["durable_tasks"] = Counter()
    return DurableTasksEmulator(
        options.data_dir / "durable-tasks",
        host=options.host,
        port=options.durable_tasks_port,
        counters=counters["durable_tasks"],
        faults=faults,
    )
