"""Event Hubs as a part."""

import sqlite3
from collections import Counter
from typing import Any

from quartet_emulators.disk import DISK_FULL, is_full
from quartet_emulators.event_hubs import ConfigError, EventHubsEmulator
from quartet_emulators.event_hubs.config import read_hub
from quartet_emulators.parts.inputs import EVENT_HUBS, Inputs, security_of
from quartet_emulators.parts.local import LocalPart
from quartet_emulators.parts.part import Question, RefusedError, Serving
from quartet_emulators.start_error import StartError


class EventHubsPart(LocalPart[EventHubsEmulator]):
    """Event Hubs, whose hubs are created and emptied while it runs."""

    async def ask(self, question: Question, body: Any = None) -> Any:  # noqa: ANN401 -- each question has its own
        """What it answers; see `Question`.

        Raises:
            RefusedError: it cannot do that.
        """
        if question not in (Question.ADD_HUB, Question.RECREATE_HUBS):
            return await super().ask(question, body)
        self.refuse_if_away()
        try:
            return self._add_hub(body) if question is Question.ADD_HUB else self.server.recreate_hubs()
        except ConfigError as error:
            raise RefusedError(str(error)) from error
        except sqlite3.Error as error:
            raise RefusedError(DISK_FULL if is_full(error) else str(error), status=507) from error

    def _add_hub(self, entry: object) -> dict[str, object]:
        hub = read_hub(entry)
        self.server.add_hub(hub)
        return {"Name": hub.name, "PartitionCount": hub.partition_count, "ConsumerGroups": [*hub.consumer_groups]}


def part(inputs: Inputs) -> EventHubsPart:
    """The part, not started yet.

    Raises:
        StartError: what it needs cannot be used.
    """
    if inputs.namespace is None:
        raise StartError("the event-hubs emulator cannot start: it was given no event hubs")
    options, security, faults = inputs.options, security_of(inputs.options), inputs.faults_of(EVENT_HUBS)
    counter: Counter[tuple[str, str]] = Counter()
    server = EventHubsEmulator(
        options.data_dir / "event-hubs",
        inputs.namespace,
        host=options.host,
        port=options.event_hubs_port,
        counters=counter,
        faults=faults,
        security=security,
    )

    def serving() -> Serving:
        amqp = "amqp" if security.tls is None else "amqps"
        where = f"{amqp}://{options.host}:{server.port}  hub {inputs.first_hub}"
        if security.tokens is None:
            return Serving({"EVENT_HUBS_CONNECTION_STRING": server.connection_string}, "Event Hubs", where)
        return Serving({"EVENT_HUBS_NAMESPACE": server.namespace}, "Event Hubs", where)

    counters = {EVENT_HUBS: counter}
    return EventHubsPart(EVENT_HUBS, server, serving, data_dir=options.data_dir, counters=counters, faults=faults)
