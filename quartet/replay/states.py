"""The state of a participant after each event of a saga: handled again, with the recorded answers of its ports.

The participant may have written once for several events, so its record shows the last state only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from quartet.choreography import Choreography
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.declaration.participant import Participant
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Json, Record
from quartet.replay.gathering import readable
from quartet.replay.part_gathering import PartGathering
from quartet.replay.recording import Recording
from quartet.replay.replaying import PartReplay
from quartet.replay.stored import Events, Stored, Taken


async def states_after(
    app: Choreography, saga_id: str, taken: Sequence[Taken], records: Mapping[str, Record[Any]], hubs: Hubs
) -> dict[str, list[tuple[str, Json]]]:
    """By participant, its state after each event that its record has as handled, with the event's key; in order.

    No port is called. A participant is missing where that is not known for certain: its ports' answers were not
    recorded, an event is missing, it has dead letters, or the present code decides otherwise.

    Args:
        app: the application.
        saga_id: the saga.
        taken: the messages of the hubs that are about it, in their order.
        records: what each participant has stored, by its name.
        hubs: those of the deployment.
    """
    found = {}
    for participant in app:
        record = records.get(participant.name)
        if record is None or record.has_dead_letters or record.discarded:
            continue
        # Each participant puts what it has said beside the events, so each begins with its own list of them.
        events, heard = readable(app, saga_id, taken, hubs)
        handled = {key: one for key, one in heard.items() if key in record.handled}
        part = PartGathering(participant, Stored(record), handled, events).part()
        recording = Recording(app.name, saga_id, tuple(events.events), (part,))
        states = await _states(participant, recording, app)
        if states is not None:
            found[participant.name] = _with_keys(states, events)
    return found


async def _states(
    participant: Participant[Any, Any], recording: Recording, app: Choreography
) -> list[tuple[int, Json]] | None:
    (part,) = recording.parts
    replay = PartReplay(participant, RecordCodec(participant.state), recording, part, app.events, keeps_states=True)
    return None if await replay.run() is not None else replay.states


def _with_keys(states: Sequence[tuple[int, Json]], events: Events) -> list[tuple[str, Json]]:
    keys = {place: key for key, place in events.places.items()}
    return [(keys[place], state) for place, state in states]
