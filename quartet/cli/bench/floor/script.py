"""One saga as it was played, so that a program without logic can play it again under other ids."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from quartet.azure.settings import Settings
from quartet.choreography import Choreography
from quartet.cli.reading.hub_reader import read_hubs
from quartet.engine.ports import Message
from quartet.terminal.user_error import UserError

READY: Final = "floor is ready"
"""The line that a program says once it can play."""


@dataclass(frozen=True, slots=True)
class Script:
    """The answers of each participant.

    Attributes:
        saga_id: of the saga that was recorded. Each answer has it where it names the saga.
        answers: by participant and by the event that it hears, see `heard_as`, the text of each answer.
    """

    saga_id: str
    answers: Mapping[str, Mapping[str, Sequence[str]]]

    def answers_to(self, participant: str, event: Mapping[str, Any]) -> list[str]:
        """The events that a participant answers an event with, in its saga."""
        texts = self.answers.get(participant, {}).get(heard_as(event), ())
        return [text.replace(self.saga_id, event["subject"]) for text in texts]

    def to_json(self) -> str:
        """The script as text."""
        return json.dumps({"saga_id": self.saga_id, "answers": self.answers})


def heard_as(event: Mapping[str, Any]) -> str:
    """The source and type of an event, which are the same in every saga. Several participants may say one type."""
    return f"{event['source']} {event['type']}"


def read_script(text: str) -> Script:
    """The script that `to_json` has written."""
    value = json.loads(text)
    return Script(value["saga_id"], value["answers"])


async def record(settings: Settings, app: Choreography, saga_id: str) -> Script:
    """The script of a saga that has ended.

    Raises:
        UserError: the hub has no answer in that saga.
        OutageError: the hub does not answer.
    """
    needle = saga_id.encode()

    def wanted(message: Message) -> bool:
        return needle in message.body

    found = await read_hubs(settings, wanted)
    script = script_of(app, saga_id, [json.loads(one.message.body) for one in found])
    if not script.answers:
        raise UserError(f"the hub has no answer in saga {saga_id}: there is nothing that a floor could play")
    return script


def script_of(app: Choreography, saga_id: str, events: Iterable[dict[str, Any]]) -> Script:
    """The script of a saga with these events, in the order in which the hub has them."""
    names = {one.source: one.name for one in app}
    heard: dict[str, str] = {}
    answers: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        if event["id"] in heard:  # a repeat
            continue
        heard[event["id"]] = heard_as(event)
        cause = heard.get(event.get("causationid", ""))
        if cause is not None and event["source"] in names:
            # The id has to be another one in each saga. Here it follows from the saga's.
            answer = {**event, "id": f"{saga_id} {heard_as(event)}"}
            answers[names[event["source"]]][cause].append(json.dumps(answer))
    return Script(saga_id, answers)
