"""All emulators and their control endpoint in this process, for tests that look into them."""

from typing import TYPE_CHECKING

from quartet_emulators.options import Options
from quartet_emulators.parts import blob, cosmos, event_hubs
from quartet_emulators.parts.assembly import Assembly
from quartet_emulators.parts.inputs import BLOB, COSMOS, DURABLE_TASKS, EVENT_HUBS, read_inputs
from quartet_emulators.parts.loading import local_part

if TYPE_CHECKING:
    from quartet_emulators.durable_tasks import DurableTasksEmulator
    from quartet_emulators.parts.part import Part


class Stack(Assembly):
    """What `python -m quartet_emulators` serves, on one event loop.

    Attributes:
        event_hubs, cosmos, blob: the emulators.
        durable_tasks: the one that runs on demand; None if it does not.
    """

    def __init__(self, options: Options) -> None:
        """Read the hubs' configuration and the plan of faults; nothing is opened yet.

        Raises:
            StartError: one of them cannot be used.
        """
        inputs = read_inputs(options)
        hubs, documents, blobs = event_hubs.part(inputs), cosmos.part(inputs), blob.part(inputs)
        parts: dict[str, Part] = {EVENT_HUBS: hubs, COSMOS: documents, BLOB: blobs}
        self.event_hubs, self.cosmos, self.blob = hubs.server, documents.server, blobs.server
        self.durable_tasks: DurableTasksEmulator | None = None
        if options.durable_tasks_port is not None:
            parts[DURABLE_TASKS] = scheduler = local_part(DURABLE_TASKS, inputs)
            self.durable_tasks = scheduler.server
        super().__init__(inputs, parts)
