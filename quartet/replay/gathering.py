"""Making a recording: of the hub's events, and of what each participant has stored about the saga."""

from collections.abc import Mapping, Sequence

from quartet.choreography import Choreography
from quartet.engine.dead_letters.requests import is_of_library
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.records.record import Json
from quartet.events import Envelope, Event, EventData, Unreadable, read_envelope
from quartet.replay.part_gathering import PartGathering
from quartet.replay.recording import Recording, RecordingError
from quartet.replay.stored import Events, Stored, Taken


def gather(
    app: Choreography, saga_id: str, taken: Sequence[Taken], stored: Mapping[str, Stored], hubs: Hubs | None = None
) -> Recording:
    """The recording of a saga.

    Args:
        app: the application.
        saga_id: the saga.
        taken: the messages of the hubs that are about it, in their order.
        stored: what each participant has stored, by its name.
        hubs: those of the deployment; without them, all events are on one.

    Raises:
        RecordingError: the hub has no event of it, or a participant has not finished with one.
    """
    events, heard = readable(app, saga_id, taken, hubs or app.hubs())
    if not heard:
        raise RecordingError(f"the hub holds no event of a saga {saga_id}: check the id, or the hub's retention")
    parts = [PartGathering(one, stored[one.name], heard, events).part() for one in app]
    return Recording(app.name, saga_id, tuple(events.events), tuple(parts))


def readable(
    app: Choreography, saga_id: str, taken: Sequence[Taken], hubs: Hubs
) -> tuple[Events, dict[str, tuple[Taken, Event[EventData]]]]:
    """The events of a saga that its participants read, each once; by their keys, with their messages."""
    events, heard = Events(), dict[str, tuple[Taken, Event[EventData]]]()
    for one in taken:
        if (found := _readable(app, hubs, saga_id, one)) is not None and found[1].key not in heard:
            heard[found[1].key] = (one, found[1])
            events.add(found[0])
    return events, heard


def _readable(app: Choreography, hubs: Hubs, saga_id: str, one: Taken) -> tuple[Json, Event[EventData]] | None:
    """The event in a message, if the participants read it."""
    message = one.message
    envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
    if isinstance(envelope, Unreadable) or is_of_library(envelope.type) or envelope.subject != saga_id:
        return None
    if hubs.refusal(message.hub, envelope.type, envelope.source) is not None:
        return None
    event = envelope.read(app.events)
    return None if isinstance(event, Unreadable) else (_structured(envelope), event)


def _structured(envelope: Envelope) -> Json:
    optional = {"causationid": envelope.causation_id, "traceparent": envelope.traceparent}
    return {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time,
        "datacontenttype": "application/json",
        "correlationid": envelope.correlation_id,
        **{name: value for name, value in optional.items() if value is not None},
        "data": envelope.data,
    }
